import Glibc
import JSONValue

/// The recorded scenarios of a real API server, when they are at hand.
enum Corpus {
    /// `KASTELL_CORPORA`, else `shared` beside the folder of the package.
    static let root: String = {
        if let named = unsafe getenv("KASTELL_CORPORA") { return unsafe String(cString: named) }
        var parts = #filePath.split(separator: "/")
        while let last = parts.popLast(), last != "Tests" {}
        return "/" + parts.dropLast().joined(separator: "/") + "/shared"
    }()

    /// The scenarios of one area, by name.
    static func scenarios(_ area: String) -> [(name: String, scenario: JSON)] {
        let folder = "\(root)/golden/\(area)"
        return names(in: folder).sorted().compactMap { name in
            guard name.hasSuffix(".json"), let text = read("\(folder)/\(name)"), let json = try? JSON.parse(text)
            else { return nil }
            return (String(name.dropLast(5)), json)
        }
    }

    static func read(_ path: String) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }
}
