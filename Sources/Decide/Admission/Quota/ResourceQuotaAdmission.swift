public import JSONValue
public import KubeModel

/// What a namespace may hold together is bounded by its quotas, which are charged when an object is written.
///
/// Source: Kubernetes documentation, "Resource Quotas".
public enum ResourceQuotaAdmission {
    /// Whether a write may change what an object takes: it comes, it goes, or it is one whose amounts can change.
    public static func concerns(_ resource: GroupResource, subresource: String, isUpdate: Bool) -> Bool {
        if !isUpdate { return subresource.isEmpty }
        switch (resource.group, resource.resource) {
        case ("", "services"), ("", "persistentvolumeclaims"): return subresource.isEmpty
        case ("", "pods"): return subresource == "resize" || subresource == "status"
        default: return false
        }
    }

    /// Charges the quotas of a namespace for a write, or gives back to them.
    ///
    /// - Parameters:
    ///   - object: the object as it will be; nil when it goes.
    ///   - old: the object as it is; nil when it comes.
    ///   - resource: what the object is.
    ///   - quotas: those of the namespace.
    ///   - present: what the namespace holds now of a resource that a quota counts; asked once for each that has not
    ///     been counted yet.
    /// - Returns: for each quota that is charged its position and its new `status`.
    /// - Throws: ``StatusError`` 403 when a quota has not enough left, or needs a statement that is missing.
    public static func charge(
        _ object: JSON?, old: JSON?, resource: GroupResource, quotas: [JSON], present: (_ quota: JSON, _ name: String) -> Quantity
    ) throws(StatusError) -> [(index: Int, status: JSON)] {
        guard let subject = object ?? old, !quotas.isEmpty else { return [] }
        let name = subject["metadata"]?["name"]?.string ?? ""
        let delta = difference(
            object.map { QuotaUsage.of($0, resource: resource) } ?? [:], old.map { QuotaUsage.of($0, resource: resource) } ?? [:])
        var charged: [(Int, JSON)] = []
        for (index, quota) in quotas.enumerated() where QuotaScope.counts(quota, subject, resource: resource) {
            let quotaName = quota["metadata"]?["name"]?.string ?? ""
            let hard = PodResources.list(quota["spec"]?["hard"])
            let isNewPod = resource == GroupResource(group: "", resource: "pods") && old == nil
            if isNewPod, let missing = QuotaUsage.unstated(in: subject, of: Set(hard.keys)) {
                throw .forbidden(resource, name: name, "failed quota: \(quotaName): \(missing)")
            }
            let asked = delta.filter { hard[$0.key] != nil && $0.value.nano != 0 }
            if asked.isEmpty { continue }
            let known = PodResources.list(quota["status"]?["used"])
            var used: QuotaUsage.Amounts = [:]
            for key in hard.keys { used[key] = known[key] ?? present(quota, key) }
            var after = used
            for (key, amount) in asked {
                let now = (used[key] ?? Quantity(0)) + amount
                after[key] = now.nano < 0 ? Quantity(0) : now
            }
            let exceeded = asked.keys.filter { key in
                guard let bound = hard[key], let now = after[key], let amount = asked[key] else { return false }
                // What is given back is always taken.
                return amount.nano > 0 && now > bound
            }
            if !exceeded.isEmpty {
                throw .forbidden(
                    resource, name: name,
                    "exceeded quota: \(quotaName), requested: \(text(asked, exceeded)), used: \(text(used, exceeded)), limited: \(text(hard, exceeded))")
            }
            charged.append((index, ["hard": quota["spec"]?["hard"] ?? [:], "used": form(after)]))
        }
        return charged
    }

    /// What the objects of a resource take together of what a quota counts under `name`.
    public static func total(_ objects: [JSON], resource: GroupResource, quota: JSON, name: String) -> Quantity {
        var sum = Quantity(0)
        for object in objects where QuotaScope.counts(quota, object, resource: resource) {
            if let amount = QuotaUsage.of(object, resource: resource)[name] { sum = sum + amount }
        }
        return sum
    }

    /// The resource whose objects are counted under a name.
    public static func counted(under name: String) -> GroupResource {
        if name.hasPrefix("count/") {
            let rest = name.dropFirst("count/".count)
            let plural = rest.prefix { $0 != "." }
            return GroupResource(group: String(rest.dropFirst(plural.count).drop { $0 == "." }), resource: String(plural))
        }
        switch name {
        case "configmaps", "secrets", "replicationcontrollers", "resourcequotas", "services", "persistentvolumeclaims":
            return GroupResource(group: "", resource: name)
        case "services.nodeports", "services.loadbalancers": return GroupResource(group: "", resource: "services")
        case "requests.storage": return GroupResource(group: "", resource: "persistentvolumeclaims")
        default:
            let isClaim = name.contains(".storageclass.storage.k8s.io/")
            return GroupResource(group: "", resource: isClaim ? "persistentvolumeclaims" : "pods")
        }
    }

    private static func difference(_ now: QuotaUsage.Amounts, _ before: QuotaUsage.Amounts) -> QuotaUsage.Amounts {
        var delta = now
        for (key, amount) in before { delta[key] = (delta[key] ?? Quantity(0)) - amount }
        return delta
    }

    private static func text(_ amounts: QuotaUsage.Amounts, _ keys: [String]) -> String {
        keys.sorted().compactMap { key in amounts[key].map { "\(key)=\($0)" } }.joined(separator: ",")
    }

    private static func form(_ amounts: QuotaUsage.Amounts) -> JSON {
        JSON(amounts.mapValues(\.description))
    }
}
