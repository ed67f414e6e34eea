import JSONValue
import KubeModel

/// Which objects a quota with scopes counts: pods only, and of those the ones in all of its scopes.
///
/// Source: Kubernetes documentation, "Resource Quotas", Quota Scopes.
enum QuotaScope {
    private struct Requirement {
        var scope: String
        var operation: String
        var values: [String]
    }

    /// Whether a quota counts an object.
    static func counts(_ quota: JSON, _ object: JSON, resource: GroupResource) -> Bool {
        var requirements = (quota["spec"]?["scopes"]?.strings ?? []).map { Requirement(scope: $0, operation: "Exists", values: []) }
        requirements += (quota["spec"]?["scopeSelector"]?["matchExpressions"]?.array ?? []).map {
            Requirement(
                scope: $0["scopeName"]?.string ?? "", operation: $0["operator"]?.string ?? "", values: $0["values"]?.strings ?? [])
        }
        if requirements.isEmpty { return true }
        switch (resource.group, resource.resource) {
        case ("", "pods"): return requirements.allSatisfy { isIn($0, pod: object) }
        case ("", "persistentvolumeclaims"):
            return requirements.allSatisfy {
                $0.scope == "VolumeAttributesClass" && chosen($0, object["spec"]?["volumeAttributesClassName"]?.string ?? "")
            }
        default: return false
        }
    }

    private static func isIn(_ requirement: Requirement, pod: JSON) -> Bool {
        let spec = pod["spec"]
        let terminates = (spec?["activeDeadlineSeconds"]?.int ?? -1) >= 0
        switch requirement.scope {
        case "Terminating": return terminates
        case "NotTerminating": return !terminates
        case "BestEffort": return isBestEffort(pod)
        case "NotBestEffort": return !isBestEffort(pod)
        case "PriorityClass": return chosen(requirement, spec?["priorityClassName"]?.string ?? "")
        case "CrossNamespacePodAffinity": return reachesOtherNamespaces(spec ?? [:])
        default: return false
        }
    }

    private static func chosen(_ requirement: Requirement, _ value: String) -> Bool {
        switch requirement.operation {
        case "Exists": !value.isEmpty
        case "DoesNotExist": value.isEmpty
        case "In": requirement.values.contains(value)
        case "NotIn": !requirement.values.contains(value)
        default: false
        }
    }

    private static func isBestEffort(_ pod: JSON) -> Bool {
        let stated = PodResources.requests(of: pod).merging(PodResources.limits(of: pod)) { $0 + $1 }
        return stated.allSatisfy { !["cpu", "memory"].contains($0.key) || $0.value.nano == 0 }
    }

    private static func reachesOtherNamespaces(_ spec: JSON) -> Bool {
        ["podAffinity", "podAntiAffinity"].contains { kind in
            let affinity = spec["affinity"]?[kind]
            let required = affinity?["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
            let preferred = (affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).compactMap { $0["podAffinityTerm"] }
            return (required + preferred).contains { !($0["namespaces"]?.array ?? []).isEmpty || $0["namespaceSelector"]?.object != nil }
        }
    }
}
