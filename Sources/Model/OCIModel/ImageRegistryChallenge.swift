/// How a registry wants to be shown who asks: the header `WWW-Authenticate`.
///
/// Source: RFC 9110 section 11.6.1; the distribution project's token authentication.
public enum ImageRegistryChallenge: Hashable, Sendable {
    /// A name and a password with each request.
    case basic(realm: String)
    /// A token of the server `realm`.
    case bearer(realm: String, service: String, scope: String)

    /// The challenges of one header, in their order, without those of other schemes. Bounded by the length of `header`.
    public static func parse(_ header: String) -> [ImageRegistryChallenge] {
        guard header.utf8.count <= 8192 else { return [] }
        var scanner = Scanner(bytes: Array(header.utf8))
        var found: [(scheme: String, values: [String: String])] = []
        while let word = scanner.token() {
            if scanner.take(0x3D) {
                guard let value = scanner.value() else { break }
                if !found.isEmpty { found[found.count - 1].values[word.lowercased()] = value }
            } else {
                found.append((word.lowercased(), [:]))
            }
            scanner.skip()
        }
        return found.compactMap { scheme, values in
            switch scheme {
            case "basic": .basic(realm: values["realm"] ?? "")
            case "bearer": values["realm"].map { .bearer(realm: $0, service: values["service"] ?? "", scope: values["scope"] ?? "") }
            default: nil
            }
        }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
            skip()
        }

        /// White space and commas.
        mutating func skip() { while at < bytes.count, [0x20, 0x09, 0x2C].contains(bytes[at]) { at += 1 } }

        mutating func take(_ byte: UInt8) -> Bool {
            var next = at
            while next < bytes.count, bytes[next] == 0x20 { next += 1 }
            guard next < bytes.count, bytes[next] == byte else {
                at = next
                return false
            }
            at = next + 1
            return true
        }

        mutating func token() -> String? {
            let from = at
            while at < bytes.count, ![0x20, 0x09, 0x2C, 0x3D, 0x22].contains(bytes[at]) { at += 1 }
            return at > from ? String(decoding: bytes[from..<at], as: UTF8.self) : nil
        }

        mutating func value() -> String? {
            while at < bytes.count, bytes[at] == 0x20 { at += 1 }
            guard at < bytes.count, bytes[at] == 0x22 else { return token() }
            at += 1
            var text: [UInt8] = []
            while at < bytes.count, bytes[at] != 0x22 {
                if bytes[at] == 0x5C, at + 1 < bytes.count { at += 1 }
                text.append(bytes[at])
                at += 1
            }
            guard at < bytes.count else { return nil }
            at += 1
            return String(decoding: text, as: UTF8.self)
        }
    }
}
