import Foundation
import JSONValue
import KubeModel
import PolicyModel
import RBAC

/// The recorded cases that lie outside this package; tests that read them are skipped where they are not.
enum Corpus {
    /// The folder, from `KASTELL_CORPORA` or beside the checkout.
    static let root: String = {
        if let folder = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return folder }
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return checkout.deletingLastPathComponent().appendingPathComponent("shared").path
    }()

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }

    /// The JSON in a file.
    static func json(_ path: String) throws -> JSON {
        try JSON.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: root + "/" + path))))
    }

    /// The JSON values in a file of lines.
    static func lines(_ path: String) throws -> [JSON] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: root + "/" + path))).split(separator: 0x0A)
            .map { try JSON.parse(Array($0)) }
    }

    /// The scenarios of an area of recorded answers, by name.
    static func scenarios(_ area: String) throws -> [(name: String, steps: [JSON])] {
        try FileManager.default.contentsOfDirectory(atPath: root + "/golden/" + area).sorted()
            .filter { $0.hasSuffix(".json") }
            .map { (String($0.dropLast(5)), try json("golden/\(area)/\($0)")["steps"]?.array ?? []) }
    }
}
