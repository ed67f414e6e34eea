import NetworkPolicy

/// The names under `in-addr.arpa` (RFC 1035 section 3.5) and `ip6.arpa` (RFC 3596 section 2.5).
enum ReverseName {
    /// What a name there stands for.
    enum Meaning: Equatable {
        /// One address.
        case address(IPAddress)
        /// All addresses that begin so: a name with fewer labels than an address has.
        case network(IPNetwork)
        /// A name below that of an address, or one that is written otherwise; the network is what could be read.
        case below(IPNetwork)
    }

    /// - Parameter labels: of the whole name, lower case, the leftmost first.
    /// - Returns: nil for a name that is not under the two zones.
    static func read(_ labels: [String]) -> Meaning? {
        guard labels.count >= 2, labels[labels.count - 1] == "arpa" else { return nil }
        let parts = labels.dropLast(2).reversed()
        switch labels[labels.count - 2] {
        case "in-addr": return read(Array(parts), family: .v4, most: 4, bits: 8) { text in
            // One form only: a leading zero would be another name of the same address.
            UInt8(text).flatMap { String($0) == text ? UInt64($0) : nil }
        }
        case "ip6": return read(Array(parts), family: .v6, most: 32, bits: 4) { text in
            text.utf8.count == 1 ? UInt8(text, radix: 16).map(UInt64.init) : nil
        }
        default: return nil
        }
    }

    private static func read(
        _ parts: [String], family: IPAddress.Family, most: Int, bits: Int, _ value: (String) -> UInt64?
    ) -> Meaning {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        while count < min(parts.count, most), let part = value(parts[count]) {
            let shift = family.width - bits * (count + 1)
            if shift >= 64 { high |= part << UInt64(shift - 64) } else { low |= part << UInt64(shift) }
            count += 1
        }
        let address = IPAddress(family: family, high: high, low: low)
        let network = IPNetwork(address, prefixLength: count * bits)
        if count < parts.count { return .below(network) }
        return count == most ? .address(address) : .network(network)
    }
}
