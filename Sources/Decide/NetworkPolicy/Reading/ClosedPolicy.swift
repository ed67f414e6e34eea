public import JSONValue
public import PolicyModel

extension TrafficPolicy {
    /// What stands for an object that cannot be read, or not be put into the kernel: what it may have denied is denied,
    /// for every endpoint that it may have selected.
    ///
    /// A NetworkPolicy only allows, so that one without rules is the strictest reading. A Calico policy may deny before
    /// others allow: it denies everything at its place. What cannot be read of a selector selects everything in reach.
    ///
    /// - Parameters:
    ///   - json: the object, as far as it can be read.
    ///   - field: what is wrong; it becomes the place of the denying rule.
    /// - Returns: a policy at the object's own place, with its directions.
    public static func closed(_ json: JSON, at field: FieldPath) -> TrafficPolicy {
        let object = FieldReader(json)
        let spec = object["spec"]
        let isKubernetes = json["apiVersion"]?.string?.hasPrefix("networking.k8s.io/") ?? false
        var policy = isKubernetes ? kubernetes(object, spec) : calico(object, spec)
        let rules = isKubernetes ? [] : [TrafficRule(action: .deny, matches: [TrafficMatch()], path: field)]
        let types = spec[isKubernetes ? "policyTypes" : "types"]
        let named = (try? types.strings()) ?? []
        let isKnown = !named.isEmpty && named.allSatisfy { $0 == "Ingress" || $0 == "Egress" }
        if !isKnown || named.contains("Ingress") { policy.ingress = rules }
        // Without types, only rules for what goes out make it speak of that.
        let hasEgress = types.isPresent ? !isKnown || named.contains("Egress") : spec["egress"].isPresent
        if hasEgress { policy.egress = rules }
        return policy
    }

    private static func kubernetes(_ object: FieldReader, _ spec: FieldReader) -> TrafficPolicy {
        var subject = [EndpointLabel.isPod, EndpointLabel.isIn(object.object.namespace)]
        if let pods = try? spec["podSelector"].labelSelector() { subject.append(EndpointSelector(pods, prefix: "")) }
        var policy = TrafficPolicy(object: object.object, tier: PolicyTier.standard.name, order: 1000, subject: .every(subject))
        policy.sparesOwnNode = true
        return policy
    }

    private static func calico(_ object: FieldReader, _ spec: FieldReader) -> TrafficPolicy {
        var subject: [EndpointSelector] = []
        if let selector = try? spec["selector"].selector() { subject.append(selector) }
        if let accounts = try? spec["serviceAccountSelector"].selector() { subject.append(CalicoRule.ofServiceAccount(accounts)) }
        let namespace = object.object.namespace
        if !namespace.isEmpty {
            subject.append(EndpointLabel.isIn(namespace))
        } else if let namespaces = try? spec["namespaceSelector"].selector() {
            subject.append(CalicoRule.ofNamespace(namespaces))
        }
        let tier = (try? spec["tier"].string()) ?? ""
        // An order that cannot be read may have been the first.
        let order: Double? = (try? spec["order"].number()) ?? (spec["order"].isPresent ? -.infinity : nil)
        return TrafficPolicy(
            object: object.object, tier: tier.isEmpty ? PolicyTier.standard.name : tier, order: order, subject: .every(subject))
    }
}
