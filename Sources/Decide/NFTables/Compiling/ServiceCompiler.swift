import NetworkPolicy

extension RulesetCompiler {
    /// Makes the table serve exactly these ports.
    public mutating func set(services wanted: Set<ServicePort>) {
        let present = Set(services.keys)
        update(services: wanted.subtracting(present), removing: present.subtracting(wanted))
    }

    /// Makes the table serve some ports more, and others no longer. Costs what these are, not what there is.
    public mutating func update(services new: Set<ServicePort>, removing former: Set<ServicePort>) {
        // New ones first: what both hold on to, such as the clients that a backend has, stays.
        for service in new.sorted(by: { $0.name < $1.name }) where services[service] == nil { add(service) }
        for service in former.subtracting(new) { remove(service) }
    }

    private mutating func add(_ service: ServicePort) {
        let number = serviceNames.acquire(service).number
        var content = ServiceContent()
        for family in [IPAddress.Family.v4, .v6] {
            let backends = service.backends.filter { $0.address.family == family }
            if let place = service.hostPort {
                addHostPort(place, service, "h\(number)v\(family.rawValue)", family, backends, &content)
                continue
            }
            let cluster = "b\(number)v\(family.rawValue)"
            let inside = service.keepsInternalTrafficLocal ? backends.filter(\.isLocal) : backends
            if !backends.isEmpty { addChain(cluster, service, family, inside.lasting, &content) }
            enter(service.addresses, family, service, backends.isEmpty ? nil : cluster, BaseChains.Name.services(family), &content)
            addOutside(service, number, family, backends, cluster, &content)
        }
        for (map, key, chain) in content.elements { claim(key, of: map, for: chain, of: service.name) }
        for (set, element) in content.refusals { refuse(element, in: set) }
        services[service] = content
    }

    /// The ports of the node, and the addresses that lead to the service from outside.
    private mutating func addOutside(
        _ service: ServicePort, _ number: Int, _ family: IPAddress.Family, _ backends: [ServicePort.Backend], _ cluster: String,
        _ content: inout ServiceContent
    ) {
        let hasAddresses = (service.externalAddresses + service.balancerAddresses).contains { $0.family == family }
        guard service.nodePort != nil || hasAddresses else { return }
        let outside = "o\(number)v\(family.rawValue)"
        let chain = backends.isEmpty ? nil : outside
        if !backends.isEmpty {
            let reachable = (service.isLocalOnly ? backends.filter(\.isLocal) : backends).lasting
            var first: [Rule] = []
            if service.isLocalOnly {
                // Who is in the cluster need not come back the same way, and reaches every pod.
                first = [BaseChains.Name.podNetworks(family), BaseChains.Name.nodeAddresses(family)].map {
                    Rule([.isIn([.source(family)], set: $0)], .goto(cluster))
                }
            }
            // Another node would answer the client directly, which knows nothing of it.
            if !reachable.allSatisfy(\.isLocal) { first.append(Rule([], .mark(.masquerade))) }
            addChain(outside, service, family, reachable, &content, first: first)
        }
        if let port = service.nodePort, let chain {
            let key: [FieldValue] = [.number(UInt16(service.transport)), .number(port)]
            content.elements.append((BaseChains.Name.nodePorts(family), key, chain))
        }
        enter(service.externalAddresses, family, service, chain, BaseChains.Name.externals(family), &content)
        var guarded = chain
        if let ranges = service.sourceRanges, chain != nil {
            let own = ranges.filter { $0.address.family == family }.disjoint()
            let name = "l\(number)v\(family.rawValue)"
            let isAll = own.first?.prefixLength == 0
            let others: [Condition] = own.isEmpty ? [] : [.notAmong(.source(family), own.map { .network($0) })]
            let rules = (isAll ? [] : [Rule(others, .drop)]) + [Rule([], .goto(outside))]
            content.chains.append(name)
            put(Chain(comment: "balancer of \(service.name)", rules), at: name)
            guarded = name
        }
        enter(service.balancerAddresses, family, service, guarded, BaseChains.Name.externals(family), &content)
    }

    /// Leads addresses to a chain; without one they refuse.
    private func enter(
        _ addresses: [IPAddress], _ family: IPAddress.Family, _ service: ServicePort, _ chain: String?, _ map: String,
        _ content: inout ServiceContent
    ) {
        for address in addresses where address.family == family {
            let key: [FieldValue] = [.address(address), .number(UInt16(service.transport)), .number(service.port)]
            if let chain {
                content.elements.append((map, key, chain))
            } else {
                content.refusals.append((BaseChains.Name.refusals(family), key))
            }
        }
    }

