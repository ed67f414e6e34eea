public import JSONValue
import KubeModel
import PolicyModel

/// Reads `policy.networking.k8s.io` ClusterNetworkPolicy (v1alpha2), AdminNetworkPolicy and BaselineAdminNetworkPolicy
/// (v1alpha1).
public enum ClusterPolicy {
    /// The policy in `json`.
    public static func read(_ json: JSON) throws(PolicyReadError) -> TrafficPolicy {
        let object = FieldReader(json)
        let spec = object["spec"]
        let kind = object.object.kind
        let tier: PolicyTier
        var order: Double = 0
        switch kind {
        case "ClusterNetworkPolicy":
            _ = try spec.knowing("tier", "priority", "subject", "ingress", "egress")
            switch try spec["tier"].required() {
            case "Admin": tier = .admin
            case "Baseline": tier = .baseline
            default: throw spec["tier"].fault("must be Admin or Baseline")
            }
        case "AdminNetworkPolicy":
            _ = try spec.knowing("priority", "subject", "ingress", "egress")
            tier = .admin
        case "BaselineAdminNetworkPolicy":
            _ = try spec.knowing("subject", "ingress", "egress")
            guard object.object.name == "default" else { throw object["metadata"]["name"].fault("must be default") }
            tier = .baseline
        default: throw object["kind"].fault("this kind is not supported")
        }
        if kind != "BaselineAdminNetworkPolicy" {
            guard let priority = try spec["priority"].integer(in: 0...1000) else { throw spec["priority"].fault("must be given") }
            order = Double(priority)
        }
        var policy = TrafficPolicy(
            object: object.object, tier: tier.name, order: order, subject: try pods(spec["subject"], "namespaces", "pods"))
        policy.sparesOwnNode = false
        if spec["ingress"].isPresent { policy.ingress = try rules(spec["ingress"], peers: "from", kind: kind) }
        if spec["egress"].isPresent { policy.egress = try rules(spec["egress"], peers: "to", kind: kind) }
        return policy
    }

    /// Pods by their namespaces alone, or by both.
    private static func pods(_ field: FieldReader, _ known: String...) throws(PolicyReadError) -> EndpointSelector {
        _ = try field.knowing("namespaces", "pods")
        let prefix = EndpointLabel.namespacePrefix
        switch (field["namespaces"].isPresent, field["pods"].isPresent) {
        case (true, false):
            return .every([EndpointLabel.isPod, EndpointSelector(try field["namespaces"].labelSelector(), prefix: prefix)])
        case (false, true):
            let both = try field["pods"].knowing("namespaceSelector", "podSelector")
            return .every([
                EndpointLabel.isPod, EndpointSelector(try both["namespaceSelector"].labelSelector(), prefix: prefix),
                EndpointSelector(try both["podSelector"].labelSelector(), prefix: ""),
            ])
        case (true, true), (false, false): throw field.fault("must name either namespaces or pods")
        }
    }

    private static func rules(_ field: FieldReader, peers name: String, kind: String) throws(PolicyReadError) -> [TrafficRule] {
        let portsName = kind == "ClusterNetworkPolicy" ? "protocols" : "ports"
        var rules: [TrafficRule] = []
        for rule in try field.elements() {
            _ = try rule.knowing("name", "action", name, portsName)
            var peers: [PeerMatch] = []
            for peer in try rule[name].elements() { peers.append(try self.peer(peer, isEgress: name == "to")) }
            if peers.isEmpty { throw rule[name].fault("must name a peer") }
            var ports: [(UInt8?, PortMatch?)] = []
            for port in try rule[portsName].elements() {
                ports.append(try portsName == "protocols" ? transport(port) : adminPort(port))
            }
            var matches: [TrafficMatch] = []
            for peer in peers {
                var match = TrafficMatch()
                if name == "from" { match.source = peer } else { match.destination = peer }
                if ports.isEmpty { matches.append(match) }
                for (transport, port) in ports {
                    match.transport = transport
                    match.destination.ports = port.map { [$0] }
                    matches.append(match)
                }
            }
            rules.append(TrafficRule(action: try action(rule["action"], kind: kind), matches: matches, path: rule.path))
        }
        return rules
    }

