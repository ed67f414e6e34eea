import NetworkPolicy

/// The chains that the kernel asks, and the sets that only the node itself decides.
///
/// A packet between pods passes `guard`, then at the forward hook `egress`, which asks the sender's policies, and
/// `ingress`, which asks the receiver's. They are two chains of the kernel so that "accept" in a policy ends one side
/// and not the other, and a policy's chain can be shared by all pods that it governs.
enum BaseChains {
    /// Names of the fixed sets and maps.
    enum Name {
        static let interfaces = "pods"
        static func addresses(_ family: IPAddress.Family) -> String { "pods\(family.rawValue)" }
        static func nodeAddresses(_ family: IPAddress.Family) -> String { "node\(family.rawValue)" }
        /// The addresses that nothing from outside may have as its source.
        static func ownAddresses(_ family: IPAddress.Family) -> String { "own\(family.rawValue)" }
        static func podNetworks(_ family: IPAddress.Family) -> String { "podnets\(family.rawValue)" }
        static func serviceNetworks(_ family: IPAddress.Family) -> String { "servicenets\(family.rawValue)" }
        static let uplinks = "uplinks"
        static let loops = "loops"
        static let fromPods = "frompods"
        static let toNode = "tonode"
        static let toPods = "topods"
        static func services(_ family: IPAddress.Family) -> String { "services\(family.rawValue)" }
        static func nodePorts(_ family: IPAddress.Family) -> String { "nodeports\(family.rawValue)" }
        static func hostPorts(_ family: IPAddress.Family) -> String { "hostports\(family.rawValue)" }
        static func externals(_ family: IPAddress.Family) -> String { "externals\(family.rawValue)" }
        static func refusals(_ family: IPAddress.Family) -> String { "refusals\(family.rawValue)" }
    }

    /// The notes that the fixed chains make, by their numbers; those of policies come after them.
    static let notes: [Int: Note] = [
        1: Note(nil, isDenial: true, .foreignSource), 2: Note(nil, isDenial: true, .unknownInterface),
        3: Note(nil, isDenial: true, .unknownDestination),
    ]
    static let firstFreeNote = 10

    private static let families: [IPAddress.Family] = [.v4, .v6]

    /// The table of a node without pods, policies and services.
    static func ruleset(_ node: NodeView) -> Ruleset {
        var ruleset = Ruleset()
        ruleset.notes = notes
        ruleset.sets[Name.interfaces] = NamedSet([.interface], comment: "the node's ends of the pods' links")
        ruleset.sets[Name.uplinks] = NamedSet(
            [.interface], comment: "the ways out of the node", Set(node.uplinks.map { [.interface($0)] }))
        ruleset.sets[Name.loops] = NamedSet([.interface, .interface], comment: "from a pod to itself")
        for map in [Name.fromPods, Name.toNode, Name.toPods] { ruleset.maps[map] = VerdictMap([.interface]) }
        for family in families {
            let type = FieldType.address(family)
            let own = Set(node.addresses.filter { $0.family == family }.map { [FieldValue.address($0)] })
            ruleset.sets[Name.addresses(family)] = NamedSet([.interface, type], comment: "the addresses of the pods")
            ruleset.sets[Name.nodeAddresses(family)] = NamedSet([type], comment: "the addresses of the node", own)
            ruleset.sets[Name.ownAddresses(family)] = NamedSet(
                [type], comment: "the addresses of the node and its pods", own)
            ruleset.sets[Name.podNetworks(family)] = networks(node.podNetworks, family, "the pods of the cluster")
            ruleset.sets[Name.serviceNetworks(family)] = networks(
                node.serviceNetworks, family, "the services of the cluster")
            ruleset.maps[Name.services(family)] = VerdictMap([type, .transport, .port])
            ruleset.maps[Name.externals(family)] = VerdictMap([type, .transport, .port])
            ruleset.maps[Name.nodePorts(family)] = VerdictMap([.transport, .port])
            ruleset.maps[Name.hostPorts(family)] = VerdictMap([.transport, .port])
            ruleset.sets[Name.refusals(family)] = NamedSet([type, .transport, .port], comment: "services without pods")
        }
        ruleset.chains = chains(node)
        return ruleset
    }

    private static func networks(_ all: [IPNetwork], _ family: IPAddress.Family, _ comment: String) -> NamedSet {
        let own = all.filter { $0.address.family == family }.disjoint()
        var set = NamedSet([.address(family)], comment: comment, Set(own.map { [.network($0)] }))
        set.isInterval = true
        return set
    }

    private static func hook(_ place: Chain.Hook.Place, _ kind: Chain.Hook.Kind, _ priority: Int, accepts: Bool)
        -> Chain.Hook
    {
        Chain.Hook(place: place, kind: kind, priority: priority, accepts: accepts)
    }

    private static func chains(_ node: NodeView) -> [String: Chain] {
        [
            "guard": Chain(hook: hook(.prerouting, .filter, -300, accepts: true), guardian(node)),
            "egress": Chain(hook: hook(.forward, .filter, 0, accepts: false), egress(node)),
            "ingress": Chain(hook: hook(.forward, .filter, 1, accepts: false), ingress(node)),
            "input": Chain(hook: hook(.input, .filter, 0, accepts: true), input()),
            "services": Chain(hook: hook(.prerouting, .nat, -100, accepts: true), services()),
            "ownrefusals": Chain(hook: hook(.output, .filter, 0, accepts: true), refusals()),
            "ownservices": Chain(hook: hook(.output, .nat, -100, accepts: true), services()),
            "sources": Chain(hook: hook(.postrouting, .nat, 100, accepts: true), sources(node)),
        ]
    }

