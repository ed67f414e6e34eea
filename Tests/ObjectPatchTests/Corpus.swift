import FoundationEssentials
import JSONValue
import KubeModel

/// The recorded scenarios, where they are installed.
enum Corpus {
    static let root: String = {
        if let given = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return given }
        var path = #filePath.split(separator: "/").dropLast()
        while !path.isEmpty,
            !FileManager.default.fileExists(atPath: "/" + path.joined(separator: "/") + "/Package.swift")
        {
            path = path.dropLast()
        }
        return "/" + path.dropLast().joined(separator: "/") + "/shared"
    }()

    static var isInstalled: Bool { FileManager.default.fileExists(atPath: root + "/golden") }

    /// The scenarios of one area by their names.
    static func scenarios(_ area: String) throws -> [(name: String, scenario: JSON)] {
        let folder = root + "/golden/" + area
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted().map
        { file in
            let data = try Data(contentsOf: URL(filePath: folder + "/" + file))
            return (area + "/" + file, try JSON.parse([UInt8](data)))
        }
    }
}

/// Where a request goes.
struct RequestPath {
    var version: GroupVersion
    var resource: String
    /// The object itself, without subresource and query.
    var object: String
    var subresource: String
    var query: [String: String]

    init?(_ text: String) {
        let halves = text.split(separator: "?", maxSplits: 1)
        var parts = halves[0].split(separator: "/").map(String.init)[...]
        query = [:]
        for pair in halves.count > 1 ? halves[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1)
            query[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
        }
        guard let prefix = parts.popFirst() else { return nil }
        if prefix == "api", let version = parts.popFirst() {
            self.version = GroupVersion(group: "", version: version)
        } else if prefix == "apis", let group = parts.popFirst(), let version = parts.popFirst() {
            self.version = GroupVersion(group: group, version: version)
        } else {
            return nil
        }
        if parts.first == "namespaces", parts.count >= 3, !["status", "finalize"].contains(parts[parts.startIndex + 2])
        {
            parts = parts.dropFirst(2)
        }
        guard let resource = parts.popFirst() else { return nil }
        self.resource = resource
        let name = parts.popFirst()
        object = resource + "." + version.group + "/" + (name ?? "")
        subresource = parts.first ?? ""
    }
}
