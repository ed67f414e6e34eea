import PolicyModel

/// Ports that a host endpoint never closes, so that nobody locks himself out.
public struct FailsafePorts: Hashable, Sendable {
    /// One protocol and port.
    public struct Port: Hashable, Sendable {
        /// The number of the protocol.
        public var transport: UInt8
        /// The port.
        public var port: UInt16
        /// A port; the protocol by its number.
        public init(_ transport: UInt8, _ port: UInt16) {
            self.transport = transport
            self.port = port
        }
    }
    /// Open for what comes in.
    public var ingress: Set<Port>
    /// Open for what goes out.
    public var egress: Set<Port>

    /// The ports in each direction.
    public init(ingress: Set<Port>, egress: Set<Port>) {
        self.ingress = ingress
        self.egress = egress
    }

    private static let shared: [Port] = [179, 2379, 2380, 5473, 6443, 6666, 6667].map { Port(6, $0) }
    /// Calico's own.
    public static let standard = FailsafePorts(
        ingress: Set(shared + [Port(6, 22), Port(17, 68)]), egress: Set(shared + [Port(17, 53), Port(17, 67)]))
}

/// Decides about packets. Pure: the same index and packet give the same answer.
public struct NetworkPolicyEvaluator: Sendable {
    /// What decides.
    public var index: NetworkPolicyIndex
    /// The ports that host endpoints keep open.
    public var failsafe: FailsafePorts

    /// An evaluator over `index`.
    public init(_ index: NetworkPolicyIndex, failsafe: FailsafePorts = .standard) {
        self.index = index
        self.failsafe = failsafe
    }

    /// Decides about a packet from its source's endpoint to its destination's: each direction apart, both must allow.
    public func decide(_ packet: Packet) -> PacketDecision {
        let senders = governed(packet.source)
        let receivers = governed(packet.destination)
        if let id = senders.first(where: receivers.contains), case .pod = id {
            return answer([TrafficVerdict(.ingress, true, .loopback)], packet)
        }
        return answer(
            senders.map { verdict($0, .egress, packet) } + receivers.map { verdict($0, .ingress, packet) }, packet)
    }

    /// Decides about a packet that a host forwards, on its way in or out through the host endpoint `host`.
    public func decide(_ packet: Packet, forwardedThrough host: String, _ direction: TrafficDirection) -> PacketDecision {
        answer([hostVerdict(.host(host), direction, packet, forwarded: true)], packet)
    }

    private func governed(_ address: IPAddress) -> [EndpointID] {
        index.owners(of: address).filter {
            switch $0 {
            case .pod, .host: true
            case .networkSet, .node: false
            }
        }.sorted { "\($0)" < "\($1)" }
    }

    private func answer(_ verdicts: [TrafficVerdict], _ packet: Packet) -> PacketDecision {
        let violations = verdicts.filter { !$0.isAllowed }.map { $0.violation(packet) }
        let decision: Decision
        if let first = violations.first {
            decision = .deny(first, also: Array(violations.dropFirst()))
        } else {
            decision = .allow(by: verdicts.compactMap(\.reference))
        }
        return PacketDecision(verdicts: verdicts, decision: decision)
    }

    private func verdict(_ id: EndpointID, _ direction: TrafficDirection, _ packet: Packet) -> TrafficVerdict {
        guard case .pod = id else { return hostVerdict(id, direction, packet, forwarded: false) }
        let isOwnNode = isOwnNode(id, direction == .ingress ? packet.source : packet.destination)
        if isOwnNode, direction == .ingress { return TrafficVerdict(.ingress, true, .ownNode) }
        var walk = TierWalk(index: index, direction: direction, packet: packet, toOwnNode: isOwnNode)
        let rules = index.rules(for: id, direction)
        return walk.tiers(rules) ?? walk.profiles(rules) ?? walk.denied(.noProfile)
    }

    private func isOwnNode(_ id: EndpointID, _ address: IPAddress) -> Bool {
        guard let node = index.endpoints[id]?.node, let endpoint = index.endpoints[.node(node)] else { return false }
        return endpoint.networks.contains { $0.contains(address) }
    }

    private func hostVerdict(
        _ id: EndpointID, _ direction: TrafficDirection, _ packet: Packet, forwarded: Bool
    ) -> TrafficVerdict {
        var walk = TierWalk(index: index, direction: direction, packet: packet, toOwnNode: false)
        let isSafe = (direction == .ingress ? failsafe.ingress : failsafe.egress)
            .contains(.init(packet.transport, packet.destinationPort))
        // The early stages keep the failsafe ports open for forwarded packets too, by leaving them to the next stage.
        if isSafe, !forwarded { return TrafficVerdict(direction, true, .failsafe) }
        for stage in [TrafficPolicy.Stage.untracked, .beforeDNAT] where !isSafe {
            let rules = index.rules(for: id, direction, stage: stage)
            if let verdict = walk.tiers(rules, endsTiers: false) { return verdict }
        }
        let rules = index.rules(for: id, direction, forwarded: forwarded)
        if let verdict = walk.tiers(rules) { return verdict }
        if forwarded { return TrafficVerdict(direction, true, .forwardDefault) }
        return walk.profiles(rules) ?? walk.denied(.hostDefault)
    }
}
