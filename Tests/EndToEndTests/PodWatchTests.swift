import Foundation
import Testing

extension EndToEndOnNodes {
    /// How a node looks after its pods: probes, hooks, and the containers' life without it.
    @Suite("pods that are watched", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct PodWatch {
        @Test("probes and hooks do what they are for, and containers live on while their agent is killed", arguments: NodeKind.possible)
        func watched(kind: NodeKind) async throws {
            try await PodCluster.run(kind) { pods in
                let trace = pods.cluster.home + "/trace"
                try FileManager.default.createDirectory(atPath: trace, withIntermediateDirectories: true)
                try pods.cluster.place.give(pods.cluster.home)
                try await pods.apply("pod-watched.yaml", ["HOME": pods.cluster.home])
                try await pods.waitUntilReady("reached", "watched", "hooked")
                try await readiness(pods)
                try await liveness(pods)
                try await hooks(pods, trace + "/hooks")
                try await agent(pods)
                if !pods.client.version.hasPrefix("v1.20.") { try await ephemeral(pods) }
                // It had to wait for its start, and nothing else ended it.
                try await pods.waitUntilReady("starting")
                #expect(try await pods.field("{.status.containerStatuses[0].restartCount}", of: "pod", "starting") == "0", "\(kind)")
            }
        }

        /// A pod that is not ready is in no service.
        private func readiness(_ pods: PodCluster) async throws {
            func endpoint() async throws -> String {
                try await pods.field("{.items[0].endpoints[0].conditions.ready}", of: "endpointslice", "-l", "kubernetes.io/service-name=web")
            }
            try await until("a pod that answers 404 is not ready") {
                guard try await endpoint() == "false" else { return false }
                return try await pods.events(of: "web").contains("Readiness probe failed: HTTP probe failed with statuscode: 404")
            }
            try await pods.printed("exec", "web", "--", "touch", "/var/www/html/ready")
            try await until("it is ready, and in the service") { try await endpoint() == "true" }
            try await pods.printed("exec", "web", "--", "rm", "/var/www/html/ready")
            try await until("it is out of the service again") { try await endpoint() == "false" }
            #expect(try await pods.field("{.status.containerStatuses[0].restartCount}", of: "pod", "web") == "0", "\(pods.kind)")
        }

        /// A container whose probe fails is another one afterwards.
        private func liveness(_ pods: PodCluster) async throws {
            let before = try await pods.printed("logs", "watched")
            try await pods.printed("exec", "watched", "--", "touch", "/tmp/sick")
            try await until("the container is restarted") { try await pods.field("{.status.containerStatuses[0].restartCount}", of: "pod", "watched") == "1" }
            try await pods.waitUntilReady("watched")
            #expect(try await pods.events(of: "watched").contains("Container c failed liveness probe, will be restarted"), "\(pods.kind)")
            #expect(try await pods.printed("logs", "watched", "--previous") == before)
            let after = try await pods.printed("logs", "watched", "--tail=1")
            #expect(after.hasPrefix("life ") && after != before, "\(pods.kind): \(after)")
        }

        private func hooks(_ pods: PodCluster, _ file: String) async throws {
            func lines() -> [String] { ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init) }
            #expect(lines() == ["after start"], "\(pods.kind)")
            try await pods.printed("delete", "pod", "hooked")
            #expect(lines() == ["after start", "before stop", "let go", "term"], "\(pods.kind)")
        }

        /// The agent is killed. Nothing happens to the containers, and the next agent knows them.
        private func agent(_ pods: PodCluster) async throws {
            func facts() async throws -> String { try await pods.field("{.status.containerStatuses[0].containerID} {.status.containerStatuses[0].state}", of: "pod", "watched") }
            func started() async throws -> String { try await pods.printed("exec", "watched", "--", "cut", "-d", " ", "-f", "22", "/proc/1/stat") }
            let (before, beganAt, agent) = (try await facts(), try await started(), try pods.cluster.agentProcess)
            let lease = try await pods.field("{.items[0].spec.renewTime}", of: "lease", "-n", "kube-node-lease")
            kill(agent, SIGKILL)
            try await until("another agent is there") {
                guard let next = try? pods.cluster.agentProcess, next != agent, kill(next, 0) == 0 else { return false }
                return try await pods.field("{.items[0].spec.renewTime}", of: "lease", "-n", "kube-node-lease") != lease
            }
            try await until("it answers for its pods") { try await pods.kubectl("exec", "watched", "--", "true").succeeded }
            #expect(try await facts() == before, "\(pods.kind)")
            #expect(try await started() == beganAt, "\(pods.kind)")
            // It goes on watching, too.
            try await pods.printed("exec", "watched", "--", "touch", "/tmp/sick")
            try await until("the container is restarted again") { try await pods.field("{.status.containerStatuses[0].restartCount}", of: "pod", "watched") == "2" }
            try await pods.waitUntilReady("watched")
        }

        /// A container that is put into a pod that runs, and looks at the processes of another.
        private func ephemeral(_ pods: PodCluster) async throws {
            try await pods.printed(
                "debug", "reached", "--image=busybox:1", "--target=c", "--container=look", "--profile=general", "--", "sh", "-c",
                "tr '\\0' ' ' </proc/1/cmdline; wget -q -O - http://127.0.0.1 | head -n 1")
            try await until("it has looked") {
                try await pods.field("{.status.ephemeralContainerStatuses[0].state.terminated.exitCode}", of: "pod", "reached") == "0"
            }
            let seen = try await pods.printed("logs", "reached", "-c", "look")
            #expect(seen.contains("nginx") && seen.contains("<!DOCTYPE html>"), "\(pods.kind): \(seen)")
        }
    }
}
