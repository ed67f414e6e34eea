import FoundationEssentials
import JSONValue

/// Recorded answers of a real API server: one JSON object a line.
enum Corpus {
    /// The folder of all corpora: `KASTELL_CORPORA`, else `shared` beside the checkout.
    static let folder: String = {
        if let given = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return given }
        var root = #filePath.split(separator: "/").dropLast()
        while !root.isEmpty,
            !FileManager.default.fileExists(atPath: "/" + root.joined(separator: "/") + "/Package.swift")
        {
            root = root.dropLast()
        }
        return "/" + root.dropLast().joined(separator: "/") + "/shared"
    }()
    static let path = folder + "/policy/psp/cases.jsonl"
    static var isPresent: Bool { FileManager.default.fileExists(atPath: path) }

    static func rows() throws -> [JSON] {
        let data = try Data(contentsOf: URL(filePath: path))
        return try data.split(separator: 0x0A).map { try JSON.parse(Array($0)) }
    }
}

/// The outcome of all rows of a corpus.
struct Tally {
    var passed = 0
    var failures: [String] = []
    /// Rows that no code of this module decides, with the reason.
    var elsewhere: [String] = []

    mutating func note(_ id: String, _ fault: String?) {
        if let fault { failures.append("\(id): \(fault)") } else { passed += 1 }
    }

    var line: String {
        "corpus psp: \(passed) passed, \(failures.count) failed"
            + (elsewhere.isEmpty ? "" : ", \(elsewhere.count) decided elsewhere (\(elsewhere.joined(separator: "; ")))")
    }
}

extension JSON {
    /// Applies the operations `add`, `replace` and `remove` of a JSON Patch.
    func patched(_ operations: JSON?) -> JSON {
        var result = self
        for operation in operations?.array ?? [] {
            let keys = (operation["path"]?.string ?? "").split(separator: "/").map {
                String($0).replacing("~1", with: "/").replacing("~0", with: "~")
            }
            result = result.setting(keys[...], to: operation["op"] == "remove" ? nil : operation["value"])
        }
        return result
    }

    private func setting(_ keys: ArraySlice<String>, to value: JSON?) -> JSON {
        guard let key = keys.first else { return value ?? .null }
        if var elements = array, let index = Int(key), elements.indices.contains(index) {
            elements[index] = elements[index].setting(keys.dropFirst(), to: value)
            return .array(elements)
        }
        var copy = self
        copy[key] = keys.count == 1 ? value : (self[key] ?? [:]).setting(keys.dropFirst(), to: value)
        return copy
    }

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
