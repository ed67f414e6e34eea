import FoundationEssentials
import JSONValue
import Scheduling
import Testing
import YAMLValue

/// One file under `Cases`: a cluster, a pod, and what is to become of it.
struct Case: CustomTestStringConvertible, Sendable {
    /// The folder, named after the filter or the part of scheduling.
    var folder: String
    /// The file's name, which begins with `allow-` or `deny-`.
    var name: String
    var content: JSON

    var testDescription: String { "\(folder)/\(name)" }
    var expected: JSON { content["expect"] ?? .null }
    var pod: PodFacts { PodFacts(content["pod"] ?? .null) }
    var snapshot: ClusterSnapshot {
        var snapshot = ClusterSnapshot()
        for object in content["cluster"]?.array ?? [] { snapshot.put(object) }
        // The scheduler's own queue holds the pod as well; it must not stand in its own way.
        snapshot.put(pod: PodFacts(content["pod"] ?? .null).nodeName.isEmpty ? pod : PodFacts(.null))
        return snapshot
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases").path

    static func all() throws -> [Case] {
        try FileManager.default.contentsOfDirectory(atPath: root).sorted().flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted().map { file in
                let data = try Data(contentsOf: URL(filePath: "\(root)/\(folder)/\(file)"))
                return Case(folder: folder, name: String(file.split(separator: ".")[0]), content: try YAML.document(Array(data)).value)
            }
        }
    }
}
