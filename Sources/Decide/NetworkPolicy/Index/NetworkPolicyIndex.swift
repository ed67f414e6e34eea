public import PolicyModel

/// Everything that decides about packets: policies, tiers, profiles, and the endpoints that they speak of.
///
/// A change of one endpoint asks only the selectors that could hold of it (see ``SelectorAnchor``) and touches only the
/// sets whose members change; a new selector looks at every endpoint once. Equal content gives equal answers, whatever
/// the order in which it came.
public struct NetworkPolicyIndex: Sendable {
    /// What changed since ``takeChanges()``: what a packet filter must be told.
    public struct Changes: Hashable, Sendable {
        /// The sets with other members.
        public var sets: Set<SelectorSetKey> = []
        /// Of these, the ones that came or went, or that have other networks.
        public var rewritten: Set<SelectorSetKey> = []
        /// Of the others, the single addresses that came or went.
        public var addresses: [SelectorSetKey: Set<IPAddress>] = [:]
        /// The endpoints that other policies govern, or that came or went.
        public var endpoints: Set<EndpointID> = []
        /// The policies that came, went or changed.
        public var policies: Set<RuleReference> = []

        /// Nothing.
        public init() {}
    }

    /// The policies by their object.
    public private(set) var policies: [RuleReference: TrafficPolicy] = [:]
    /// The tiers by name.
    public private(set) var tiers: [String: PolicyTier] = [:]
    /// The profiles by name.
    public private(set) var profiles: [String: TrafficProfile] = [:]
    /// The shared sets that policies mention.
    public private(set) var sets: [SelectorSetKey: SelectorSet] = [:]
    /// The endpoints.
    public private(set) var endpoints: [EndpointID: PolicyEndpoint] = [:]
    /// The policies that govern each endpoint; without an entry there are none.
    public private(set) var governing: [EndpointID: Set<RuleReference>] = [:]

    private var effective: [EndpointID: [String: String]] = [:]
    private var owners: [IPAddress: Set<EndpointID>] = [:]
    private var namespaces: [String: [String: String]] = [:]
    private var accounts: [String: [String: String]] = [:]
    private var inNamespace: [String: Set<EndpointID>] = [:]
    private var anchored: [SelectorAnchor: Set<SelectorSetKey>] = [:]
    private var unanchored: Set<SelectorSetKey> = []
    private var changes = Changes()

    /// An index that knows the tiers of Kubernetes and nothing else.
    public init() { for tier in [PolicyTier.admin, .standard, .baseline] { tiers[tier.name] = tier } }

    /// What changed since the last call.
    public mutating func takeChanges() -> Changes {
        defer { changes = Changes() }
        return changes
    }

    // MARK: Endpoints

    /// Puts in an endpoint, or replaces it.
    public mutating func set(_ endpoint: PolicyEndpoint) {
        remove(endpoint.id)
        endpoints[endpoint.id] = endpoint
        if let namespace = endpoint.namespace { inNamespace[namespace, default: []].insert(endpoint.id) }
        for network in endpoint.networks where network.isSingle { owners[network.address, default: []].insert(endpoint.id) }
        enter(endpoint)
    }

    /// Takes out an endpoint.
    public mutating func remove(_ id: EndpointID) {
        guard let endpoint = endpoints[id] else { return }
        leave(endpoint)
        endpoints[id] = nil
        if let namespace = endpoint.namespace {
            inNamespace[namespace]?.remove(id)
            if inNamespace[namespace]?.isEmpty == true { inNamespace[namespace] = nil }
        }
        for network in endpoint.networks where network.isSingle {
            owners[network.address]?.remove(id)
            if owners[network.address]?.isEmpty == true { owners[network.address] = nil }
        }
    }

    /// Sets the labels of a namespace; nil when it is gone.
    public mutating func setNamespace(_ name: String, labels: [String: String]?) {
        namespaces[name] = labels
        for id in inNamespace[name] ?? [] { refresh(id) }
    }

    /// Sets the labels of a service account; nil when it is gone.
    public mutating func setServiceAccount(namespace: String, name: String, labels: [String: String]?) {
        accounts[namespace + "/" + name] = labels
        for id in inNamespace[namespace] ?? [] where endpoints[id]?.serviceAccount == name { refresh(id) }
    }

    private mutating func refresh(_ id: EndpointID) {
        guard let endpoint = endpoints[id] else { return }
        leave(endpoint)
        enter(endpoint)
    }

    private func labels(of endpoint: PolicyEndpoint) -> [String: String] {
        var labels = endpoint.labels.filter { !EndpointLabel.isReserved($0.key) }
        if case .node = endpoint.id { return labels }
        if let namespace = endpoint.namespace {
            labels[EndpointLabel.namespace] = namespace
            for (key, value) in namespaces[namespace] ?? [:] { labels[EndpointLabel.namespacePrefix + key] = value }
            labels[EndpointLabel.namespacePrefix + EndpointLabel.name] = namespace
            if let account = endpoint.serviceAccount {
                labels[EndpointLabel.serviceAccount] = account
                for (key, value) in accounts[namespace + "/" + account] ?? [:] {
                    labels[EndpointLabel.serviceAccountPrefix + key] = value
                }
                labels[EndpointLabel.serviceAccountPrefix + EndpointLabel.name] = account
            }
        }
        if endpoint.isPod { labels[EndpointLabel.orchestrator] = "k8s" }
        return labels
    }

