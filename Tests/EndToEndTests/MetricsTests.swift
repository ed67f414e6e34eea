import Foundation
import Testing

extension EndToEndOnNodes {
    /// What pods use, as `kubectl top` and a kubelet's pages show it.
    @Suite("metrics", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct Metrics {
        /// What the holder holds, in bytes.
        private static let held = 48_000_000

        /// One container that never rests, one that always does, and one that holds memory. A shell keeps what it holds as long as
        /// something comes after the sleep.
        private static let pods = #"""
            {"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"worker","labels":{"app":"work"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[
              {"name":"burner","image":"busybox:1","command":["sh","-c","while :; do :; done"]},
              {"name":"idle","image":"busybox:1","command":["sleep","3600"]}]}},
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"holder","labels":{"app":"hold"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[
              {"name":"memory","image":"busybox:1","command":["sh","-c","x=$(head -c \#(held) /dev/zero | tr '\\0' x); sleep 3600; echo $x"]}]}}]}
            """#

        private struct Row {
            /// The words before the numbers.
            var name: [String]
            /// Thousandths of a processor.
            var processor: Int
            var mebibytes: Int

            init?(_ line: Substring) {
                let words = line.split(separator: " ").map(String.init)
                guard let at = words.firstIndex(where: { $0.hasSuffix("m") && Int($0.dropLast()) != nil }), let processor = Int(words[at].dropLast()),
                    let memory = words[at...].first(where: { $0.hasSuffix("Mi") }), let mebibytes = Int(memory.dropLast(2))
                else { return nil }
                name = Array(words[..<at])
                self.processor = processor
                self.mebibytes = mebibytes
            }
        }

        private func rows(_ outcome: Command.Outcome) -> [Row] {
            outcome.succeeded ? outcome.output.split(separator: "\n").compactMap { Row($0) } : []
        }

        @Test("kubectl top tells who works, who rests and who holds memory, to whoever may know", arguments: NodeKind.possible)
        func top(kind: NodeKind) async throws {
            let first = try Kubectl.first
            try await TestCluster.run(kind, images: ["busybox:1": "busybox"]) { cluster in
                try #require(try await cluster.kubectl(first, "apply", "-f", "-", input: Self.pods).succeeded)
                try #require(try await cluster.kubectl(first, "wait", "--for=condition=ready", "--timeout=30s", "pod", "--all").succeeded)
                // Two passes of the node, the second a whole window after what the containers did at their start.
                try await until("the pods are measured", within: .seconds(60)) {
                    let rows = rows(try await cluster.kubectl(first, "top", "pods", "--containers", "--no-headers"))
                    return rows.count == 3 && rows.contains { $0.name.last == "memory" && $0.processor < 100 }
                }
                for kubectl in Kubectl.all {
                    let found = rows(try await cluster.kubectl(kubectl, "top", "pods", "--containers"))
                    let containers = Dictionary(uniqueKeysWithValues: found.map { ($0.name.joined(separator: "/"), $0) })
                    try #require(Set(containers.keys) == ["worker/burner", "worker/idle", "holder/memory"], "\(kubectl)")
                    let (burner, idle, memory) = try (
                        #require(containers["worker/burner"]), #require(containers["worker/idle"]), #require(containers["holder/memory"]))
                    #expect(burner.processor > 300 && burner.processor < 1500, "\(burner)")
                    #expect(idle.processor < 100 && idle.mebibytes < 20, "\(idle)")
                    #expect(memory.processor < 100 && memory.mebibytes >= Self.held / (1 << 20) && memory.mebibytes < 400, "\(memory)")

                    let pods = rows(try await cluster.kubectl(kubectl, "top", "pods"))
                    #expect(pods.map(\.name) == [["holder"], ["worker"]])
                    #expect(rows(try await cluster.kubectl(kubectl, "top", "pods", "-A", "-l", "app=hold")).map(\.name) == [["default", "holder"]])
                    let nodes = rows(try await cluster.kubectl(kubectl, "top", "nodes"))
                    #expect(nodes.count == 1 && (nodes.first?.processor ?? 0) > 300 && (nodes.first?.mebibytes ?? 0) > Self.held >> 20, "\(nodes)")

                    let absent = try await cluster.kubectl(kubectl, "top", "pod", "nobody")
                    #expect(!absent.succeeded && absent.output.contains("not found"), "\(absent.output)")
                }
                try await rights(cluster, first)
                try await pages(cluster, first)
                try await silence(cluster, first)
            }
        }

        /// Who may see what.
        private func rights(_ cluster: TestCluster, _ kubectl: Kubectl) async throws {
            for (what, pattern) in [("pods", #"pods.metrics.k8s.io is forbidden: User "mallory" cannot list resource "pods""#), ("nodes", "nodes.metrics.k8s.io is forbidden")] {
                let refused = try await cluster.kubectl(kubectl, "top", what, "--as=mallory")
                #expect(!refused.succeeded && refused.output.contains(pattern), "\(refused.output)")
            }
            #expect(try await cluster.kubectl(kubectl, "create", "rolebinding", "viewer", "--clusterrole=view", "--user=victor").succeeded)
            #expect(rows(try await cluster.kubectl(kubectl, "top", "pods", "--as=victor")).count == 2)
            for words in [["top", "nodes"], ["top", "pods", "-A"]] {
                let refused = try await cluster.kubectl(kubectl, words + ["--as=victor"])
                #expect(!refused.succeeded && refused.output.contains("forbidden"), "\(words): \(refused.output)")
            }
        }

        /// What a node gives to read.
        private func pages(_ cluster: TestCluster, _ kubectl: Kubectl) async throws {
            let node = try await cluster.kubectl(kubectl, "get", "node", "-o", "jsonpath={.items[0].metadata.name}", mergesErrors: false).printed
            func page(_ path: String, _ more: String...) async throws -> Command.Outcome {
                try await cluster.kubectl(kubectl, ["get", "--raw", "/api/v1/nodes/\(node)/proxy/\(path)"] + more)
            }
            #expect(try await page("healthz").printed == "ok")
            let summary = try JSONSerialization.jsonObject(with: Data(try await page("stats/summary").output.utf8)) as? [String: Any]
            let pods = summary?["pods"] as? [[String: Any]] ?? []
            #expect(Set(pods.compactMap { ($0["podRef"] as? [String: Any])?["name"] as? String }) == ["worker", "holder"])
            let worker = pods.first { ($0["podRef"] as? [String: Any])?["name"] as? String == "worker" }
            #expect(((worker?["cpu"] as? [String: Any])?["usageNanoCores"] as? NSNumber)?.int64Value ?? 0 > 300_000_000)
            #expect(((summary?["node"] as? [String: Any])?["memory"] as? [String: Any])?["workingSetBytes"] is NSNumber)

            let metrics = try await page("metrics/resource").output.split(separator: "\n")
            for name in [
                "container_cpu_usage_seconds_total{container=\"burner\",namespace=\"default\",pod=\"worker\"} ",
                "pod_memory_working_set_bytes{namespace=\"default\",pod=\"holder\"} ", "node_cpu_usage_seconds_total ", "scrape_error 0",
            ] {
                #expect(metrics.contains { $0.hasPrefix(name) }, "\(name)")
            }
            let list = try JSONSerialization.jsonObject(with: Data(try await page("pods").output.utf8)) as? [String: Any]
            #expect(list?["kind"] as? String == "PodList" && (list?["items"] as? [Any])?.count == 2)
            let absent = try await page("configz")
            #expect(!absent.succeeded && absent.output.contains("NotFound"), "\(absent.output)")
            let refused = try await page("stats/summary", "--as=mallory")
            #expect(!refused.succeeded && refused.output.contains("forbidden"), "\(refused.output)")
        }

        /// A node that does not answer has no numbers, and holds nobody up for long.
        private func silence(_ cluster: TestCluster, _ kubectl: Kubectl) async throws {
            let agent = try cluster.agentProcess
            kill(agent, SIGSTOP)
            defer { kill(agent, SIGCONT) }
            let clock = ContinuousClock()
            let began = clock.now
            let silent = try await cluster.kubectl(kubectl, "top", "nodes")
            #expect(!silent.succeeded && silent.output.contains("ServiceUnavailable"), "\(silent.output)")
            #expect(began.duration(to: clock.now) < .seconds(20))
        }
    }
}
