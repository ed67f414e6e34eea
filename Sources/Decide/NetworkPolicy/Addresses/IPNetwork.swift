/// The addresses that share their first bits: `10.0.0.0/8`.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    public var address: IPAddress
    /// How many bits all addresses share.
    public var prefixLength: Int

    /// The network of the first `prefixLength` bits of `address`; the bits after them are cleared.
    public init(_ address: IPAddress, prefixLength: Int) {
        let length = min(max(prefixLength, 0), address.family.width)
        self.prefixLength = length
        let masks = Self.masks(address.family, length)
        self.address = IPAddress(family: address.family, high: address.high & masks.high, low: address.low & masks.low)
    }

    /// The network of one address.
    public init(_ address: IPAddress) { self.init(address, prefixLength: address.family.width) }

    /// Reads `address/length`; nil for anything else. Bits after the prefix are ignored, as Kubernetes does.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), var length = Int(parts[1])
        else { return nil }
        if address.family == .v4, parts[0].contains(":") {
            // A mapped prefix counts the 96 bits before the IPv4 address.
            guard length >= 96 else { return nil }
            length -= 96
        }
        guard length <= address.family.width else { return nil }
        self.init(address, prefixLength: length)
    }

    private static func masks(_ family: IPAddress.Family, _ length: Int) -> (high: UInt64, low: UInt64) {
        switch family {
        case .v4: return (0, length == 0 ? 0 : 0xFFFF_FFFF << UInt64(32 - length) & 0xFFFF_FFFF)
        case .v6:
            let high: UInt64 = length == 0 ? 0 : length >= 64 ? .max : .max << UInt64(64 - length)
            let low: UInt64 = length <= 64 ? 0 : .max << UInt64(128 - length)
            return (high, low)
        }
    }

    /// Whether `other` lies in the network.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.family == address.family else { return false }
        let masks = Self.masks(address.family, prefixLength)
        return other.high & masks.high == address.high && other.low & masks.low == address.low
    }

    /// Whether every address of `other` lies in the network.
    public func contains(_ other: IPNetwork) -> Bool { other.prefixLength >= prefixLength && contains(other.address) }

    /// `10.0.0.0/8`.
    public var description: String { "\(address)/\(prefixLength)" }
}
