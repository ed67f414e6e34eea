public import NetworkPolicy
import PolicyModel

/// Keeps the ruleset of one node up to date with pods, policies and services.
///
/// In: an index, what changed in it, and which pods have links on this node. Out: ``ruleset``. Only policies that govern
/// a pod of the node, and sets that such policies mention, are in it. A change costs what it touches: pods that the same
/// policies govern share one chain, so a pod more is a few elements, and a policy's chain is written once however many
/// pods it governs.
public struct RulesetCompiler: Sendable {
    /// The table as it should be.
    public internal(set) var ruleset: Ruleset
    /// What was changed of it since the last look.
    var edits = RulesetEdits()
    /// The node.
    public let node: NodeView

    private var pods: [EndpointID: PodInterface] = [:]
    private var groupsOf: [EndpointID: [RuleGroup]] = [:]
    private var groups = SharedNames<RuleGroup>()
    private var groupContent: [RuleGroup: GroupContent] = [:]
    private var policies = SharedNames<PolicySide>()
    private var policyContent: [PolicySide: PolicyContent] = [:]
    private var selectors = SharedNames<SelectorSetKey>()
    private var networked: [SelectorSetKey: Set<IPAddress.Family>] = [:]
    private var mentioning: [SelectorSetKey: [PolicySide: Int]] = [:]
    private var ports = SharedNames<String>()
    private var portElements: [String: [EndpointID: [PolicyEndpoint.NamedPort]]] = [:]
    private var portAddresses: [EndpointID: [IPAddress]] = [:]
    private var notes = SharedNames<Note>()
    private var profiles: [String: TrafficProfile] = [:]
    var services: [ServicePort: ServiceContent] = [:]
    var serviceNames = SharedNames<ServicePort>()
    var memberNames = SharedNames<AffinityMember>()
    /// Who wants a key of a map, in the order in which they came.
    var claims: [MapKey: [MapClaim]] = [:]
    /// How many services refuse at an address.
    var refusals: [[FieldValue]: Int] = [:]

    /// The table of a node without pods: everything between unknown ends is dropped.
    public init(node: NodeView) {
        self.node = node
        ruleset = BaseChains.ruleset(node)
    }

    // MARK: Pods

    /// Puts in the link of a pod, with the rules that the index has for it, or replaces it.
    ///
    /// The table can hold a link before there is an interface of that name: rules first, then the link.
    public mutating func attach(_ pod: PodInterface, _ index: NetworkPolicyIndex) {
        if let former = pods[pod.id] { setElements(of: former, isThere: false) }
        pods[pod.id] = pod
        setElements(of: pod, isThere: true)
        regroup(pod.id, index)
    }

    /// Takes out the link of a pod.
    public mutating func detach(_ id: EndpointID) {
        guard let pod = pods.removeValue(forKey: id) else { return }
        setElements(of: pod, isThere: false)
        for map in [BaseChains.Name.fromPods, BaseChains.Name.toNode, BaseChains.Name.toPods] {
            lead([.interface(pod.interface)], of: map, to: nil)
        }
        for group in groupsOf.removeValue(forKey: id) ?? [] { release(group) }
    }

    /// The links that are in the table.
    public var attached: [EndpointID: PodInterface] { pods }

    private mutating func setElements(of pod: PodInterface, isThere: Bool) {
        func change(_ set: String, _ element: [FieldValue]) {
            if isThere { insert(element, into: set) } else { remove(element, from: set) }
        }
        let interface = FieldValue.interface(pod.interface)
        change(BaseChains.Name.interfaces, [interface])
        change(BaseChains.Name.loops, [interface, interface])
        for address in pod.addresses {
            change(BaseChains.Name.addresses(address.family), [interface, .address(address)])
            change(BaseChains.Name.ownAddresses(address.family), [.address(address)])
        }
    }

    // MARK: Policies

