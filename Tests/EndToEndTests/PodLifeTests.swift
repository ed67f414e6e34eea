import Foundation
import Testing

extension EndToEndOnNodes {
    /// How pods begin and end.
    @Suite("the life of pods", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct PodLife {
        /// What a pod shows in the end.
        private struct End: Sendable {
            var pod: String
            /// The column STATUS.
            var shown: String
            /// The fields of its container that say how it ended last.
            var field = ".status.containerStatuses[0].state.terminated"
            var code = ""
            var reason = ""
            var message = ""
        }

        private static let crashed = ".status.containerStatuses[0].lastState.terminated"
        private static let ends = [
            End(pod: "always", shown: "CrashLoopBackOff", field: crashed, code: "3", reason: "Error"),
            End(pod: "on-failure-good", shown: "Completed", code: "0", reason: "Completed"),
            End(pod: "on-failure-bad", shown: "CrashLoopBackOff", field: crashed, code: "3", reason: "Error", message: "last words"),
            End(pod: "never", shown: "Error", code: "3", reason: "Error"),
            End(pod: "no-program", shown: "CreateContainerError", field: ".status.containerStatuses[0].state.waiting", reason: "CreateContainerError", message: "executable file not found"),
            End(pod: "late", shown: "Error", field: ".status", reason: "DeadlineExceeded", message: "active on the node longer"),
            End(pod: "init-error", shown: "Init:Error", field: ".status.initContainerStatuses[0].state.terminated", code: "1", reason: "Error"),
            End(pod: "init-loop", shown: "Init:CrashLoopBackOff", field: ".status.initContainerStatuses[0].lastState.terminated", code: "1", reason: "Error"),
        ]
        private static let starved = End(pod: "hungry", shown: "OOMKilled", code: "137", reason: "OOMKilled")
        private static let refused = End(pod: "hungry", shown: "NodeCannotEnforce", field: ".status", reason: "NodeCannotEnforce", message: "the limit on memory cannot hold")

        @Test("restarts, exit codes, init containers and sidecars are as the pod says, and shown as everywhere", arguments: NodeKind.possible)
        func ends(kind: NodeKind) async throws {
            try await PodCluster.run(kind) { pods in
                let trace = pods.cluster.home + "/trace"
                try FileManager.default.createDirectory(atPath: trace, withIntermediateDirectories: true)
                try pods.cluster.place.give(pods.cluster.home)
                try await pods.apply("pod-endings.yaml", ["HOME": pods.cluster.home])
                try await pods.waitUntilReady("ordered", "leaving")

                // Each in its turn, the sidecar before the ones that come after it.
                func order() -> [String] { ((try? String(contentsOfFile: trace + "/order", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init) }
                try await until("the main container has begun") { order().count > 3 }
                #expect(order() == ["first", "side", "second", "main"], "\(kind)")
                #expect(try await pods.printed("get", "pod", "ordered", "--no-headers").contains("2/2"))
                try await pods.printed("delete", "pod", "ordered", "leaving", "--wait=false")

                // How a container ended is told while another still takes its time.
                try await until("the end of one container is told") {
                    try await pods.field("{.metadata.deletionTimestamp} {.status.containerStatuses[?(@.name=='quick')].state.terminated.exitCode}", of: "pod", "leaving").hasSuffix("Z 5")
                }
                #expect(try await pods.field("{.status.containerStatuses[?(@.name=='slow')].state}", of: "pod", "leaving").contains("running"), "\(kind)")
                try await until("the pods are gone") { try await pods.field("{.metadata.name}", of: "pod", "ordered").isEmpty }
                #expect(order() == ["first", "side", "second", "main", "main ends", "side ends"], "\(kind)")

                let holdsLimits = try await pods.field("{.items[0].status.conditions[?(@.type=='ResourceLimitsEnforced')].status}", of: "node") == "True"
                for end in Self.ends + [holdsLimits ? Self.starved : Self.refused] {
                    try await pods.waitUntilShown(end.pod, end.shown)
                    let path = "{\(end.field).exitCode}|{\(end.field).reason}|{\(end.field).message}|{\(end.field).startedAt}|{\(end.field).finishedAt}"
                    let told = try await pods.field(path, of: "pod", end.pod).split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                    try #require(told.count == 5, "\(end.pod), \(kind): \(told)")
                    #expect(told[0] == end.code && told[1] == end.reason && (end.message.isEmpty || told[2].contains(end.message)), "\(end.pod), \(kind): \(told)")
                    if !end.code.isEmpty { #expect(!told[3].isEmpty && told[3] <= told[4], "\(end.pod), \(kind): \(told)") }
                    let restarts = try await pods.field("{.status.containerStatuses[0].restartCount}{.status.initContainerStatuses[0].restartCount}", of: "pod", end.pod)
                    #expect(end.shown.hasSuffix("CrashLoopBackOff") == restarts.contains("1"), "\(end.pod), \(kind): \(restarts) restarts")
                }
                #expect(try await pods.events(of: "always").contains("Back-off restarting failed container c"), "\(kind)")
            }
        }
    }
}
