import NetworkPolicy

/// Turns the conditions of one rule into rules of the table.
struct MatchCompiler {
    /// The name of the hash set of a selector's addresses.
    let addresses: (SelectorSetKey, IPAddress.Family) -> String
    /// The name of the interval set of a selector's networks; nil when it has none of the family.
    let networks: (SelectorSetKey, IPAddress.Family) -> String?
    /// The name of the set of the ports with a name.
    let namedPorts: (String, IPAddress.Family) -> String

    /// How many networks or ranges of ports are written one by one. libnftables reads every set of intervals back before it
    /// changes an element of any set, those without a name too: a rule with such a set makes each change of a pod dearer.
    private static let mostSingly = 4

    /// The protocols that have ports.
    static let withPorts: [FieldValue] = [6, 17, 132, 136].map { .number($0) }

    /// Lists of conditions: the match holds when every condition of one of the lists does. Empty when it never holds.
    func conditions(_ match: TrafficMatch) -> [[Condition]] {
        guard let general = general(match) else { return [] }
        if !needsFamily(match) {
            let family: [Condition] = match.family.map { [.equals(.family, $0.rawValue)] } ?? []
            guard let ends = ends(match, .v4) else { return [] }
            return product([[family]] + general + ends)
        }
        var lists: [[Condition]] = []
        for family in [IPAddress.Family.v4, .v6] where match.family.map({ $0 == family }) ?? true {
            guard let ends = ends(match, family) else { continue }
            // Conditions on addresses ask for the family themselves; the first one keeps the others from reading a
            // header of the wrong kind.
            lists += product([[[.equals(.family, family.rawValue)]]] + general + ends)
        }
        return lists
    }

    private func product(_ groups: [[[Condition]]]) -> [[Condition]] {
        groups.reduce([[]]) { lists, group in lists.flatMap { list in group.map { list + $0 } } }
    }

    private func needsFamily(_ match: TrafficMatch) -> Bool {
        [match.source, match.destination].contains { end in
            let ports = (end.ports ?? []) + end.exceptPorts
            let isNamed = ports.contains { if case .named = $0 { true } else { false } }
            return !end.sets.isEmpty || !end.exceptSets.isEmpty || end.networks != nil || !end.exceptNetworks.isEmpty
                || isNamed
        }
    }

    private func general(_ match: TrafficMatch) -> [[[Condition]]]? {
        var groups: [[[Condition]]] = []
        if let transport = match.transport {
            if transport == match.notTransport { return nil }
            groups.append([[.equals(.transport, transport)]])
        }
        if let transport = match.notTransport { groups.append([[.notAmong(.transport, [.number(UInt16(transport))])]]) }
        if let icmp = match.icmp {
            groups.append([[.equals(.icmpType, icmp.type)] + (icmp.code.map { [.equals(.icmpCode, $0)] } ?? [])])
        }
        if let icmp = match.notICMP {
            var group: [[Condition]] = [[.notAmong(.icmpType, [.number(UInt16(icmp.type))])]]
            if let code = icmp.code {
                group.append([.equals(.icmpType, icmp.type), .notAmong(.icmpCode, [.number(UInt16(code))])])
            }
            groups.append(group)
        }
        return groups
    }

    private func ends(_ match: TrafficMatch, _ family: IPAddress.Family) -> [[[Condition]]]? {
        guard let source = end(match.source, match.transport, .source(family), .sourcePort, family),
            let destination = end(match.destination, match.transport, .destination(family), .destinationPort, family)
        else { return nil }
        return source + destination
    }

