/// One IPv4 or IPv6 address. An IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
public struct IPAddress: Hashable, Sendable {
    /// The two families, by their number in the header.
    public enum Family: UInt8, Hashable, Sendable {
        case v4 = 4
        case v6 = 6

        /// The bits of an address.
        public var width: Int { self == .v4 ? 32 : 128 }
    }

    /// The family.
    public var family: Family
    /// The upper 64 bits; 0 for IPv4.
    public var high: UInt64
    /// The lower 64 bits; the whole address for IPv4.
    public var low: UInt64

    /// The address with these bits.
    public init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }

    /// Reads an address as Kubernetes does; leading zeros of IPv4 are decimal. Nil for anything else, zones included.
    public init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(of: text) else { return nil }
            let high = groups[..<4].reduce(0 as UInt64) { $0 << 16 | UInt64($1) }
            let low = groups[4...].reduce(0 as UInt64) { $0 << 16 | UInt64($1) }
            if high == 0, low >> 32 == 0xFFFF {
                self.init(family: .v4, high: 0, low: low & 0xFFFF_FFFF)
            } else {
                self.init(family: .v6, high: high, low: low)
            }
        } else {
            guard let low = Self.dotted(text) else { return nil }
            self.init(family: .v4, high: 0, low: UInt64(low))
        }
    }

    private static func dotted(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private static func groups(of text: String) -> [UInt16]? {
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2, halves[1].contains("::") { return nil }
        guard let head = run(halves[0]), let tail = halves.count == 2 ? run(halves[1]) : [] else { return nil }
        let count = head.count + tail.count
        if halves.count == 1 { return count == 8 ? head : nil }
        // "::" stands for at least one group of zeros.
        guard count < 8 else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - count) + tail
    }

    private static func run(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let value = dotted(part) else { return nil }
                groups += [UInt16(value >> 16), UInt16(truncatingIfNeeded: value)]
            } else {
                let isHexadecimal = part.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
                }
                guard (1...4).contains(part.utf8.count), isHexadecimal, let group = UInt16(part, radix: 16) else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952).
    public var description: String {
        if family == .v4 { return (0..<4).map { String(low >> (24 - 8 * $0) & 0xFF) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - 16 * UInt64($0 % 4))) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}
