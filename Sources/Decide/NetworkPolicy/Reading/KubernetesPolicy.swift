public import JSONValue
import KubeModel
import PolicyModel

/// Reads `networking.k8s.io/v1` NetworkPolicy.
///
/// It stands in the default tier with order 1000, where Calico puts it, and only allows: what no policy allows is
/// denied at the end of the tier.
public enum KubernetesPolicy {
    /// The policy in `json`, whether or not the API server filled in its defaults.
    public static func read(_ json: JSON) throws(PolicyReadError) -> TrafficPolicy {
        let object = FieldReader(json)
        let spec = try object["spec"].knowing("podSelector", "ingress", "egress", "policyTypes")
        let namespace = object.object.namespace
        let pods = EndpointSelector(try spec["podSelector"].labelSelector(), prefix: "")
        var policy = TrafficPolicy(
            object: object.object, tier: PolicyTier.standard.name, order: 1000,
            subject: .every([EndpointLabel.isPod, EndpointLabel.isIn(namespace), pods]))
        policy.sparesOwnNode = true
        let ingress = try rules(spec["ingress"], peers: "from", namespace: namespace)
        let egress = try rules(spec["egress"], peers: "to", namespace: namespace)
        var types = try spec["policyTypes"].strings()
        for type in types where type != "Ingress" && type != "Egress" {
            throw spec["policyTypes"].fault("'\(type)' is not supported")
        }
        if types.isEmpty { types = egress.isEmpty ? ["Ingress"] : ["Ingress", "Egress"] }
        if types.contains("Ingress") { policy.ingress = ingress }
        if types.contains("Egress") { policy.egress = egress }
        return policy
    }

    private static func rules(_ field: FieldReader, peers name: String, namespace: String) throws(PolicyReadError) -> [TrafficRule] {
        var rules: [TrafficRule] = []
        for rule in try field.elements() {
            _ = try rule.knowing(name, "ports")
            var peers: [PeerMatch] = []
            for peer in try rule[name].elements() { peers.append(try self.peer(peer, namespace: namespace)) }
            var ports: [(UInt8, PortMatch?)] = []
            for port in try rule["ports"].elements() { ports.append(try self.port(port)) }
            var matches: [TrafficMatch] = []
            for peer in peers.isEmpty ? [PeerMatch()] : peers {
                var match = TrafficMatch()
                if name == "from" { match.source = peer } else { match.destination = peer }
                if ports.isEmpty { matches.append(match) }
                for (transport, port) in ports {
                    match.transport = transport
                    match.destination.ports = port.map { [$0] }
                    matches.append(match)
                }
            }
            rules.append(TrafficRule(action: .allow, matches: matches, path: rule.path))
        }
        return rules
    }

    private static func peer(_ peer: FieldReader, namespace: String) throws(PolicyReadError) -> PeerMatch {
        _ = try peer.knowing("podSelector", "namespaceSelector", "ipBlock")
        var match = PeerMatch()
        if peer["ipBlock"].isPresent {
            guard !peer["podSelector"].isPresent, !peer["namespaceSelector"].isPresent else {
                throw peer["ipBlock"].fault("may not stand beside a selector")
            }
            let block = try peer["ipBlock"].knowing("cidr", "except")
            match.networks = [try block["cidr"].network()]
            match.exceptNetworks = try block["except"].networks()
            return match
        }
        guard peer["podSelector"].isPresent || peer["namespaceSelector"].isPresent else { throw peer.fault("must name a peer") }
        let namespaces =
            peer["namespaceSelector"].isPresent
            ? EndpointSelector(try peer["namespaceSelector"].labelSelector(), prefix: EndpointLabel.namespacePrefix)
            : EndpointLabel.isIn(namespace)
        let pods = EndpointSelector(try peer["podSelector"].labelSelector(), prefix: "")
        match.sets = [SelectorSetKey(.every([EndpointLabel.isPod, namespaces, pods]))]
        return match
    }

    private static func port(_ port: FieldReader) throws(PolicyReadError) -> (UInt8, PortMatch?) {
        _ = try port.knowing("protocol", "port", "endPort")
        let name = try port["protocol"].string() ?? "TCP"
        guard let transport = TransportNumber.named(name), TransportNumber.hasPorts(transport) else {
            throw port["protocol"].fault("'\(name)' is not supported")
        }
        if let name = port["port"].json?.string {
            guard !port["endPort"].isPresent else { throw port["endPort"].fault("may not stand beside a named port") }
            return (transport, .named(name))
        }
        guard let first = try port["port"].port() else {
            guard !port["endPort"].isPresent else { throw port["endPort"].fault("needs 'port'") }
            return (transport, nil)
        }
        let last = try port["endPort"].port() ?? first
        guard last >= first else { throw port["endPort"].fault("must not be less than 'port'") }
        return (transport, .range(first...last))
    }
}
