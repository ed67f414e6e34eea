public import JSONValue
public import KubeModel

/// What an object takes of the resources that quotas count.
///
/// Source: Kubernetes documentation, "Resource Quotas".
public enum QuotaUsage {
    /// Amounts by the names that quotas use: `requests.cpu`, `count/deployments.apps`, `services.nodeports`.
    public typealias Amounts = [String: Quantity]

    private static let one = Quantity(1)

    /// What `object` takes.
    public static func of(_ object: JSON, resource: GroupResource) -> Amounts {
        var amounts: Amounts = ["count/\(resource)": one]
        guard resource.group.isEmpty else { return amounts }
        switch resource.resource {
        case "pods": amounts.merge(pod(object)) { $1 }
        case "services": amounts.merge(service(object)) { $1 }
        case "persistentvolumeclaims": amounts.merge(claim(object)) { $1 }
        case "configmaps", "secrets", "replicationcontrollers", "resourcequotas": amounts[resource.resource] = one
        default: break
        }
        return amounts
    }

    private static func pod(_ pod: JSON) -> Amounts {
        // A pod that has ended holds nothing any more; it is still an object.
        if ["Succeeded", "Failed"].contains(pod["status"]?["phase"]?.string ?? "") { return [:] }
        var amounts: Amounts = ["pods": one]
        for (name, quantity) in PodResources.requests(of: pod) {
            switch name {
            case "cpu", "memory", "ephemeral-storage":
                amounts[name] = quantity
                amounts["requests." + name] = quantity
            default:
                if name.hasPrefix("hugepages-") { amounts[name] = quantity }
                if name.hasPrefix("hugepages-") || isExtended(name) { amounts["requests." + name] = quantity }
            }
        }
        for (name, quantity) in PodResources.limits(of: pod) where ["cpu", "memory", "ephemeral-storage"].contains(name) {
            amounts["limits." + name] = quantity
        }
        return amounts
    }

    /// Whether a resource is none of Kubernetes' own.
    private static func isExtended(_ name: String) -> Bool {
        guard let slash = name.firstIndex(of: "/") else { return false }
        return !name[..<slash].hasSuffix("kubernetes.io") && !name.hasPrefix("requests.")
    }

    private static func service(_ service: JSON) -> Amounts {
        let spec = service["spec"]
        let ports = spec?["ports"]?.array ?? []
        var amounts: Amounts = ["services": one, "services.nodeports": Quantity(0), "services.loadbalancers": Quantity(0)]
        switch spec?["type"]?.string {
        case "NodePort": amounts["services.nodeports"] = Quantity(Int64(ports.count))
        case "LoadBalancer":
            let takesPorts = spec?["allocateLoadBalancerNodePorts"]?.bool != false
            let taken = takesPorts ? ports.count : ports.count { ($0["nodePort"]?.int ?? 0) != 0 }
            amounts["services.nodeports"] = Quantity(Int64(taken))
            amounts["services.loadbalancers"] = one
        default: break
        }
        return amounts
    }

    private static func claim(_ claim: JSON) -> Amounts {
        let storageClass = claim["metadata"]?["annotations"]?["volume.beta.kubernetes.io/storage-class"]?.string
            ?? claim["spec"]?["storageClassName"]?.string ?? ""
        let suffix = storageClass.isEmpty ? nil : storageClass + ".storageclass.storage.k8s.io/"
        var amounts: Amounts = ["persistentvolumeclaims": one]
        if let suffix { amounts[suffix + "persistentvolumeclaims"] = one }
        if let storage = claim["spec"]?["resources"]?["requests"]?["storage"]?.string.flatMap({ Quantity($0) }) {
            amounts["requests.storage"] = storage
            if let suffix { amounts[suffix + "requests.storage"] = storage }
        }
        return amounts
    }

    /// The compute resources that a quota counts and a pod's containers do not state, in the words of the refusal; nil
    /// when they state all.
    static func unstated(in pod: JSON, of counted: Set<String>) -> String? {
        let checked: Set<String> = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]
        let whole = names(pod["spec"]?["resources"])
        let required = counted.intersection(checked).subtracting(whole)
        var missing: [String: Set<String>] = [:]
        for field in ["containers", "initContainers"] {
            for container in pod["spec"]?[field]?.array ?? [] {
                for name in required.subtracting(names(container["resources"])) {
                    missing[name, default: []].insert(container["name"]?.string ?? "")
                }
            }
        }
        if missing.isEmpty { return nil }
        let lines = missing.sorted { $0.key < $1.key }.map { "\($0.key) for: \($0.value.sorted().joined(separator: ","))" }
        return "must specify \(lines.joined(separator: "; "))"
    }

    /// The names under which quotas know what a list of requests and limits states.
    private static func names(_ resources: JSON?) -> Set<String> {
        var names = Set<String>()
        for (name, _) in resources?["requests"]?.object ?? JSONObject() { names.formUnion([name, "requests." + name]) }
        for (name, _) in resources?["limits"]?.object ?? JSONObject() { names.insert("limits." + name) }
        return names
    }
}
