import JSONValue
import PolicyModel

/// Reads the rules of Calico's policies.
///
/// Source: Calico documentation, "Rule"; libcalico-go's conversion of rules.
enum CalicoRule {
    /// A namespaceSelector, over the labels that endpoints have from their namespace.
    static func ofNamespace(_ selector: EndpointSelector) -> EndpointSelector {
        selector.ofOwner(prefix: EndpointLabel.namespacePrefix, marker: EndpointLabel.namespace)
    }

    /// A serviceAccountSelector, over the labels that endpoints have from their service account.
    static func ofServiceAccount(_ selector: EndpointSelector) -> EndpointSelector {
        selector.ofOwner(prefix: EndpointLabel.serviceAccountPrefix, marker: EndpointLabel.serviceAccount)
    }

    /// The rules of a list; `namespace` is nil for policies of the whole cluster.
    static func rules(_ field: FieldReader, namespace: String?) throws(PolicyReadError) -> [TrafficRule] {
        var rules: [TrafficRule] = []
        for rule in try field.elements() {
            _ = try rule.knowing(
                "action", "ipVersion", "protocol", "notProtocol", "icmp", "notICMP", "source", "destination", "metadata")
            guard let action = RuleAction(rawValue: try rule["action"].required().lowercased()) else {
                throw rule["action"].fault("this action is not supported")
            }
            var match = TrafficMatch()
            if let version = try rule["ipVersion"].integer(in: 4...6) {
                guard let family = IPAddress.Family(rawValue: UInt8(version)) else { throw rule["ipVersion"].fault("must be 4 or 6") }
                match.family = family
            }
            match.transport = try transport(rule["protocol"])
            match.notTransport = try transport(rule["notProtocol"])
            match.icmp = try icmp(rule["icmp"])
            match.notICMP = try icmp(rule["notICMP"])
            if match.icmp != nil || match.notICMP != nil {
                guard match.transport == TransportNumber.icmp || match.transport == TransportNumber.icmp6 else {
                    throw rule["protocol"].fault("must be ICMP or ICMPv6 beside icmp and notICMP")
                }
            }
            match.source = try peer(rule["source"], namespace: namespace)
            match.destination = try peer(rule["destination"], namespace: namespace)
            let isDead = try self.isDead(rule, match, action)
            rules.append(TrafficRule(action: action, matches: isDead ? [] : [match], path: rule.path))
        }
        return rules
    }

    /// Whether the rule asks for a port of a protocol that has none: it holds of no packet. One that should deny is
    /// refused instead: whoever wrote it means something.
    private static func isDead(_ rule: FieldReader, _ match: TrafficMatch, _ action: RuleAction) throws(PolicyReadError) -> Bool {
        let isPortless = match.transport.map { !TransportNumber.hasPorts($0) && $0 != 136 } ?? true
        var isDead = false
        for end in ["source", "destination"] where isPortless {
            for name in ["ports", "notPorts"] where !(try rule[end][name].elements().isEmpty) {
                if action == .deny || match.transport == nil || name == "notPorts" {
                    throw rule[end][name].fault("needs a protocol that has ports")
                }
                isDead = true
            }
        }
        return isDead
    }

    private static func transport(_ field: FieldReader) throws(PolicyReadError) -> UInt8? {
        guard let json = field.json else { return nil }
        if let number = json.int, (1...255).contains(number) { return UInt8(number) }
        guard let name = json.string, let number = TransportNumber.named(name) ?? UInt8(name), number > 0 else {
            throw field.fault("this protocol is not known")
        }
        return number
    }

    private static func icmp(_ field: FieldReader) throws(PolicyReadError) -> TrafficMatch.ICMP? {
        guard field.isPresent else { return nil }
        _ = try field.knowing("type", "code")
        guard let type = try field["type"].integer(in: 0...254) else { throw field["type"].fault("must be given") }
        return TrafficMatch.ICMP(type: UInt8(type), code: try field["code"].integer(in: 0...255).map { UInt8($0) })
    }

    private static func peer(_ field: FieldReader, namespace: String?) throws(PolicyReadError) -> PeerMatch {
        _ = try field.knowing("selector", "notSelector", "namespaceSelector", "serviceAccounts", "nets", "notNets", "ports", "notPorts")
        var match = PeerMatch()
        let selector = try field["selector"].selector()
        let notSelector = try field["notSelector"].selector()
        let namespaces = try field["namespaceSelector"].selector()
        let accounts = try serviceAccounts(field["serviceAccounts"])
        var parts: [EndpointSelector] = []
        if let namespaces {
            parts.append(ofNamespace(namespaces))
        } else if let namespace, selector != nil || notSelector != nil || accounts != nil {
            // A rule of a namespaced policy speaks of its own namespace unless it says otherwise.
            parts.append(EndpointLabel.isIn(namespace))
        }
        if let accounts { parts.append(accounts) }
        // A selector that holds of everything still asks for an endpoint or set that we know.
        if let selector { parts.append(selector) }
        if !parts.isEmpty { match.sets = [SelectorSetKey(.every(parts))] }
        if let notSelector { match.exceptSets = [SelectorSetKey(notSelector)] }
        let networks = try field["nets"].networks()
        if !networks.isEmpty { match.networks = networks }
        match.exceptNetworks = try field["notNets"].networks()
        let ports = try self.ports(field["ports"])
        if !ports.isEmpty { match.ports = ports }
        match.exceptPorts = try self.ports(field["notPorts"])
        return match
    }

    private static func serviceAccounts(_ field: FieldReader) throws(PolicyReadError) -> EndpointSelector? {
        _ = try field.knowing("names", "selector")
        var parts: [EndpointSelector] = []
        let names = try field["names"].strings()
        if !names.isEmpty { parts.append(.isIn(EndpointLabel.serviceAccount, EndpointSelector.sorted(names))) }
        if let selector = try field["selector"].selector() { parts.append(ofServiceAccount(selector)) }
        return parts.isEmpty ? nil : .every(parts)
    }

    private static func ports(_ field: FieldReader) throws(PolicyReadError) -> [PortMatch] {
        var ports: [PortMatch] = []
        for port in try field.elements() {
            if port.json?.int != nil {
                guard let number = try port.integer(in: 0...65535) else { continue }
                ports.append(.range(UInt16(number)...UInt16(number)))
                continue
            }
            let text = try port.required()
            let bounds = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0) }
            if bounds.count == 2 {
                guard let first = bounds[0], let last = bounds[1], first <= last else { throw port.fault("'\(text)' is no range") }
                ports.append(.range(first...last))
            } else if bounds.count == 1 {
                ports.append(bounds[0].map { .range($0...$0) } ?? .named(text))
            } else {
                throw port.fault("'\(text)' is no port")
            }
        }
        return ports
    }
}
