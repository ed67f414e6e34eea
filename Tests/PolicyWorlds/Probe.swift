package import JSONValue
package import NetworkPolicy
import PolicyModel

/// One question of a table or case: may this packet go?
package struct Probe: Sendable {
    package var json: JSON

    package init(_ json: JSON) { self.json = json }

    /// The place that it comes from.
    package var from: String { json["from"]?.string ?? "" }
    /// The place that it goes to.
    package var to: String { json["to"]?.string ?? "" }

    /// The packet that is asked about.
    package func packet(in world: World) throws -> Packet {
        let family: IPAddress.Family = json["family"]?.int == 6 ? .v6 : .v4
        guard let source = world.address(from, family), let destination = world.address(to, family),
            let transport = transports[json["protocol"]?.string ?? "TCP"]
        else { throw UnreadableProbe(text: "\(json)") }
        var packet = Packet(
            source: source, destination: destination, transport: transport, port: UInt16(json["port"]?.int ?? 0))
        packet.sourcePort = UInt16(json["srcPort"]?.int ?? 40000)
        if let type = json["icmpType"]?.int { packet.icmp = (UInt8(type), UInt8(json["icmpCode"]?.int ?? 0)) }
        return packet
    }

    package func answer(_ evaluator: NetworkPolicyEvaluator, in world: World) throws -> PacketDecision {
        let packet = try packet(in: world)
        guard json["forwarded"]?.bool == true else { return evaluator.decide(packet) }
        let isIn = to.hasPrefix("host:")
        return evaluator.decide(
            packet, forwardedThrough: String((isIn ? to : from).dropFirst(5)), isIn ? .ingress : .egress)
    }
}

/// A probe that names no address of the world, or no protocol.
package struct UnreadableProbe: Error {
    package var text: String
}

extension TrafficVerdict {
    /// The ground in the words of the tables: `direction:tier/policy[rule]`.
    package var shownGround: String {
        let text: String
        switch ground {
        case .rule(let rule, let tier, let stage):
            let place = rule.path.rawValue.drop { $0 != "[" }
            text =
                "\(tier)/\(rule.name)\(place)"
                + (stage == .untracked ? " untracked" : stage == .beforeDNAT ? " preDNAT" : "")
        case .endOfTier(let tier): text = "end-of-tier \(tier)"
        case .profile(let name): text = "profile \(name)"
        case .failsafe: text = "failsafe"
        case .hostDefault: text = "host-endpoint-default"
        case .forwardDefault: text = "forward-default"
        case .noProfile: text = "no-profile"
        case .loopback: text = "loopback"
        case .ownNode: text = "own-node"
        }
        return "\(direction.rawValue):\(text)"
    }
}