    /// Follows the index, of which `changes` says what is different since the last call.
    public mutating func update(_ index: NetworkPolicyIndex, _ changes: NetworkPolicyIndex.Changes) {
        // Sets first: a chain is written with or without the networks of its selectors.
        var stale = Set<PolicySide>()
        for key in changes.sets where selectors.number(key) != nil {
            guard changes.rewritten.contains(key) else {
                refresh(key, changes.addresses[key] ?? [], index)
                continue
            }
            if fill(key, index) { stale.formUnion(mentioning[key].map { Array($0.keys) } ?? []) }
        }
        for policy in changes.policies {
            for direction in TrafficDirection.allCases {
                stale.insert(PolicySide(policy: policy, direction: direction))
            }
        }
        for id in changes.endpoints { refreshPorts(of: id, index) }
        for side in stale where policyContent[side] != nil && index.policies[side.policy] != nil { write(side, index) }

        var affected = Set(changes.endpoints.filter { pods[$0] != nil })
        if index.profiles != profiles {
            profiles = index.profiles
            affected = Set(pods.keys)
        } else if !changes.policies.isEmpty {
            // A tier that moves reports its policies, and changes the order of whoever has one of them.
            for (id, _) in pods {
                let governing = index.governing[id] ?? []
                if changes.policies.contains(where: governing.contains) { affected.insert(id) }
            }
        }
        for id in affected.sorted(by: { "\($0)" < "\($1)" }) { regroup(id, index) }
    }

    /// Finds the chains of a pod anew.
    private mutating func regroup(_ id: EndpointID, _ index: NetworkPolicyIndex) {
        guard let pod = pods[id] else { return }
        let wanted = [
            (BaseChains.Name.fromPods, RuleGroup(index, id, .egress, toOwnNode: false)),
            (BaseChains.Name.toNode, RuleGroup(index, id, .egress, toOwnNode: true)),
            (BaseChains.Name.toPods, RuleGroup(index, id, .ingress, toOwnNode: false)),
        ]
        let former = groupsOf[id] ?? []
        for (map, group) in wanted {
            let number = acquire(group, index)
            lead([.interface(pod.interface)], of: map, to: GroupContent.name(number, 0))
        }
        groupsOf[id] = wanted.map(\.1)
        for group in former { release(group) }
    }

    // MARK: Groups

    private mutating func acquire(_ group: RuleGroup, _ index: NetworkPolicyIndex) -> Int {
        let (number, isNew) = groups.acquire(group)
        guard isNew else { return number }
        var content = GroupContent(number: number, direction: group.direction)
        for (position, tier) in group.tiers.enumerated() {
            var canPass = false
            for policy in tier.policies {
                guard let rules = index.policies[policy]?.rules(group.direction), !rules.isEmpty else { continue }
                let side = PolicySide(policy: policy, direction: group.direction)
                content.policies.append(side)
                content.add(Rule([], .jump(PolicyContent.name(acquire(side, index), group.direction))))
                if rules.contains(where: { $0.action == .pass }) {
                    canPass = true
                    content.add(
                        Rule([.isMarked(.passed)], .unmark(.passed), .goto(GroupContent.name(number, position + 1))))
                }
            }
            let ends = tier.tier.defaultAction == .deny
            if ends { content.add(denial(.endOfTier(tier.tier.name), group.direction, &content)) }
            if ends && !canPass {
                store(content, group)
                return number
            }
            // A chain for every position: a rule that passes must have somewhere to go.
            if !ends { content.add(Rule([], .goto(GroupContent.name(number, position + 1)))) }
            content.next()
        }
        for profile in group.profiles {
            let rules = group.direction == .ingress ? profile.ingress : profile.egress
            for rule in rules {
                guard rule.action == .allow || rule.action == .deny else { continue }
                content.keys += acquireKeys(of: [rule], index)
                content.ports += acquirePorts(of: [rule], index)
                for match in rule.matches {
                    for conditions in compiler.conditions(match) {
                        if rule.action == .allow {
                            content.add(Rule(conditions, .accept))
                        } else {
                            var denial = denial(.profile(profile.name), group.direction, &content)
                            denial.conditions = conditions
                            content.add(denial)
                        }
                    }
                }
            }
        }
        content.add(denial(.noProfile, group.direction, &content))
        store(content, group)
        return number
    }

