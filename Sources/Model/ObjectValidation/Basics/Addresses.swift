import JSONValue
import KubeModel
import PolicyModel

/// An IP address, read as leniently as the API has always read it: IPv4 parts may have leading zeros.
struct IPAddress: Equatable {
    /// 4 or 16 bytes; an IPv4-mapped IPv6 address is kept as 4 bytes, with ``isMapped``.
    var bytes: [UInt8]
    /// Whether it was written as `::ffff:1.2.3.4`.
    var isMapped = false
    /// Whether an IPv4 part had leading zeros.
    var hasLeadingZeros = false

    var isIPv4: Bool { bytes.count == 4 }

    init(bytes: [UInt8]) { self.bytes = bytes }

    init?(_ text: some StringProtocol) {
        if text.contains(":") {
            guard let (parsed, zeros) = Self.ipv6(String(text)) else { return nil }
            hasLeadingZeros = zeros
            if parsed[0..<10].allSatisfy({ $0 == 0 }), parsed[10] == 0xFF, parsed[11] == 0xFF {
                bytes = Array(parsed[12...])
                isMapped = true
            } else {
                bytes = parsed
            }
        } else {
            guard let (parsed, zeros) = Self.ipv4(String(text)) else { return nil }
            bytes = parsed
            hasLeadingZeros = zeros
        }
    }

    private static func ipv4(_ text: String) -> ([UInt8], Bool)? {
        let parts = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        var zeros = false
        for part in parts {
            guard !part.isEmpty, part.allSatisfy(Names.isDigit) else { return nil }
            if part.count > 1, part.first == 0x30 { zeros = true }
            var value = 0
            for digit in part {
                value = value * 10 + Int(digit - 0x30)
                if value > 255 { return nil }
            }
            bytes.append(UInt8(value))
        }
        return (bytes, zeros)
    }

    private static func ipv6(_ text: String) -> ([UInt8], Bool)? {
        var head = text
        var tail: [UInt8] = []
        var zeros = false
        if let colon = text.lastIndex(of: ":"), text[colon...].contains(".") {
            guard let (four, leading) = ipv4(String(text[text.index(after: colon)...])) else { return nil }
            tail = four
            zeros = leading
            head = String(text[...colon])
            if !head.hasSuffix("::") { head.removeLast() }
        }
        func groups(_ part: Substring) -> [UInt8]? {
            if part.isEmpty { return [] }
            var bytes: [UInt8] = []
            for group in part.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(group.utf8.count), let value = UInt16(group, radix: 16), group.first != "+" else {
                    return nil
                }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
            return bytes
        }
        let room = 16 - tail.count
        if let gap = head.range(ofDoubleColon: ()) {
            guard let left = groups(head[..<gap.lowerBound]), let right = groups(head[gap.upperBound...]) else { return nil }
            guard left.count + right.count < room else { return nil }
            return (left + [UInt8](repeating: 0, count: room - left.count - right.count) + right + tail, zeros)
        }
        guard let all = groups(head[...]), all.count == room else { return nil }
        return (all + tail, zeros)
    }

    /// The canonical form (RFC 5952).
    var description: String {
        if isIPv4 { return bytes.map { "\($0)" }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        var best = 0..<0
        var at = 0
        while at < 8 {
            var end = at
            while end < 8, groups[end] == 0 { end += 1 }
            if end - at > best.count, end - at > 1 { best = at..<end }
            at = max(end, at + 1)
        }
        func hex(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
    }

    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool {
        isIPv4 ? bytes[0] == 127 : bytes[15] == 1 && bytes[0..<15].allSatisfy { $0 == 0 }
    }
    var isLinkLocalUnicast: Bool {
        isIPv4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }
    var isLinkLocalMulticast: Bool {
        isIPv4 ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0 : bytes[0] == 0xFF && bytes[1] & 0x0F == 0x02
    }
}

extension String {
    fileprivate func range(ofDoubleColon: ()) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            let next = index(after: at)
            if self[at] == ":", next < endIndex, self[next] == ":" { return at..<index(after: next) }
            at = next
        }
        return nil
    }
}

/// A range of addresses, such as `10.0.0.0/8`.
struct CIDR: Equatable {
    /// The address as written, before the mask.
    var address: IPAddress
    var length: Int
    /// Whether the length had leading zeros.
    var hasLeadingZeros: Bool

