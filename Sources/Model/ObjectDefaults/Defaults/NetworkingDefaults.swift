import JSONValue

/// The defaults of the networking group.
enum NetworkingDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "NetworkPolicy": object.editOrCreate("spec") { networkPolicy(&$0) }
        case "IngressClass": object.edit("spec") { spec in spec.edit("parameters") { $0.fill("scope", "Cluster") } }
        default: break
        }
    }

    private static func networkPolicy(_ spec: inout JSON) {
        for direction in ["ingress", "egress"] {
            spec.editEach(direction) { rule in rule.editEach("ports") { $0.fill("protocol", "TCP") } }
        }
        let types: JSON = spec.count("egress") > 0 ? ["Ingress", "Egress"] : ["Ingress"]
        spec.fillEmpty("policyTypes", types)
    }
}