    private mutating func store(_ content: GroupContent, _ group: RuleGroup) {
        groupContent[group] = content
        for (position, rules) in content.chains.enumerated() {
            put(Chain(comment: group.direction.rawValue, rules), at: GroupContent.name(content.number, position))
        }
    }

    private mutating func release(_ group: RuleGroup) {
        guard groups.release(group) != nil, let content = groupContent.removeValue(forKey: group) else { return }
        for position in content.chains.indices { put(nil as Chain?, at: GroupContent.name(content.number, position)) }
        for side in content.policies { release(side) }
        releaseKeys(content.keys)
        releasePorts(content.ports)
        for note in content.notes { release(note) }
    }

    private mutating func denial(_ ground: Note.Ground, _ direction: TrafficDirection, _ content: inout GroupContent)
        -> Rule
    {
        let note = Note(direction, isDenial: true, ground)
        content.notes.append(note)
        return Rule([], .log(acquire(note)), .drop)
    }

    // MARK: Chains of policies

    private mutating func acquire(_ side: PolicySide, _ index: NetworkPolicyIndex) -> Int {
        let (number, isNew) = policies.acquire(side)
        if isNew { write(side, index) }
        return number
    }

    /// Writes the chain of a policy, whether or not it is there already.
    private mutating func write(_ side: PolicySide, _ index: NetworkPolicyIndex) {
        guard let policy = index.policies[side.policy], let number = policies.number(side) else { return }
        let rules = policy.rules(side.direction) ?? []
        let former = policyContent[side]
        var content = PolicyContent(keys: acquireKeys(of: rules, index), ports: acquirePorts(of: rules, index))
        for key in content.keys { mentioning[key, default: [:]][side, default: 0] += 1 }
        var written: [Rule] = []
        for rule in rules {
            var reference = policy.object
            reference.path = rule.path
            let statements: [Statement]
            switch rule.action {
            case .allow: statements = [.accept]
            case .pass: statements = [.mark(.passed), .return]
            case .deny, .log:
                let note = Note(side.direction, isDenial: rule.action == .deny, .rule(reference, tier: policy.tier))
                content.notes.append(note)
                statements = [.log(acquire(note))] + (rule.action == .deny ? [.drop] : [])
            }
            for match in rule.matches { written += compiler.conditions(match).map { Rule($0, statements) } }
        }
        policyContent[side] = content
        let object = policy.object
        let comment = "\(side.direction.rawValue) \(object.kind) \(object.namespace.isEmpty ? "" : object.namespace + "/")\(object.name)"
        put(Chain(comment: comment, written), at: PolicyContent.name(number, side.direction))
        if let former { release(former, side) }
    }

    private mutating func release(_ side: PolicySide) {
        guard let number = policies.release(side), let content = policyContent.removeValue(forKey: side) else { return }
        put(nil as Chain?, at: PolicyContent.name(number, side.direction))
        release(content, side)
    }

    private mutating func release(_ content: PolicyContent, _ side: PolicySide) {
        for key in content.keys {
            let left = (mentioning[key]?[side] ?? 0) - 1
            mentioning[key]?[side] = left > 0 ? left : nil
            if mentioning[key]?.isEmpty == true { mentioning[key] = nil }
        }
        releaseKeys(content.keys)
        releasePorts(content.ports)
        for note in content.notes { release(note) }
    }

    private mutating func acquire(_ note: Note) -> Int {
        let number = BaseChains.firstFreeNote + notes.acquire(note).number
        put(note, at: number)
        return number
    }

    private mutating func release(_ note: Note) {
        if let number = notes.release(note) { put(nil as Note?, at: BaseChains.firstFreeNote + number) }
    }