    private mutating func enter(_ endpoint: PolicyEndpoint) {
        let labels = labels(of: endpoint)
        effective[endpoint.id] = labels
        changes.endpoints.insert(endpoint.id)
        for key in candidates(labels) where key.domain == endpoint.id.domain && key.selector.matches(labels) {
            join(endpoint, key)
        }
    }

    private mutating func leave(_ endpoint: PolicyEndpoint) {
        let labels = effective[endpoint.id] ?? [:]
        for key in candidates(labels) where sets[key]?.members.contains(endpoint.id) == true {
            sets[key]?.remove(endpoint)
            note(endpoint, key)
        }
        effective[endpoint.id] = nil
        governing[endpoint.id] = nil
        changes.endpoints.insert(endpoint.id)
    }

    private mutating func join(_ endpoint: PolicyEndpoint, _ key: SelectorSetKey) {
        sets[key]?.add(endpoint)
        note(endpoint, key)
        for policy in sets[key]?.governing ?? [] { govern(endpoint.id, policy) }
    }

    private mutating func note(_ endpoint: PolicyEndpoint, _ key: SelectorSetKey) {
        changes.sets.insert(key)
        for network in endpoint.networks {
            if network.isSingle { changes.addresses[key, default: []].insert(network.address) } else { changes.rewritten.insert(key) }
        }
    }

    private mutating func govern(_ id: EndpointID, _ policy: RuleReference) {
        if case .networkSet = id { return }
        if governing[id, default: []].insert(policy).inserted { changes.endpoints.insert(id) }
    }

    private func candidates(_ labels: [String: String]) -> Set<SelectorSetKey> {
        var keys = unanchored
        for (key, value) in labels {
            keys.formUnion(anchored[.key(key)] ?? [])
            keys.formUnion(anchored[.pair(key, value)] ?? [])
        }
        return keys
    }

    // MARK: Policies

    /// Puts in a policy, or replaces the one of the same object.
    public mutating func set(_ policy: TrafficPolicy) {
        remove(policy: policy.object)
        policies[policy.object] = policy
        changes.policies.insert(policy.object)
        for key in policy.keys { mention(key) }
        let subject = SelectorSetKey(policy.subject)
        mention(subject)
        sets[subject]?.governing.insert(policy.object)
        for id in sets[subject]?.members ?? [] { govern(id, policy.object) }
    }

    /// Takes out the policy of an object.
    public mutating func remove(policy object: RuleReference) {
        guard let policy = policies.removeValue(forKey: object) else { return }
        changes.policies.insert(object)
        let subject = SelectorSetKey(policy.subject)
        for id in sets[subject]?.members ?? [] {
            governing[id]?.remove(object)
            if governing[id]?.isEmpty == true { governing[id] = nil }
            changes.endpoints.insert(id)
        }
        sets[subject]?.governing.remove(object)
        forget(subject)
        for key in policy.keys { forget(key) }
    }

    /// Puts in a tier, or replaces it.
    public mutating func set(_ tier: PolicyTier) {
        tiers[tier.name] = tier
        changes.policies.formUnion(policies.values.filter { $0.tier == tier.name }.map(\.object))
    }

    /// Puts in a profile, or replaces it.
    public mutating func set(_ profile: TrafficProfile) {
        let former = profiles.updateValue(profile, forKey: profile.name)
        for key in profile.keys { mention(key) }
        for key in former?.keys ?? [] { forget(key) }
    }

    private mutating func mention(_ key: SelectorSetKey) {
        if sets[key] != nil {
            sets[key]?.mentions += 1
            return
        }
        sets[key] = SelectorSet()
        sets[key]?.mentions = 1
        if let anchors = key.selector.anchors {
            for anchor in anchors { anchored[anchor, default: []].insert(key) }
        } else {
            unanchored.insert(key)
        }
        for endpoint in endpoints.values where endpoint.id.domain == key.domain {
            if key.selector.matches(effective[endpoint.id] ?? [:]) { join(endpoint, key) }
        }
        changes.sets.insert(key)
        changes.rewritten.insert(key)
    }

    private mutating func forget(_ key: SelectorSetKey) {
        sets[key]?.mentions -= 1
        guard sets[key]?.mentions == 0 else { return }
        sets[key] = nil
        changes.sets.insert(key)
        changes.rewritten.insert(key)
        unanchored.remove(key)
        for anchor in key.selector.anchors ?? [] {
            anchored[anchor]?.remove(key)
            if anchored[anchor]?.isEmpty == true { anchored[anchor] = nil }
        }
    }

    // MARK: Questions

    /// The endpoints that have the address.
    public func owners(of address: IPAddress) -> Set<EndpointID> { owners[address] ?? [] }

    /// Whether the address is in the set.
    func contains(_ key: SelectorSetKey, _ address: IPAddress) -> Bool { sets[key]?.contains(address) ?? false }

    /// Whether a pod with the address gives the port that name.
    func isNamed(_ name: String, _ address: IPAddress, _ transport: UInt8, _ port: UInt16) -> Bool {
        owners(of: address).contains {
            endpoints[$0]?.ports.contains { $0.name == name && $0.transport == transport && $0.port == port } ?? false
        }
    }
}