    private static func action(_ field: FieldReader, kind: String) throws(PolicyReadError) -> RuleAction {
        switch (try field.required(), kind) {
        case ("Accept", "ClusterNetworkPolicy"): .allow
        case ("Allow", "AdminNetworkPolicy"), ("Allow", "BaselineAdminNetworkPolicy"): .allow
        case ("Deny", _): .deny
        case ("Pass", "ClusterNetworkPolicy"), ("Pass", "AdminNetworkPolicy"): .pass
        default: throw field.fault("this action is not supported")
        }
    }

    private static func peer(_ peer: FieldReader, isEgress: Bool) throws(PolicyReadError) -> PeerMatch {
        var match = PeerMatch()
        if isEgress, peer["nodes"].isPresent {
            _ = try peer.knowing("nodes")
            match.sets = [SelectorSetKey(domain: .nodes, EndpointSelector(try peer["nodes"].labelSelector(), prefix: ""))]
        } else if isEgress, peer["networks"].isPresent {
            _ = try peer.knowing("networks")
            match.networks = try peer["networks"].networks()
        } else {
            match.sets = [SelectorSetKey(try pods(peer, "namespaces", "pods"))]
        }
        return match
    }

    /// One of `protocols`: exactly one member.
    private static func transport(_ field: FieldReader) throws(PolicyReadError) -> (UInt8?, PortMatch?) {
        _ = try field.knowing("tcp", "udp", "sctp", "destinationNamedPort")
        guard field.json?.object?.count == 1 else { throw field.fault("must have exactly one member") }
        if let name = try field["destinationNamedPort"].string() { return (nil, .named(name)) }
        for name in ["tcp", "udp", "sctp"] where field[name].isPresent {
            let port = try field[name].knowing("destinationPort")["destinationPort"]
            return (TransportNumber.named(name.uppercased()), port.isPresent ? try number(port) : nil)
        }
        throw field.fault("must have exactly one member")
    }

    private static func number(_ field: FieldReader) throws(PolicyReadError) -> PortMatch {
        _ = try field.knowing("number", "range")
        if let port = try field["number"].port(), !field["range"].isPresent { return .range(port...port) }
        guard field["range"].isPresent, !field["number"].isPresent else { throw field.fault("must be a number or a range") }
        return try range(field["range"].knowing("start", "end"))
    }

    private static func range(_ field: FieldReader) throws(PolicyReadError) -> PortMatch {
        guard let start = try field["start"].port(), let end = try field["end"].port(), start <= end else {
            throw field.fault("must have a start and an end that is not less")
        }
        return .range(start...end)
    }

    /// One of the `ports` of v1alpha1.
    private static func adminPort(_ field: FieldReader) throws(PolicyReadError) -> (UInt8?, PortMatch?) {
        _ = try field.knowing("portNumber", "portRange", "namedPort")
        guard field.json?.object?.count == 1 else { throw field.fault("must have exactly one member") }
        if let name = try field["namedPort"].string() { return (nil, .named(name)) }
        let isRange = field["portRange"].isPresent
        let port =
            try isRange ? field["portRange"].knowing("protocol", "start", "end") : field["portNumber"].knowing("protocol", "port")
        let name = try port["protocol"].string() ?? "TCP"
        guard let transport = TransportNumber.named(name), TransportNumber.hasPorts(transport) else {
            throw port["protocol"].fault("'\(name)' is not supported")
        }
        if isRange { return (transport, try range(port)) }
        guard let number = try port["port"].port() else { throw port["port"].fault("must be given") }
        return (transport, .range(number...number))
    }
}