    // MARK: Shared sets

    private var compiler: MatchCompiler {
        MatchCompiler(
            addresses: { Self.setName("s", selectors.number($0), $1) },
            networks: { networked[$0]?.contains($1) == true ? Self.setName("n", selectors.number($0), $1) : nil },
            namedPorts: { Self.setName("p", ports.number($0), $1) })
    }

    private static func setName(_ letter: String, _ number: Int?, _ family: IPAddress.Family) -> String {
        "\(letter)\(number ?? 0)v\(family.rawValue)"
    }

    private mutating func acquireKeys(of rules: [TrafficRule], _ index: NetworkPolicyIndex) -> [SelectorSetKey] {
        let ends = rules.flatMap(\.matches).flatMap { [$0.source, $0.destination] }
        let keys = Array(Set(ends.flatMap { $0.sets + $0.exceptSets }))
        for key in keys where selectors.acquire(key).isNew { _ = fill(key, index) }
        return keys
    }

    private mutating func releaseKeys(_ keys: [SelectorSetKey]) {
        for key in keys {
            guard let number = selectors.release(key) else { continue }
            networked[key] = nil
            for letter in ["s", "n"] {
                for family in [IPAddress.Family.v4, .v6] { put(nil as NamedSet?, at: Self.setName(letter, number, family)) }
            }
        }
    }

    /// Brings single addresses of a selector's set up to date.
    private mutating func refresh(_ key: SelectorSetKey, _ addresses: Set<IPAddress>, _ index: NetworkPolicyIndex) {
        for address in addresses {
            let set = Self.setName("s", selectors.number(key), address.family)
            if index.sets[key]?.addresses[address] != nil {
                insert([.address(address)], into: set)
            } else {
                remove([.address(address)], from: set)
            }
        }
    }

    /// Makes the sets of a selector hold its members; true when there are networks of a family where there were none,
    /// or the reverse.
    private mutating func fill(_ key: SelectorSetKey, _ index: NetworkPolicyIndex) -> Bool {
        let members = index.sets[key]
        var families = Set<IPAddress.Family>()
        for family in [IPAddress.Family.v4, .v6] {
            let number = selectors.number(key)
            let addresses = (members?.addresses.keys).map { $0.filter { $0.family == family } } ?? []
            put(
                NamedSet([.address(family)], comment: "\(key)", Set(addresses.map { [.address($0)] })), at: Self.setName("s", number, family))
            let networks = ((members?.networks.keys).map { $0.filter { $0.address.family == family } } ?? []).disjoint()
            let name = Self.setName("n", number, family)
            if networks.isEmpty {
                put(nil as NamedSet?, at: name)
            } else {
                families.insert(family)
                var set = NamedSet([.address(family)], comment: "\(key)", Set(networks.map { [.network($0)] }))
                set.isInterval = true
                put(set, at: name)
            }
        }
        let isOther = networked[key, default: []] != families
        networked[key] = families.isEmpty ? nil : families
        return isOther
    }

    private mutating func acquirePorts(of rules: [TrafficRule], _ index: NetworkPolicyIndex) -> [String] {
        let ends = rules.flatMap(\.matches).flatMap { [$0.source, $0.destination] }
        var names = Set<String>()
        for case .named(let name) in ends.flatMap({ ($0.ports ?? []) + $0.exceptPorts }) { names.insert(name) }
        for name in names where ports.acquire(name).isNew {
            for family in [IPAddress.Family.v4, .v6] {
                put(
                    NamedSet([.address(family), .transport, .port], comment: "port \(name)"), at: Self.setName("p", ports.number(name), family))
            }
            for endpoint in index.endpoints.values { enterPorts(of: endpoint, [name]) }
        }
        return Array(names)
    }

