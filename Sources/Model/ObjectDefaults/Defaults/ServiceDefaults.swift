import JSONValue

/// The defaults of services. Addresses, ports and address families come from the allocation.
enum ServiceDefaults {
    static func service(_ object: inout JSON) {
        object.editOrCreate("spec") { spec in
            spec.fill("sessionAffinity", "None")
            switch spec.text("sessionAffinity") {
            case "None": spec["sessionAffinityConfig"] = nil
            case "ClientIP":
                if spec[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"].isAbsent {
                    spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
                }
            default: break
            }
            spec.fill("type", "ClusterIP")
            spec.editEach("ports") { port in
                port.fill("protocol", "TCP")
                if port["targetPort"].isAbsent || port["targetPort"] == 0 || port["targetPort"] == "" {
                    port["targetPort"] = port["port"] ?? 0
                }
            }
            let type = spec.text("type")
            if isExternallyAccessible(spec) { spec.fill("externalTrafficPolicy", "Cluster") }
            if ["NodePort", "LoadBalancer", "ClusterIP"].contains(type) {
                spec.fill("internalTrafficPolicy", "Cluster")
            }
            if type == "LoadBalancer" { spec.fill("allocateLoadBalancerNodePorts", true) }
        }
        guard object["spec"]?.text("type") == "LoadBalancer" else { return }
        object.edit("status") { status in
            status.edit("loadBalancer") { balancer in
                balancer.editEach("ingress") { if !$0.text("ip").isEmpty { $0.fill("ipMode", "VIP") } }
            }
        }
    }

    /// Whether the service can be reached from outside of the cluster.
    static func isExternallyAccessible(_ spec: JSON) -> Bool {
        switch spec.text("type") {
        case "LoadBalancer", "NodePort": true
        case "ClusterIP": spec.count("externalIPs") > 0
        default: false
        }
    }
}
