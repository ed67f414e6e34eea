import JSONValue
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The recorded answers of a reference server, when they are there.
enum Corpus {
    /// The folder of the corpora: `KASTELL_CORPORA`, or `shared` beside the checkout.
    static let folder: String = {
        if let value = unsafe getenv("KASTELL_CORPORA") { return unsafe String(cString: value) }
        var parts = #filePath.split(separator: "/").map(String.init)
        while let last = parts.last, last != "Tests" { parts.removeLast() }
        return "/" + parts.dropLast(2).joined(separator: "/") + "/shared"
    }()

    static var exists: Bool { !scenarios(in: "crud").isEmpty }

    /// The bytes of a file; nil when it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The scenarios of an area, by name.
    static func scenarios(in area: String) -> [(name: String, scenario: JSON)] {
        let path = folder + "/golden/" + area
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted().compactMap { name in
            guard let bytes = read(path + "/" + name), let scenario = try? JSON.parse(bytes) else { return nil }
            return (area + "/" + name, scenario)
        }
    }
}