    private mutating func releasePorts(_ names: [String]) {
        for name in names {
            guard let number = ports.release(name) else { continue }
            portElements[name] = nil
            for family in [IPAddress.Family.v4, .v6] { put(nil as NamedSet?, at: Self.setName("p", number, family)) }
        }
    }

    private mutating func refreshPorts(of id: EndpointID, _ index: NetworkPolicyIndex) {
        let addresses = portAddresses.removeValue(forKey: id) ?? []
        for name in portElements.keys {
            for port in portElements[name]?.removeValue(forKey: id) ?? [] {
                change(name, port, addresses, isThere: false)
            }
        }
        if let endpoint = index.endpoints[id] { enterPorts(of: endpoint, Set(endpoint.ports.map(\.name))) }
    }

    private mutating func enterPorts(of endpoint: PolicyEndpoint, _ names: Set<String>) {
        let addresses = endpoint.networks.filter(\.isSingle).map(\.address)
        for port in endpoint.ports where names.contains(port.name) && ports.number(port.name) != nil {
            portElements[port.name, default: [:]][endpoint.id, default: []].append(port)
            portAddresses[endpoint.id] = addresses
            change(port.name, port, addresses, isThere: true)
        }
    }

    private mutating func change(
        _ name: String, _ port: PolicyEndpoint.NamedPort, _ addresses: [IPAddress], isThere: Bool
    ) {
        for address in addresses {
            let set = Self.setName("p", ports.number(name), address.family)
            let element: [FieldValue] = [.address(address), .number(UInt16(port.transport)), .number(port.port)]
            if isThere { insert(element, into: set) } else { remove(element, from: set) }
        }
    }
}

// MARK: What is shared

/// The rules of a policy in one direction.
struct PolicySide: Hashable, Sendable {
    var policy: RuleReference
    var direction: TrafficDirection
}

/// What the chain of a policy holds on to.
struct PolicyContent: Sendable {
    var keys: [SelectorSetKey]
    var ports: [String]
    var notes: [Note] = []

    static func name(_ number: Int, _ direction: TrafficDirection) -> String {
        "\(direction == .ingress ? "in" : "out")\(number)"
    }
}

/// Everything that decides about the packets of a pod in one direction. Pods with equal groups share chains.
struct RuleGroup: Hashable, Sendable {
    var direction: TrafficDirection
    var tiers: [ResolvedRules.Tier]
    var profiles: [TrafficProfile]
    /// For each policy whether it has rules that let it matter, and may pass: what the group's chain depends on.
    var shape: [Bool?]

    init(_ index: NetworkPolicyIndex, _ id: EndpointID, _ direction: TrafficDirection, toOwnNode: Bool) {
        // A pod that the index does not know has no rules yet, which is not the same as rules that allow.
        let rules =
            index.endpoints[id] == nil ? ResolvedRules(tiers: [], profiles: []) : index.rules(for: id, direction)
        self.direction = direction
        profiles = rules.profiles
        tiers = rules.tiers.compactMap { tier in
            var tier = tier
            if toOwnNode { tier.policies.removeAll { index.policies[$0]?.sparesOwnNode == true } }
            return tier.policies.isEmpty ? nil : tier
        }
        shape = tiers.flatMap(\.policies).map { policy in
            guard let rules = index.policies[policy]?.rules(direction), !rules.isEmpty else { return nil }
            return rules.contains { $0.action == .pass }
        }
    }
}

/// The chains of a group, and what they hold on to.
struct GroupContent: Sendable {
    let number: Int
    let direction: TrafficDirection
    var chains: [[Rule]] = [[]]
    var policies: [PolicySide] = []
    var keys: [SelectorSetKey] = []
    var ports: [String] = []
    var notes: [Note] = []

    init(number: Int, direction: TrafficDirection) {
        self.number = number
        self.direction = direction
    }

    mutating func add(_ rule: Rule) { chains[chains.count - 1].append(rule) }
    mutating func next() { chains.append([]) }
    static func name(_ number: Int, _ position: Int) -> String { "group\(number)t\(position)" }
}