    private mutating func addHostPort(
        _ place: ServicePort.HostPortPlace, _ service: ServicePort, _ name: String, _ family: IPAddress.Family,
        _ backends: [ServicePort.Backend], _ content: inout ServiceContent
    ) {
        if backends.isEmpty { return }
        let transport = FieldValue.number(UInt16(service.transport))
        switch place {
        case .node: content.elements.append((BaseChains.Name.hostPorts(family), [transport, .number(service.port)], name))
        case .address(let address):
            // Whoever may write a pod must not take over an address that is not the node's.
            guard address.family == family, node.addresses.contains(address) else { return }
            let key: [FieldValue] = [.address(address), transport, .number(service.port)]
            content.elements.append((BaseChains.Name.services(family), key, name))
        }
        addChain(name, service, family, backends, &content)
    }

    /// Leads a key to a chain, when nobody was there before: whoever comes later does not take an address or a port over.
    private mutating func claim(_ key: [FieldValue], of map: String, for chain: String, of owner: String) {
        let place = MapKey(map: map, key: key)
        var all = claims[place] ?? []
        // A service that changes keeps its turn.
        let turn = all.lastIndex { $0.owner == owner }.map { $0 + 1 } ?? all.count
        all.insert(MapClaim(owner: owner, chain: chain), at: turn)
        claims[place] = all
        lead(key, of: map, to: all[0].chain)
    }

    private mutating func disclaim(_ key: [FieldValue], of map: String, for chain: String) {
        let place = MapKey(map: map, key: key)
        claims[place]?.removeAll { $0.chain == chain }
        if claims[place]?.isEmpty == true { claims[place] = nil }
        lead(key, of: map, to: claims[place]?.first?.chain)
    }

    private mutating func refuse(_ element: [FieldValue], in set: String) {
        refusals[element, default: 0] += 1
        insert(element, into: set)
    }

    private mutating func addChain(
        _ name: String, _ service: ServicePort, _ family: IPAddress.Family, _ backends: [ServicePort.Backend],
        _ content: inout ServiceContent, first: [Rule] = []
    ) {
        var rules = first
        let targets = backends.map { Statement.Backend(address: $0.address, port: $0.port) }
        let transport = Condition.equals(.transport, service.transport)
        if targets.isEmpty {
            // There are pods, and none that this traffic may reach: whoever asks tries another node.
            rules.append(Rule([], .drop))
        } else if let seconds = service.affinity, targets.count > 1 {
            var sets: [String] = []
            // Clients that are known stay; a new one is remembered by the chain of the backend that it got.
            for target in targets {
                let member = AffinityMember(service: service.name, target: target, seconds: seconds)
                let set = "a\(memberNames.acquire(member).number)v\(family.rawValue)"
                content.members.append((member, set))
                sets.append(set)
                if ruleset.sets[set] == nil {
                    var clients = NamedSet([.address(family)], comment: "clients of \(target.address)")
                    clients.timeout = seconds
                    put(clients, at: set)
                }
                rules.append(
                    Rule([transport, .isIn([.source(family)], set: set)], .remember(family, set: set), .toBackend(family, [target])))
            }
            for (position, target) in targets.enumerated() {
                let left = targets.count - position
                let chance: [Condition] = left > 1 ? [.oneIn(left)] : []
                rules.append(Rule([transport] + chance, .remember(family, set: sets[position]), .toBackend(family, [target])))
            }
        } else {
            rules.append(Rule([transport], .toBackend(family, targets)))
        }
        content.chains.append(name)
        put(Chain(comment: "service \(service.name)", rules), at: name)
    }

    private mutating func remove(_ service: ServicePort) {
        guard let content = services.removeValue(forKey: service) else { return }
        for (map, key, chain) in content.elements { disclaim(key, of: map, for: chain) }
        for (set, element) in content.refusals {
            let left = (refusals[element] ?? 0) - 1
            refusals[element] = left > 0 ? left : nil
            if left <= 0 { remove(element, from: set) }
        }
        for chain in content.chains { put(nil as Chain?, at: chain) }
        for (member, set) in content.members where memberNames.release(member) != nil { put(nil as NamedSet?, at: set) }
        _ = serviceNames.release(service)
    }
}

extension [ServicePort.Backend] {
    /// Those that stay; those that are about to go where there are no others.
    fileprivate var lasting: [ServicePort.Backend] {
        let staying = filter { !$0.isLast }
        return staying.isEmpty ? self : staying
    }
}

/// What a service port put into the table.
struct ServiceContent: Sendable {
    var chains: [String] = []
    var members: [(AffinityMember, set: String)] = []
    var elements: [(map: String, key: [FieldValue], chain: String)] = []
    var refusals: [(set: String, element: [FieldValue])] = []
}

/// One key of one map.
struct MapKey: Hashable, Sendable {
    var map: String
    var key: [FieldValue]
}

/// Who wants a key of a map.
struct MapClaim: Sendable {
    var owner: String
    var chain: String
}

/// The clients of one backend of one service.
struct AffinityMember: Hashable, Sendable {
    var service: String
    var target: Statement.Backend
    var seconds: Int
}
