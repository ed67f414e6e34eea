public import JSONValue
import PolicyModel

/// Reads `projectcalico.org/v3` NetworkPolicy, GlobalNetworkPolicy, Tier and Profile.
public enum CalicoPolicy {
    /// What a reference calls the kind NetworkPolicy of this group.
    public static let namespacedKind = "NetworkPolicy.projectcalico.org"

    /// The NetworkPolicy or GlobalNetworkPolicy in `json`.
    public static func read(_ json: JSON) throws(PolicyReadError) -> TrafficPolicy {
        let object = FieldReader(json)
        let isGlobal = object.object.kind == "GlobalNetworkPolicy"
        guard isGlobal || [namespacedKind, "NetworkPolicy"].contains(object.object.kind) else { throw object["kind"].fault("this kind is not supported") }
        let spec = object["spec"]
        if isGlobal {
            _ = try spec.knowing(
                "tier", "order", "selector", "namespaceSelector", "serviceAccountSelector", "types", "ingress", "egress",
                "doNotTrack", "preDNAT", "applyOnForward", "performanceHints")
        } else {
            _ = try spec.knowing("tier", "order", "selector", "serviceAccountSelector", "types", "ingress", "egress", "performanceHints")
        }
        let namespace = isGlobal ? nil : object.object.namespace
        var subject = [try spec["selector"].selector() ?? .all]
        if let accounts = try spec["serviceAccountSelector"].selector() {
            subject.append(CalicoRule.ofServiceAccount(accounts))
        }
        if let namespaces = try spec["namespaceSelector"].selector() { subject.append(CalicoRule.ofNamespace(namespaces)) }
        if let namespace { subject.append(EndpointLabel.isIn(namespace)) }
        let tier = try spec["tier"].string() ?? ""
        var policy = TrafficPolicy(
            object: object.object, tier: tier.isEmpty ? PolicyTier.standard.name : tier, order: try spec["order"].number(),
            subject: .every(subject))
        let ingress = try CalicoRule.rules(spec["ingress"], namespace: namespace)
        let egress = try CalicoRule.rules(spec["egress"], namespace: namespace)
        var types = try spec["types"].strings()
        for type in types where type != "Ingress" && type != "Egress" { throw spec["types"].fault("'\(type)' is not supported") }
        if types.isEmpty {
            if !ingress.isEmpty || egress.isEmpty { types.append("Ingress") }
            if !egress.isEmpty { types.append("Egress") }
        }
        if types.contains("Ingress") { policy.ingress = ingress }
        if types.contains("Egress") { policy.egress = egress }
        policy.appliesOnForward = try spec["applyOnForward"].bool()
        let (doNotTrack, preDNAT) = (try spec["doNotTrack"].bool(), try spec["preDNAT"].bool())
        if doNotTrack && preDNAT { throw spec["preDNAT"].fault("may not stand beside doNotTrack") }
        if doNotTrack || preDNAT, !policy.appliesOnForward { throw spec["applyOnForward"].fault("must be true with doNotTrack or preDNAT") }
        if preDNAT, policy.egress != nil || !egress.isEmpty { throw spec["egress"].fault("may not stand beside preDNAT") }
        policy.stage = doNotTrack ? .untracked : preDNAT ? .beforeDNAT : .normal
        return policy
    }

    /// The Tier in `json`.
    public static func readTier(_ json: JSON) throws(PolicyReadError) -> PolicyTier {
        let object = FieldReader(json)
        let spec = try object["spec"].knowing("order", "defaultAction")
        let action: PolicyTier.DefaultAction
        switch try spec["defaultAction"].string() ?? "Deny" {
        case "Deny": action = .deny
        case "Pass": action = .pass
        default: throw spec["defaultAction"].fault("must be Deny or Pass")
        }
        return PolicyTier(name: object.object.name, order: try spec["order"].number(), defaultAction: action)
    }

    /// The Profile in `json`.
    public static func readProfile(_ json: JSON) throws(PolicyReadError) -> TrafficProfile {
        let object = FieldReader(json)
        let spec = try object["spec"].knowing("ingress", "egress", "labelsToApply")
        if spec["labelsToApply"].isPresent { throw spec["labelsToApply"].fault("this field is not supported") }
        return TrafficProfile(
            name: object.object.name, ingress: try CalicoRule.rules(spec["ingress"], namespace: nil),
            egress: try CalicoRule.rules(spec["egress"], namespace: nil))
    }
}
