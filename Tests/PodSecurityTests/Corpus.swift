import FoundationEssentials
import JSONValue

/// Recorded answers of a real API server: one JSON object a line.
enum Corpus {
    /// The folder of all corpora: `KASTELL_CORPORA`, else `shared` beside the checkout.
    static let folder: String = {
        if let given = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return given + "/policy/psa" }
        var root = #filePath.split(separator: "/").dropLast()
        while !root.isEmpty,
            !FileManager.default.fileExists(atPath: "/" + root.joined(separator: "/") + "/Package.swift")
        {
            root = root.dropLast()
        }
        return "/" + root.dropLast().joined(separator: "/") + "/shared/policy/psa"
    }()
    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

    static func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }.sorted()
    }

    static func rows(_ file: String) throws -> [JSON] {
        let data = try Data(contentsOf: URL(filePath: folder + "/" + file))
        return try data.split(separator: 0x0A).map { try JSON.parse(Array($0)) }
    }
}

extension JSON {
    /// Applies a JSON Merge Patch (RFC 7396).
    func merged(with patch: JSON) -> JSON {
        guard let members = patch.object?.members else { return patch }
        var result: JSON = object == nil ? [:] : self
        for member in members {
            result[member.key] = member.value.isNull ? nil : (result[member.key] ?? [:]).merged(with: member.value)
        }
        return result
    }
}
