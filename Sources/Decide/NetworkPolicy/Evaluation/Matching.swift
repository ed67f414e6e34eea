extension NetworkPolicyIndex {
    /// Whether the conditions hold of the packet.
    func holds(_ match: TrafficMatch, _ packet: Packet) -> Bool { misses(match, packet, limit: 1).isEmpty }

    /// What of the conditions does not hold of the packet, in words; at most `limit` of them.
    func misses(_ match: TrafficMatch, _ packet: Packet, limit: Int = .max) -> [String] {
        var misses: [String] = []
        func check(_ isMet: @autoclosure () -> Bool, _ text: @autoclosure () -> String) {
            if misses.count < limit, !isMet() { misses.append(text()) }
        }
        check(match.family.map { $0 == packet.source.family } ?? true, "IP version")
        check(match.transport.map { $0 == packet.transport } ?? true, "protocol \(match.transport.map(TransportNumber.name) ?? "")")
        check(match.notTransport.map { $0 != packet.transport } ?? true, "notProtocol")
        check(match.icmp.map { Self.isSame($0, packet) } ?? true, "ICMP type")
        check(match.notICMP.map { !Self.isSame($0, packet) } ?? true, "notICMP")
        let ends = [
            ("source", match.source, packet.source, packet.sourcePort),
            ("destination", match.destination, packet.destination, packet.destinationPort),
        ]
        for (name, peer, address, port) in ends {
            for key in peer.sets { check(contains(key, address), "\(name) \(address) is not selected by \(key)") }
            for key in peer.exceptSets { check(!contains(key, address), "\(name) \(address) is selected by \(key)") }
            check(peer.networks?.contains { $0.contains(address) } ?? true, "\(name) \(address) is in none of the networks")
            for network in peer.exceptNetworks { check(!network.contains(address), "\(name) \(address) is in \(network)") }
            func isOne(_ ports: PortMatch) -> Bool {
                switch ports {
                case .range(let range): range.contains(port)
                // The rule's protocol, so that a packet of another one misses the protocol alone.
                case .named(let text): isNamed(text, address, match.transport ?? packet.transport, port)
                }
            }
            check(peer.ports?.contains(where: isOne) ?? true, "\(name) port \(port) is not listed")
            check(!peer.exceptPorts.contains(where: isOne), "\(name) port \(port) is excepted")
        }
        return misses
    }

    private static func isSame(_ match: TrafficMatch.ICMP, _ packet: Packet) -> Bool {
        guard let icmp = packet.icmp else { return false }
        return icmp.type == match.type && (match.code.map { $0 == icmp.code } ?? true)
    }
}
