import Confinement
import FoundationEssentials
import Glibc
import JSONValue
import OCIModel
import PolicyModel
import Testing
import YAMLValue

/// The decision carried out: a real runtime makes the container, and a shell inside says what it sees.
@Suite(
    "confinement, seen from inside",
    .enabled(if: Runtime.obstacle == nil, "no container can be run here: \(Runtime.obstacle ?? "")"), .serialized)
struct InsideTests {
    /// One file under `Inside`: a pod, a script, and what the script prints.
    struct Look: CustomTestStringConvertible, Sendable {
        var name: String
        var content: JSON
        var testDescription: String { name }

        static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Inside").path

        static func all() throws -> [Look] {
            try FileManager.default.contentsOfDirectory(atPath: root).sorted().map { file in
                let data = try Data(contentsOf: URL(filePath: "\(root)/\(file)"))
                return Look(name: String(file.split(separator: ".")[0]), content: try YAML.document(Array(data)).value)
            }
        }
    }

    @Test("the container sees what its file says", arguments: try Look.all())
    func seen(_ look: Look) throws {
        let runtime = try Runtime()
        defer { runtime.remove() }
        var pod = look.content["pod"] ?? [:]
        pod["spec"] = look.content["spec"]
        pod[path: "metadata", "name"] = "look"
        pod[path: "metadata", "namespace"] = "default"
        let name = pod["spec"]?["containers"]?[at: 0]?["name"]?.string ?? ""
        let script = look.content["script"]?.string ?? ""
        let accounts = ImageAccounts(
            passwd: look.content["image"]?["passwd"]?.string ?? "root:x:0:0:root:/root:/bin/sh",
            group: look.content["image"]?["group"]?.string ?? "")
        let image = ImageFacts(
            user: look.content["image"]?["user"]?.string ?? "",
            entrypoint: ["/bin/sh", "-c", Runtime.together(script)], accounts: accounts)
        var node = Runtime.node
        for (name, profile) in look.content["profiles"]?.object ?? [:] { node.seccompProfiles[name] = profile }
        var identity = PodIdentity()
        identity.idBlock = 1
        identity.volumes["v"] = VolumeFacts(path: "\(runtime.folder)/volume")
        if pod["spec"]?["hostUsers"]?.bool == false {
            // The image's files belong to the pod's root, as the node would have them.
            let first = UserNamespaceRanges(node).mapping(block: 1)?.hostID ?? 0
            try own("\(runtime.folder)/rootfs", first)
            try own("\(runtime.folder)/volume", first)
        }
        let decision = Confinement.decide(pod: pod, container: name, image: image, node: node, identity: identity)
        guard let container = decision.container else {
            Issue.record("refused: \(decision.refusals.map(\.message))")
            return
        }
        let (output, code) = try runtime.run(container.runtimeSpec(root: "rootfs"))
        let expected = look.content["prints"]?.string ?? ""
        #expect(output == expected)
        #expect(Int64(code) == look.content["code"]?.int ?? 0)
    }

    private func own(_ path: String, _ id: UInt32) throws {
        let manager = FileManager.default
        for entry in [path] + (try manager.subpathsOfDirectory(atPath: path)).map({ "\(path)/\($0)" }) {
            guard unsafe lchown(entry, id, id) == 0 else {
                throw Runtime.Failure(description: "\(entry) keeps its owner")
            }
        }
    }
}
