import JSONValue
import NetworkPolicy
import PolicyModel
import Testing

/// One question of a table or case: may this packet go?
struct Probe {
    var json: JSON

    init(_ json: JSON) { self.json = json }

    func answer(_ evaluator: NetworkPolicyEvaluator, in world: World) throws -> PacketDecision {
        let family: IPAddress.Family = json["family"]?.int == 6 ? .v6 : .v4
        let (from, to) = (json["from"]?.string ?? "", json["to"]?.string ?? "")
        let source = try #require(world.address(from, family), "\(from) has no address")
        let destination = try #require(world.address(to, family), "\(to) has no address")
        var packet = Packet(
            source: source, destination: destination, transport: try #require(transports[json["protocol"]?.string ?? "TCP"]),
            port: UInt16(json["port"]?.int ?? 0))
        packet.sourcePort = UInt16(json["srcPort"]?.int ?? 40000)
        if let type = json["icmpType"]?.int { packet.icmp = (UInt8(type), UInt8(json["icmpCode"]?.int ?? 0)) }
        guard json["forwarded"]?.bool == true else { return evaluator.decide(packet) }
        let isIn = to.hasPrefix("host:")
        return evaluator.decide(packet, forwardedThrough: String((isIn ? to : from).dropFirst(5)), isIn ? .ingress : .egress)
    }
}

extension TrafficVerdict {
    /// The ground in the words of the tables: `direction:tier/policy[rule]`.
    var shownGround: String {
        let text: String
        switch ground {
        case .rule(let rule, let tier, let stage):
            let place = rule.path.rawValue.drop { $0 != "[" }
            text = "\(tier)/\(rule.name)\(place)" + (stage == .untracked ? " untracked" : stage == .beforeDNAT ? " preDNAT" : "")
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
