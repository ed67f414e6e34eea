/// The formats of strings that are checked; others say nothing.
///
/// Source: apiextensions.k8s.io/v1 `JSONSchemaProps.format`.
enum StringFormat: String, Sendable {
    case date, datetime, duration, ipv4, ipv6, cidr, mac, uuid, uuid3, uuid4, uuid5, hostname, email, uri, byte
    case hexcolor, bsonobjectid, ssn, rgbcolor

    func accepts(_ text: String) -> Bool {
        switch self {
        case .date: Self.matches(Self.datePattern, text) && Self.isDate(text)
        case .datetime: Self.matches(Self.timePattern, text) && Self.isDate(String(text.prefix(10)))
        case .duration: Self.matches(Self.durationPattern, text)
        case .ipv4: Self.isIPv4(text)
        case .ipv6: Self.isIPv6(text)
        case .cidr: Self.isCIDR(text)
        case .mac: Self.matches(Self.macPattern, text)
        case .uuid: Self.isUUID(text, version: nil)
        case .uuid3: Self.isUUID(text, version: "3")
        case .uuid4: Self.isUUID(text, version: "4")
        case .uuid5: Self.isUUID(text, version: "5")
        case .hostname: text.utf8.count <= 255 && Self.matches(Self.hostPattern, text)
        case .email: Self.matches(Self.emailPattern, text)
        case .uri: Self.matches(Self.uriPattern, text)
        case .byte: Self.isBase64(text)
        case .hexcolor: Self.matches(Self.hexColorPattern, text)
        case .rgbcolor: Self.matches(Self.rgbColorPattern, text)
        case .bsonobjectid: text.utf8.count == 24 && text.utf8.allSatisfy(Self.isHexadecimal)
        case .ssn: Self.matches(Self.ssnPattern, text)
        }
    }

    private static func matches(_ pattern: Pattern?, _ text: String) -> Bool { pattern?.matches(text) ?? true }

    // Patterns of ours compile; a test matches each of them.
    private static let datePattern = try? Pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    private static let timePattern = try? Pattern(
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:?[0-9]{2})$")
    private static let durationPattern = try? Pattern(
        "^(0|[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*|[0-9]+ ?(ns|nano|nanos|us|micros|ms|millis|s|secs?|seconds?|m|mins?|minutes?|h|hr|hours?|d|days?|w|weeks?))$"
    )
    private static let macPattern = try? Pattern("^([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2}[:-]?){1,3}$|^([0-9A-Fa-f]{4}\\.){2,3}[0-9A-Fa-f]{4}$")
    private static let hostPattern = try? Pattern(
        "^([a-zA-Z0-9_]|[a-zA-Z0-9_][a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])(\\.([a-zA-Z0-9_]|[a-zA-Z0-9_][a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_]))*\\.?$")
    private static let emailPattern = try? Pattern("^[^@\\s<>]+@[^@\\s<>]+$|^[^<>]* <[^@\\s<>]+@[^@\\s<>]+>$")
    private static let uriPattern = try? Pattern("^([A-Za-z][A-Za-z0-9+.-]*:\\S+|/\\S*)$")
    private static let hexColorPattern = try? Pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
    private static let rgbColorPattern = try? Pattern(
        "^rgb\\(\\s*([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\s*,\\s*([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\s*,\\s*([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\s*\\)$"
    )
    private static let ssnPattern = try? Pattern("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$")

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Whether a text `YYYY-MM-DD` is a day of the calendar.
    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]) else { return false }
        let isLeap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[parts[1] - 1]).contains(parts[2])
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
                    && (part.count == 1 || !part.hasPrefix("0"))
            }
    }

    private static func isIPv6(_ text: String) -> Bool {
        guard text.contains(":"), !text.contains("%") else { return false }
        var groups = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var room = 8
        if let last = groups.last, last.contains(".") {
            guard isIPv4(last) else { return false }
            groups.removeLast()
            if groups.last == "", groups.count == 2 { groups.append("") }
            room = 6
        }
        let filled = groups.filter { !$0.isEmpty }
        guard filled.allSatisfy({ $0.utf8.count <= 4 && $0.utf8.allSatisfy(isHexadecimal) }) else { return false }
        let gaps = text.ranges(of: "::").count
        if text.contains(":::") || gaps > 1 { return false }
        if gaps == 0 { return filled.count == room && filled.count == groups.count }
        return filled.count < room && (!text.hasPrefix(":") || text.hasPrefix("::")) && (!text.hasSuffix(":") || text.hasSuffix("::"))
    }

    private static func isCIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        let address = String(parts[0])
        return isIPv4(address) && length <= 32 || isIPv6(address) && length <= 128
    }

    private static func isUUID(_ text: String, version: Unicode.Scalar?) -> Bool {
        let digits = text.unicodeScalars.filter { $0 != "-" }
        guard digits.count == 32, text.unicodeScalars.count == 32 || text.unicodeScalars.count == 36,
            digits.allSatisfy({ $0.isASCII && isHexadecimal(UInt8($0.value)) })
        else { return false }
        guard let version else { return true }
        guard digits[digits.index(digits.startIndex, offsetBy: 12)] == version else { return false }
        return version == "3" || "89abAB".unicodeScalars.contains(digits[digits.index(digits.startIndex, offsetBy: 16)])
    }

    private static func isBase64(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let padding = bytes.suffix(2).count { $0 == 0x3D }
        return bytes.count % 4 == 0
            && bytes.dropLast(padding).allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2B || byte == 0x2F
            }
    }
}
