import JSONValue
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Reads the recorded answers that the corpus tests compare with.
enum Corpora {
    /// `KASTELL_CORPORA`, or `../shared` beside the checkout.
    static var root: String {
        if let given = environment("KASTELL_CORPORA") { return given }
        let parts = #filePath.split(separator: "/")
        return "/" + parts.dropLast(3).joined(separator: "/") + "/../shared"
    }

    static func exists(_ path: String) -> Bool { read(path) != nil || !files(in: path).isEmpty }

    static func read(_ path: String) -> [UInt8]? {
        guard let file = unsafe fopen(root + "/" + path, "rb") else { return nil }
        defer { unsafe _ = fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        return bytes.isEmpty ? nil : bytes
    }

    static func files(in folder: String) -> [String] {
        guard let directory = unsafe opendir(root + "/" + folder) else { return [] }
        defer { unsafe _ = closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted()
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Every string of a value, changed.
    static func replacing(_ value: JSON, _ change: (String) -> String) -> JSON {
        switch value {
        case .null, .bool, .int, .double: return value
        case .string(let text): return .string(change(text))
        case .array(let elements): return .array(elements.map { replacing($0, change) })
        case .object(let object):
            return .object(JSONObject(object.members.map { ($0.key, replacing($0.value, change)) }))
        }
    }

    /// The first difference between a value and an expectation with placeholders; nil when there is none.
    static func difference(_ expected: JSON, _ got: JSON, at path: String = "", ignoring: Set<String> = []) -> String? {
        let last = path.split(separator: ".").last.map(String.init) ?? ""
        if ignoring.contains(last) || ignoring.contains(path) { return nil }
        switch (expected, got) {
        case (.string(let wanted), .string(let found)):
            let fits =
                switch wanted {
                case "<any>": true
                case "<rv>", "<hash>", "<int>", "<uid>": !found.isEmpty
                case "<age>": found.wholeMatch(of: /(\d+[smhdy])+|<unknown>/) != nil
                case "<time>": found.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil
                default: wanted == found
                }
            return fits ? nil : "\(path): expected \(wanted), got \(found)"
        case (.string("<any>"), _): return nil
        case (.array(let wanted), .array(let found)):
            if wanted.count != found.count { return "\(path): expected \(expected), got \(got)" }
            for (index, pair) in zip(wanted, found).enumerated() {
                if let difference = difference(pair.0, pair.1, at: "\(path)[\(index)]", ignoring: ignoring) {
                    return difference
                }
            }
            return nil
        case (.object(let wanted), .object(let found)):
            for (key, value) in wanted {
                guard let other = found[key] else { return "\(path).\(key): missing" }
                if let difference = difference(value, other, at: "\(path).\(key)", ignoring: ignoring) {
                    return difference
                }
            }
            for (key, value) in found where wanted[key] == nil { return "\(path).\(key): not expected: \(value)" }
            return nil
        default: return expected == got ? nil : "\(path): expected \(expected), got \(got)"
        }
    }
}
