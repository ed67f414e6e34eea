import Foundation
import JSONValue

/// The recorded answers of a reference server, when they are there.
enum Corpus {
    /// The folder of the corpora: `KASTELL_CORPORA`, or `shared` beside the checkout.
    static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return folder }
        var parts = #filePath.split(separator: "/").map(String.init)
        while let last = parts.last, last != "Tests" { parts.removeLast() }
        return "/" + parts.dropLast(2).joined(separator: "/") + "/shared"
    }()

    static var hasScenarios: Bool { FileManager.default.fileExists(atPath: folder + "/golden/validation") }
    static var policyTable: String { folder + "/policy/netpol/networkpolicy_validation.jsonl" }
    static var hasPolicies: Bool { FileManager.default.fileExists(atPath: policyTable) }

    /// The scenarios of an area, by name.
    static func scenarios(in area: String) throws -> [(name: String, scenario: JSON)] {
        let path = folder + "/golden/" + area
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            (area + "/" + name, try JSON.parse(Array(Data(contentsOf: URL(filePath: path + "/" + name)))))
        }
    }

    /// The rows of a file with one object a line.
    static func rows(_ path: String) throws -> [JSON] {
        try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self).split(separator: "\n").map { try JSON.parse(String($0)) }
    }
}
