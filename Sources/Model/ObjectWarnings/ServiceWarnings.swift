import JSONValue
import KubeModel

/// What is said of services.
enum ServiceWarnings {
    static func of(service: JSON) -> [String] {
        let spec = service["spec"]
        let type = spec?["type"]?.string ?? "ClusterIP"
        let isHeadless = type == "ClusterIP" && spec?["clusterIP"]?.string == "None"
        let externalAddresses = spec?["externalIPs"]?.strings ?? []
        var warnings: [String] = []
        let hints = "service.kubernetes.io/topology-aware-hints"
        if service["metadata"]?["annotations"]?[hints] != nil {
            warnings.append("annotation \(hints) is deprecated, please use service.kubernetes.io/topology-mode instead")
        }
        if isHeadless {
            if !(spec?["loadBalancerIP"]?.string ?? "").isEmpty { warnings.append("spec.loadBalancerIP is ignored for headless services") }
            if !externalAddresses.isEmpty { warnings.append("spec.externalIPs is ignored for headless services") }
            if spec?["sessionAffinity"]?.string ?? "None" != "None" { warnings.append("spec.SessionAffinity is ignored for headless services") }
        }
        if !externalAddresses.isEmpty, !isHeadless, type != "ExternalName" {
            warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        if type == "ExternalName", !externalAddresses.isEmpty {
            warnings.append("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
        }
        if type != "ExternalName", !(spec?["externalName"]?.string ?? "").isEmpty {
            warnings.append("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec?["trafficDistribution"]?.string == "PreferClose" {
            warnings.append("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
        return warnings
    }
}
