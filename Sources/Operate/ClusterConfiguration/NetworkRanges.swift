package import CertificateAuthority

/// A range of addresses, such as `10.96.0.0/16`.
package struct CIDR: Hashable, Sendable, CustomStringConvertible {
    /// The lowest address.
    package let network: IPAddress
    package let prefixLength: Int

    /// Reads `ADDRESS/LENGTH`; the bits of the address beyond the length are cleared.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ $0 &- 0x30 < 10 }), let length = Int(parts[1]),
            length <= address.bytes.count * 8,
            parts[1].utf8.count == 1 || parts[1].utf8.first != 0x30
        else { return nil }
        var bytes = address.bytes
        for index in bytes.indices {
            let kept = min(max(length - index * 8, 0), 8)
            bytes[index] &= UInt8(truncatingIfNeeded: 0xFF00 >> kept)
        }
        guard let network = IPAddress(bytes: bytes) else { return nil }
        self.network = network
        prefixLength = length
    }

    /// How many bits tell the addresses of the range apart.
    package var hostBits: Int { network.bytes.count * 8 - prefixLength }

    /// The address `offset` after the lowest; nil when it is beyond the range.
    package func address(_ offset: UInt64) -> IPAddress? {
        if hostBits < 64, offset >> UInt64(hostBits) != 0 { return nil }
        var bytes = network.bytes
        var carry = offset
        for index in bytes.indices.reversed() where carry > 0 {
            let sum = UInt64(bytes[index]) + (carry & 0xFF)
            bytes[index] = UInt8(truncatingIfNeeded: sum)
            carry = (carry >> 8) + (sum >> 8)
        }
        return IPAddress(bytes: bytes)
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == network.bytes.count else { return false }
        return CIDR("\(other.isIPv6 ? Self.expanded(other) : other.description)/\(prefixLength)")?.network == network
    }

    /// All eight groups, so that a mapped address is not printed as one of IPv4.
    private static func expanded(_ address: IPAddress) -> String {
        stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(address.bytes[$0]) << 8 | UInt16(address.bytes[$0 + 1]), radix: 16) }.joined(
                separator: ":")
    }

    package var description: String { "\(network)/\(prefixLength)" }
}

/// A range of ports, both ends included.
package struct PortRange: Hashable, Sendable, CustomStringConvertible {
    package let first: Int
    package let last: Int

    package init?(first: Int, last: Int) {
        guard (1...65535).contains(first), (first...65535).contains(last) else { return nil }
        self.first = first
        self.last = last
    }

    /// Reads `30000-32767`, `30000+2767` or a single port.
    package init?(_ text: String) {
        func number(_ part: Substring) -> Int? {
            (1...5).contains(part.utf8.count) && part.utf8.allSatisfy { $0 &- 0x30 < 10 } ? Int(part) : nil
        }
        let dash = text.split(separator: "-", omittingEmptySubsequences: false)
        let plus = text.split(separator: "+", omittingEmptySubsequences: false)
        if dash.count == 2, let first = number(dash[0]), let last = number(dash[1]), first <= last {
            self.init(first: first, last: last)
        } else if plus.count == 2, let first = number(plus[0]), let size = number(plus[1]) {
            guard first <= 65535 else { return nil }
            self.init(first: first, last: min(first + size, 65535))
        } else if dash.count == 1, let port = number(dash[0]) {
            self.init(first: port, last: port)
        } else {
            return nil
        }
    }

    package func contains(_ port: Int) -> Bool { port >= first && port <= last }
    package var count: Int { last - first + 1 }
    package var description: String { "\(first)-\(last)" }
}
