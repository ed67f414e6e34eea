import PolicyModel

/// The members of one shared set, and who refers to it.
public struct SelectorSet: Hashable, Sendable {
    /// The endpoints that the selector selects.
    public internal(set) var members: Set<EndpointID> = []
    /// Each single address, with the number of members that have it.
    public internal(set) var addresses: [IPAddress: Int] = [:]
    /// Each larger network, with the number of members that have it.
    public internal(set) var networks: [IPNetwork: Int] = [:]
    /// The policies whose subject it is.
    var governing: Set<RuleReference> = []
    /// How many policies and profiles mention it in a rule.
    var mentions = 0

    /// Whether the address is in the set.
    public func contains(_ address: IPAddress) -> Bool {
        addresses[address] != nil || networks.keys.contains { $0.contains(address) }
    }

    mutating func add(_ endpoint: PolicyEndpoint) {
        guard members.insert(endpoint.id).inserted else { return }
        for network in endpoint.networks {
            if network.isSingle { addresses[network.address, default: 0] += 1 } else { networks[network, default: 0] += 1 }
        }
    }

    mutating func remove(_ endpoint: PolicyEndpoint) {
        guard members.remove(endpoint.id) != nil else { return }
        for network in endpoint.networks {
            if network.isSingle { Self.release(&addresses, network.address) } else { Self.release(&networks, network) }
        }
    }

    private static func release<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let left = (counts[key] ?? 0) - 1
        counts[key] = left > 0 ? left : nil
    }
}

extension IPNetwork {
    /// Whether the network is one address.
    public var isSingle: Bool { prefixLength == address.family.width }
}
