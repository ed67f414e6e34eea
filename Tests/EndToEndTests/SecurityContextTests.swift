import Foundation
import Testing

extension EndToEndOnNodes {
    /// The seed's security contexts, run and looked at from inside and from outside.
    @Suite("security contexts", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct SecurityContext {
        private static let images: KeyValuePairs = ["busybox:1": "busybox", "named-user:1": "named-user", "numbered-user:1": "numbered-user"]

        @Test("a pod is confined as its context says", arguments: NodeKind.possible)
        func contexts(kind: NodeKind) async throws {
            let kubectl = try Kubectl.first
            try await TestCluster.run(kind, images: Self.images) { cluster in
                try await NodeTranscript(file: "security-context.txt", kind: kind).run(cluster, kubectl)

                // Users of their own: two ranges that do not touch, and not the node's.
                var ranges: [Range<Int>] = []
                for pod in ["own-users-1", "own-users-2"] {
                    let map = try await cluster.kubectl(kubectl, "exec", pod, "--", "cat", "/proc/self/uid_map")
                    let numbers = map.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
                    try #require(numbers.count == 3 && numbers[0] == 0 && numbers[2] == 65_536, "\(map.output)")
                    ranges.append(numbers[1]..<(numbers[1] + numbers[2]))
                }
                #expect(!ranges[0].overlaps(ranges[1]) && ranges.allSatisfy { $0.lowerBound >= 65_536 })

                let processes = try cluster.processes
                let programs = processes.compactMap { Processes.words(of: $0).first.map { URL(filePath: $0).lastPathComponent } }
                #expect(programs.filter { $0 == "sleep" }.count >= 9 && programs.filter { $0 == "conmon" }.count >= 9)
                let owners = Set(processes.flatMap(Processes.users))
                switch cluster.place {
                case .rootless(_, let user):
                    // Whatever root there is inside: outside it is the user, or an id that the user was given.
                    #expect(owners.allSatisfy(user.owns) && owners.count > 3, "\(owners.sorted())")
                case .rootful: #expect(owners.contains(0) && owners.contains(1337) && ranges.allSatisfy { owners.contains(UInt32($0.lowerBound)) }, "\(owners.sorted())")
                case .controlOnly: break
                }
            }
        }
    }
}
