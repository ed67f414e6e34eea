import Foundation
import Testing

extension EndToEndOnNodes {
    /// The seed's chapter on NetworkPolicy and Calico, with its manifests, as its terminal shows it.
    @Suite("the seed's network chapter", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct NetworkChapter {
        /// What the seed's run had.
        private static let names: [NodeTranscript.Name] = [
            ("calico-demo-dd6ddf6c6-kqd4w", ["-n", "calico-demo", "pod", "-l", "app=calico-demo", "-o", "jsonpath={.items[0].metadata.name}"]),
            ("192.168.216.213", ["-n", "calico-demo", "pod", "-l", "app=calico-demo", "-o", "jsonpath={.items[0].status.podIP}"]),
            ("toolbox-68f79dd5f8-4tlbb", ["pod", "-l", "app=toolbox", "-o", "jsonpath={.items[0].metadata.name}"]),
            ("xxxxxx", ["node", "-o", "jsonpath={.items[0].metadata.name}"]),
        ]

        /// The manifests of the chapter. Its toolbox is an image without a tag, which is asked of a registry each time.
        private func manifests(_ cluster: TestCluster) throws -> String {
            let folder = cluster.folder.path + "/manifests"
            try FileManager.default.copyItem(atPath: Resources.manifests, toPath: folder)
            let toolbox = try String(contentsOfFile: folder + "/toolbox.yaml", encoding: .utf8)
            try toolbox.replacing("        image: centos\n", with: "        image: centos\n        imagePullPolicy: IfNotPresent\n")
                .write(toFile: folder + "/toolbox.yaml", atomically: true, encoding: .utf8)
            return folder
        }

        /// Each kind of node, with a client each: the lost packets take their time.
        private static let runs = zip(NodeKind.possible, Array(repeating: Kubectl.all, count: NodeKind.allCases.count).joined())

        @Test("what is typed prints what the seed prints, save names, addresses and times", arguments: runs)
        func chapter(kind: NodeKind, kubectl: Kubectl) async throws {
            try await TestCluster.run(kind, images: ["nginx:1.25.3": "nginx", "centos": "toolbox"]) { cluster in
                try await NodeTranscript(file: "network-policy.txt", kind: kind, names: Self.names).run(cluster, kubectl, manifests: try manifests(cluster))
            }
        }
    }
}
