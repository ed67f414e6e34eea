public import PolicyModel

/// What decides about the packets of one endpoint in one direction, in order. Policies are shared by all endpoints
/// that they govern, and sets by all rules that mention them: a packet filter has one chain and one set for each.
public struct ResolvedRules: Hashable, Sendable {
    /// The policies of one tier that govern the endpoint.
    public struct Tier: Hashable, Sendable {
        /// The tier.
        public var tier: PolicyTier
        /// Its policies, in the order in which they are asked.
        public var policies: [RuleReference]
    }

    /// The tiers that have a policy for the endpoint.
    public var tiers: [Tier]
    /// The profiles that decide when every tier passed.
    public var profiles: [TrafficProfile]

    /// Rules in this order.
    public init(tiers: [Tier], profiles: [TrafficProfile]) {
        self.tiers = tiers
        self.profiles = profiles
    }
}

extension NetworkPolicyIndex {
    /// The rules of an endpoint at one stage; `forwarded` selects those for packets that a host only forwards.
    public func rules(
        for id: EndpointID, _ direction: TrafficDirection, stage: TrafficPolicy.Stage = .normal, forwarded: Bool = false
    ) -> ResolvedRules {
        let policies = (governing[id] ?? []).compactMap { self.policies[$0] }.filter {
            $0.stage == stage && $0.rules(direction) != nil && (!forwarded || $0.appliesOnForward)
        }
        let tiers = Dictionary(grouping: policies, by: \.tier).map { name, policies in
            // A tier that is not known denies, and is asked last.
            ResolvedRules.Tier(
                tier: self.tiers[name] ?? PolicyTier(name: name, order: nil, defaultAction: .deny),
                policies: policies.sorted { $0.precedes($1) }.map(\.object))
        }
        return ResolvedRules(tiers: tiers.sorted { $0.tier.precedes($1.tier) }, profiles: profiles(of: id))
    }

    private func profiles(of id: EndpointID) -> [TrafficProfile] {
        let names: [String]
        if case .pod(let namespace, _) = id {
            names = [TrafficProfile.ofNamespace(namespace)]
        } else {
            names = endpoints[id]?.profiles ?? []
        }
        return names.compactMap { name in
            let isOpen = name == TrafficProfile.defaultAllow || name.hasPrefix(TrafficProfile.ofNamespace(""))
            return profiles[name] ?? (isOpen ? .open(name) : nil)
        }
    }
}
