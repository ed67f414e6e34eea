import Testing

extension EndToEndOnNodes {
    /// The seed's chapter on taints, on a real node.
    @Suite("taints", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct Taint {
        @Test("a node of one tenant refuses, keeps and evicts the others as its taint says", arguments: NodeKind.possible)
        func tenants(kind: NodeKind) async throws {
            let kubectl = try Kubectl.first
            try await TestCluster.run(kind, images: ["busybox:1": "busybox"]) { cluster in
                let names: [NodeTranscript.Name] = [("the-node", ["node", "-o", "jsonpath={.items[0].metadata.name}"])]
                try await NodeTranscript(file: "taint.txt", kind: kind, names: names).run(cluster, kubectl)
            }
        }
    }
}