    /// Interface and source address must agree, before anything else looks at the packet.
    private static func guardian(_ node: NodeView) -> [Rule] {
        let neighbours: [FieldValue] = [
            .network(IPNetwork(IPAddress(family: .v6, high: 0xFE80_0000_0000_0000, low: 0), prefixLength: 10)),
            .address(IPAddress(family: .v6, high: 0, low: 0)),
        ]
        var rules = [Rule([.equals(.inInterface, .interface("lo"))], .accept)]
        for family in families {
            rules.append(Rule([.isIn([.inInterface, .source(family)], set: Name.addresses(family))], .accept))
        }
        // A pod asks for its gateway; what it answers changes nothing, since the node does not learn from it. Routers
        // and redirects are not for pods to announce.
        rules.append(
            Rule(
                [
                    .isIn([.inInterface], set: Name.interfaces), .among(.source(.v6), neighbours),
                    .equals(.transport, 58),
                    .among(.icmpType, [.number(135), .number(136)]), .equals(.hopLimit, 255),
                ], .accept))
        // Any kernel sends these by itself; they are no news.
        rules.append(Rule([.isIn([.inInterface], set: Name.interfaces), .among(.source(.v6), neighbours)], .drop))
        rules.append(Rule([.isIn([.inInterface], set: Name.interfaces)], .log(1), .drop))
        if !node.toleratesOtherInterfaces {
            rules.append(Rule([.isNotIn([.inInterface], set: Name.uplinks)], .log(2), .drop))
        }
        for family in families {
            rules.append(Rule([.isIn([.source(family)], set: Name.ownAddresses(family))], .log(1), .drop))
        }
        return rules
    }

    private static func egress(_ node: NodeView) -> [Rule] {
        var rules = [
            Rule([.isEstablished], .accept), Rule([.isInvalid], .drop),
            // A connection that was cut must not come back as a new one of the other direction.
            Rule([.isIn([.inInterface], set: Name.interfaces), .continuesUnknownConnection], .drop),
            Rule([.isIn([.outInterface], set: Name.interfaces), .continuesUnknownConnection], .drop),
        ]
        rules += refusals()
        rules.append(Rule([.isIn([.inInterface, .outInterface], set: Name.loops)], .mark(.masquerade), .accept))
        rules.append(Rule([], .dispatch([.inInterface], map: Name.fromPods)))
        rules.append(Rule([.isIn([.inInterface], set: Name.uplinks)], .accept))
        rules.append(
            node.toleratesOtherInterfaces
                ? Rule([.isNotIn([.outInterface], set: Name.interfaces)], .accept) : Rule([], .log(2), .drop))
        if node.toleratesOtherInterfaces { rules.append(Rule([], .log(2), .drop)) }
        return rules
    }

    private static func ingress(_ node: NodeView) -> [Rule] {
        var rules = [
            Rule([.isEstablished], .accept), Rule([.isIn([.inInterface, .outInterface], set: Name.loops)], .accept),
            Rule([], .dispatch([.outInterface], map: Name.toPods)),
            Rule([.isIn([.outInterface], set: Name.uplinks)], .accept),
        ]
        rules.append(
            node.toleratesOtherInterfaces
                ? Rule([.isNotIn([.outInterface], set: Name.interfaces)], .accept) : Rule([], .log(3), .drop))
        if node.toleratesOtherInterfaces { rules.append(Rule([], .log(3), .drop)) }
        return rules
    }

    /// What pods send to their own node.
    private static func input() -> [Rule] {
        [
            Rule([.isNotIn([.inInterface], set: Name.interfaces)], .accept), Rule([.isEstablished], .accept),
            Rule([.isInvalid], .drop),
            Rule([.continuesUnknownConnection], .drop),
            Rule(
                [.equals(.transport, 58), .among(.icmpType, [.number(135), .number(136)]), .equals(.hopLimit, 255)],
                .accept),
            Rule([], .dispatch([.inInterface], map: Name.toNode)), Rule([], .log(2), .drop),
        ]
    }

    /// What was led to no pod, and is still on its way to a service.
    private static func refusals() -> [Rule] {
        families.flatMap { family in
            [
                Rule([.isIn([.destination(family)], set: Name.serviceNetworks(family))], .reject),
                Rule([.isIn([.destination(family), .transport, .destinationPort], set: Name.refusals(family))], .reject),
            ]
        }
    }

    /// Addresses from outside come last: nobody who may write a service takes over an address of the cluster with them.
    private static func services() -> [Rule] {
        families.flatMap { family in
            let whole: [PacketField] = [.destination(family), .transport, .destinationPort]
            let port: [PacketField] = [.transport, .destinationPort]
            let toNode = Condition.isIn([.destination(family)], set: Name.nodeAddresses(family))
            return [
                Rule([], .dispatch(whole, map: Name.services(family))),
                Rule([toNode], .dispatch(port, map: Name.hostPorts(family))),
                Rule([toNode], .dispatch(port, map: Name.nodePorts(family))),
                Rule([], .dispatch(whole, map: Name.externals(family))),
            ]
        }
    }

    private static func sources(_ node: NodeView) -> [Rule] {
        var rules = [Rule([.isMarked(.masquerade)], .masquerade)]
        guard node.masquerades else { return rules }
        for family in families {
            rules.append(
                Rule(
                    [
                        .isIn([.outInterface], set: Name.uplinks),
                        .isIn([.source(family)], set: Name.ownAddresses(family)),
                        .isNotIn([.source(family)], set: Name.nodeAddresses(family)),
                        .isNotIn([.destination(family)], set: Name.podNetworks(family)),
                        .isNotIn([.destination(family)], set: Name.nodeAddresses(family)),
                    ], .masquerade))
        }
        return rules
    }
}
