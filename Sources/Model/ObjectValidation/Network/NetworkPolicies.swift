import JSONValue
import KubeModel
import PolicyModel

/// The rules for network policies.
enum NetworkPolicies {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject, &errors)
        })

    /// What the stored policy is forgiven.
    private struct Known {
        var cidrs: [String] = []
        var allowsInvalidValues = false
    }

    private static let directions = [("ingress", "from"), ("egress", "to")]

    private static func known(_ old: JSON) -> Known {
        var known = Known()
        for (direction, peers) in directions {
            for rule in old.list(direction) {
                for peer in rule.list(peers) {
                    guard let block = peer.given("ipBlock") else { continue }
                    known.cidrs.append(block.text("cidr"))
                    known.cidrs += block.texts("except")
                }
            }
        }
        known.allowsInvalidValues = LabelSelectors.isFaulty(old["podSelector"])
        return known
    }

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let known = known(subject.previous.spec)
        LabelSelectors.validate(
            spec["podSelector"], allowInvalidValues: known.allowsInvalidValues, "spec.podSelector", &errors)
        for (direction, peers) in directions {
            for (at, rule) in spec.list(direction).enumerated() {
                let path = FieldPath("spec").child(direction).index(at)
                for (index, port) in rule.list("ports").enumerated() {
                    self.port(port, path.child("ports").index(index), &errors)
                }
                for (index, peer) in rule.list(peers).enumerated() {
                    self.peer(peer, known, path.child(peers).index(index), &errors)
                }
            }
        }
        let types = spec.texts("policyTypes")
        if types.count > 2 {
            return errors.invalid("spec.policyTypes", JSON(types), "may not specify more than two policyTypes")
        }
        for (at, type) in types.enumerated() where type != "Ingress" && type != "Egress" {
            errors.notSupported(FieldPath("spec.policyTypes").index(at), .string(type), ["Ingress", "Egress"])
        }
    }

    private static func port(_ port: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        errors.oneOf(port["protocol"], ["TCP", "UDP", "SCTP"], path.child("protocol"))
        let end = port.number("endPort")
        let endPath = path.child("endPort")
        guard port.has("port") else {
            if let end { errors.invalid(endPath, JSON(end), "may not be specified when `port` is not specified") }
            return
        }
        switch IntOrString(port["port"]) {
        case .int(let number):
            errors.portNumber(number, path.child("port"))
            guard let end else { return }
            if end < number { errors.invalid(endPath, JSON(number), "must be greater than or equal to `port`") }
            errors.portNumber(end, endPath)
        case .string(let name):
            if let end { errors.invalid(endPath, JSON(end), "may not be specified when `port` is non-numeric") }
            errors.invalid(path.child("port"), .string(name), all: Names.portName(name))
        }
    }

    private static func peer(_ peer: JSON, _ known: Known, _ path: FieldPath, _ errors: inout [FieldError]) {
        var count = 0
        for key in ["podSelector", "namespaceSelector"] {
            guard let selector = peer.given(key) else { continue }
            count += 1
            LabelSelectors.validate(
                selector, allowInvalidValues: known.allowsInvalidValues, path.child(key), &errors)
        }
        let block = peer.given("ipBlock")
        if let block { self.block(block, known.cidrs, path.child("ipBlock"), &errors) }
        if count == 0, block == nil { errors.required(path, "must specify a peer") }
        if count > 0, block != nil { errors.forbidden(path, "may not specify both ipBlock and another peer") }
    }

    private static func block(_ block: JSON, _ known: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        let text = block.text("cidr")
        if text.isEmpty { return errors.required(path.child("cidr")) }
        errors.invalid(path.child("cidr"), .string(text), all: Addresses.cidrFaults(text, unless: known))
        guard let range = CIDR(text) else { return }
        for (at, text) in block.texts("except").enumerated() {
            let here = path.child("except").index(at)
            errors.invalid(here, .string(text), all: Addresses.cidrFaults(text, unless: known))
            guard let hole = CIDR(text) else { continue }
            if range.contains(hole.network), range.length < hole.length { continue }
            errors.invalid(here, .string(text), "must be a strict subset of `cidr`")
        }
    }
}