    init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/") else { return nil }
        let digits = text[text.index(after: slash)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy(Names.isDigit), let bits = Int(digits), let ip = IPAddress(text[..<slash])
        else { return nil }
        let widest = ip.isIPv4 && !ip.isMapped ? 32 : 128
        guard bits <= widest else { return nil }
        address = ip
        length = ip.isMapped ? max(0, bits - 96) : bits
        hasLeadingZeros = ip.hasLeadingZeros || (digits.utf8.count > 1 && digits.utf8.first == 0x30)
    }

    /// The first address of the range.
    var network: IPAddress {
        var masked = address.bytes
        for at in masked.indices {
            let bits = min(8, max(0, length - at * 8))
            masked[at] &= bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
        }
        return IPAddress(bytes: masked)
    }

    var description: String { "\(network.description)/\(length)" }

    func contains(_ ip: IPAddress) -> Bool {
        guard ip.bytes.count == address.bytes.count else { return false }
        var other = self
        other.address = ip
        return other.network.bytes == network.bytes
    }
}

/// The rules for addresses in fields.
enum Addresses {
    static let ipRule = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    static let cidrRule = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

    private static func syntaxFaults(_ text: String) -> [String] {
        guard let ip = IPAddress(text) else { return [ipRule] }
        var faults: [String] = []
        if ip.hasLeadingZeros { faults.append("must not have leading 0s") }
        if ip.isMapped { faults.append("must not be an IPv4-mapped IPv6 address") }
        return faults
    }

    /// What is wrong with an address that must be in canonical form.
    static func strictFaults(_ text: String) -> [String] {
        let faults = syntaxFaults(text)
        guard faults.isEmpty, let ip = IPAddress(text), ip.description != text else { return faults }
        return ["must be in canonical form (\(goQuoted(ip.description)))"]
    }

    /// What is wrong with an address in a field that is older than the rule of the canonical form.
    static func faults(_ text: String, unless known: [String] = []) -> [String] {
        known.contains(text) ? [] : syntaxFaults(text)
    }

    private static func cidrSyntaxFaults(_ text: String) -> [String] {
        guard let cidr = CIDR(text) else { return [cidrRule] }
        if cidr.hasLeadingZeros { return ["must not have leading 0s in IP or prefix length"] }
        if cidr.address.isMapped { return ["must not have an IPv4-mapped IPv6 address"] }
        if cidr.address.bytes != cidr.network.bytes { return ["must not have bits set beyond the prefix length"] }
        return []
    }

    static func cidrFaults(_ text: String, unless known: [String] = []) -> [String] {
        known.contains(text) ? [] : cidrSyntaxFaults(text)
    }

    static func strictCIDRFaults(_ text: String) -> [String] {
        let faults = cidrSyntaxFaults(text)
        guard faults.isEmpty, let cidr = CIDR(text), cidr.description != text else { return faults }
        return ["must be in canonical form (\(goQuoted(cidr.description)))"]
    }

    /// Whether exactly one address of each family is there, or at most one of each.
    static func isDualStack(_ texts: [String]) -> Bool {
        let parsed = texts.compactMap { IPAddress($0) }
        return parsed.contains(where: \.isIPv4) && parsed.contains { !$0.isIPv4 }
    }

    static func isDualStackCIDRs(_ texts: [String]) -> Bool {
        let parsed = texts.compactMap { CIDR($0)?.address }
        return parsed.contains(where: \.isIPv4) && parsed.contains { !$0.isIPv4 }
    }

    /// Addresses that mean "this host" or "this link" make no endpoint.
    static func special(_ text: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let value = JSON.string(text)
        guard let ip = IPAddress(text) else {
            errors.invalid(path, value, "must be a valid IP address")
            return
        }
        if ip.isUnspecified { errors.invalid(path, value, "may not be unspecified (\(text))") }
        if ip.isLoopback { errors.invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)") }
        if ip.isLinkLocalUnicast {
            errors.invalid(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
        }
        if ip.isLinkLocalMulticast {
            errors.invalid(path, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
    }
}

extension [FieldError] {
    mutating func ip(_ text: String, _ path: FieldPath, unless known: [String] = []) {
        invalid(path, .string(text), all: Addresses.faults(text, unless: known))
    }
    mutating func strictIP(_ text: String, _ path: FieldPath) {
        invalid(path, .string(text), all: Addresses.strictFaults(text))
    }
    mutating func cidr(_ text: String, _ path: FieldPath, unless known: [String] = []) {
        invalid(path, .string(text), all: Addresses.cidrFaults(text, unless: known))
    }
    mutating func strictCIDR(_ text: String, _ path: FieldPath) {
        invalid(path, .string(text), all: Addresses.strictCIDRFaults(text))
    }
}