    /// The groups of one end: one list of every group must hold; nil when the end never matches.
    private func end(
        _ peer: PeerMatch, _ transport: UInt8?, _ address: PacketField, _ port: PacketField, _ family: IPAddress.Family
    ) -> [[[Condition]]]? {
        var groups: [[[Condition]]] = []
        for key in peer.sets {
            var group: [[Condition]] = [[.isIn([address], set: addresses(key, family))]]
            if let name = networks(key, family) { group.append([.isIn([address], set: name)]) }
            groups.append(group)
        }
        for key in peer.exceptSets {
            var list: [Condition] = [.isNotIn([address], set: addresses(key, family))]
            if let name = networks(key, family) { list.append(.isNotIn([address], set: name)) }
            groups.append([list])
        }
        if let networks = peer.networks {
            let own = networks.filter { $0.address.family == family }.disjoint()
            guard let first = own.first else { return nil }
            if first.prefixLength > 0 { groups.append(Self.anyOf(address, own.map { .network($0) })) }
        }
        let excepted = peer.exceptNetworks.filter { $0.address.family == family }.disjoint()
        if let first = excepted.first {
            if first.prefixLength == 0 { return nil }
            groups.append([Self.noneOf(address, excepted.map { .network($0) })])
        }
        if let ports = peer.ports {
            guard let group = self.ports(ports, transport, address, port, family) else { return nil }
            groups.append(group)
        }
        if !peer.exceptPorts.isEmpty {
            let (ranges, names) = split(peer.exceptPorts)
            var list = Self.noneOf(port, ranges)
            for name in names { list.append(.isNotIn([address, .transport, port], set: namedPorts(name, family))) }
            groups.append([list])
        }
        return groups
    }

    private func ports(
        _ ports: [PortMatch], _ transport: UInt8?, _ address: PacketField, _ port: PacketField,
        _ family: IPAddress.Family
    ) -> [[Condition]]? {
        let (ranges, names) = split(ports)
        // Without a protocol of the rule's own, the bytes of others must not be taken for ports.
        let guardian: [Condition] = transport == nil ? [.among(.transport, Self.withPorts)] : []
        var group: [[Condition]] = []
        group += Self.anyOf(port, ranges).map { guardian + $0 }
        for name in names {
            group.append(guardian + [.isIn([address, .transport, port], set: namedPorts(name, family))])
        }
        return group.isEmpty ? nil : group
    }

    /// Lists of conditions, of which one holds when the field has one of the values.
    private static func anyOf(_ field: PacketField, _ values: [FieldValue]) -> [[Condition]] {
        let (intervals, plain) = parted(values)
        if intervals.count > mostSingly { return [[.among(field, values)]] }
        return (plain.isEmpty ? [] : [[.among(field, plain)]]) + intervals.map { [.among(field, [$0])] }
    }

    /// Conditions that all hold when the field has none of the values.
    private static func noneOf(_ field: PacketField, _ values: [FieldValue]) -> [Condition] {
        let (intervals, plain) = parted(values)
        if intervals.count > mostSingly { return [.notAmong(field, values)] }
        return (plain.isEmpty ? [] : [.notAmong(field, plain)]) + intervals.map { .notAmong(field, [$0]) }
    }

    private static func parted(_ values: [FieldValue]) -> (intervals: [FieldValue], plain: [FieldValue]) {
        let intervals = values.filter(\.isInterval)
        return (intervals, values.filter { !$0.isInterval })
    }

    private func split(_ ports: [PortMatch]) -> (ranges: [FieldValue], names: [String]) {
        var ranges: [ClosedRange<UInt16>] = []
        var names: [String] = []
        for port in ports {
            switch port {
            case .range(let range): ranges.append(range)
            case .named(let name): names.append(name)
            }
        }
        return (ranges.disjoint().map { .range($0) }, names)
    }
}

extension [IPNetwork] {
    /// The same addresses in networks of which none holds another, in order: a set refuses overlaps.
    func disjoint() -> [IPNetwork] {
        var kept: [IPNetwork] = []
        for network in sorted(by: { $0.prefixLength < $1.prefixLength })
        where !kept.contains(where: { $0.contains(network) }) {
            kept.append(network)
        }
        return kept.sorted {
            ($0.prefixLength, $0.address.high, $0.address.low) < ($1.prefixLength, $1.address.high, $1.address.low)
        }
    }
}

extension [ClosedRange<UInt16>] {
    /// The same ports in ranges that do not touch, in order.
    fileprivate func disjoint() -> [ClosedRange<UInt16>] {
        var merged: [ClosedRange<UInt16>] = []
        for range in sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
                merged[merged.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}
