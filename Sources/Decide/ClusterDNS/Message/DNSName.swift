/// One domain name as it travels: labels with their lengths before them, and a zero at the end.
///
/// Names are equal when they differ in the case of ASCII letters only; the bytes keep the case in which they came.
/// Source: RFC 1035 sections 2.3.4 and 3.1; RFC 4343.
public struct DNSName: Sendable {
    /// The most bytes of a name, lengths and the zero included.
    public static let longest = 255
    /// The most bytes of a label.
    public static let longestLabel = 63
    /// The name of no labels.
    public static let root = DNSName(wire: [0])

    /// The name without compression, 1 to 255 bytes.
    public let wire: [UInt8]

    /// - Parameter wire: bytes that are known to be a name.
    init(wire: [UInt8]) { self.wire = wire }

    /// The name of these labels, the leftmost first; nil when a label is empty or longer than 63 bytes, or the name longer than 255.
    public init?(labels: [String]) {
        var wire: [UInt8] = []
        wire.reserveCapacity(64)
        for label in labels {
            let count = label.utf8.count
            guard (1...Self.longestLabel).contains(count), wire.count + count + 2 <= Self.longest else { return nil }
            wire.append(UInt8(count))
            wire.append(contentsOf: label.utf8)
        }
        wire.append(0)
        self.wire = wire
    }

    /// Reads `web.shop.svc.cluster.local`, with or without a dot at the end; there are no escapes. Nil for what is no name.
    public init?(_ text: String) {
        if text == "." {
            self = .root
            return
        }
        let body = text.hasSuffix(".") ? text.dropLast() : text[...]
        self.init(labels: body.split(separator: ".", omittingEmptySubsequences: false).map(String.init))
    }

    /// The labels, the leftmost first, with ASCII letters in lower case.
    public var labels: [String] {
        var labels: [String] = []
        labels.reserveCapacity(8)
        var at = 0
        while wire[at] != 0 {
            let end = at + 1 + Int(wire[at])
            labels.append(String(decoding: wire[(at + 1)..<end].lazy.map(Self.lowered), as: UTF8.self))
            at = end
        }
        return labels
    }

    /// How many labels there are.
    public var labelCount: Int {
        var count = 0
        var at = 0
        while wire[at] != 0 {
            at += 1 + Int(wire[at])
            count += 1
        }
        return count
    }

    /// The last `count` labels; the whole name when it has no more.
    func suffix(_ count: Int) -> DNSName {
        var at = 0
        for _ in 0..<max(0, labelCount - count) { at += 1 + Int(wire[at]) }
        return DNSName(wire: Array(wire[at...]))
    }

    /// The name with ASCII letters in lower case.
    public var lowercased: DNSName { DNSName(wire: wire.map(Self.lowered)) }

    /// Whether the name is `zone` or ends in it.
    public func isWithin(_ zone: DNSName) -> Bool {
        var at = 0
        // Only where a label starts can the zone start.
        while wire.count - at > zone.wire.count { at += 1 + Int(wire[at]) }
        return wire.count - at == zone.wire.count && zip(wire[at...], zone.wire).allSatisfy { Self.lowered($0) == Self.lowered($1) }
    }

    /// Whether both have the same bytes, case included.
    public func hasSameCase(as other: DNSName) -> Bool { wire == other.wire }

    // A length is at most 63 and so below every letter: whole names can be folded at once.
    @inline(__always) static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

extension DNSName: Hashable {
    /// Compares without regard to the case of ASCII letters.
    public static func == (left: DNSName, right: DNSName) -> Bool {
        if left.wire == right.wire { return true }
        return left.wire.count == right.wire.count && zip(left.wire, right.wire).allSatisfy { lowered($0) == lowered($1) }
    }

    /// Hashes without regard to the case of ASCII letters.
    public func hash(into hasher: inout Hasher) {
        for byte in wire { hasher.combine(Self.lowered(byte)) }
    }
}

extension DNSName: CustomStringConvertible {
    /// The name with a dot at its end; bytes other than printable ASCII as `\ddd` (RFC 1035 section 5.1).
    public var description: String {
        if wire.count == 1 { return "." }
        var text = ""
        var at = 0
        while wire[at] != 0 {
            let end = at + 1 + Int(wire[at])
            for byte in wire[(at + 1)..<end] {
                switch byte {
                case 0x2E, 0x5C: text += "\\" + String(UnicodeScalar(byte))
                case 0x21...0x7E: text.unicodeScalars.append(UnicodeScalar(byte))
                default: text += "\\" + String(repeating: "0", count: byte < 10 ? 2 : byte < 100 ? 1 : 0) + String(byte)
                }
            }
            text += "."
            at = end
        }
        return text
    }
}
