import Admission
public import JSONValue
public import KubeModel

/// A quota says what its namespace holds of what it counts.
///
/// Admission charges quotas at every write; this counts anew, for quotas that are new or changed and against what was
/// missed.
///
/// Source: Kubernetes documentation, "Resource Quotas".
public enum ResourceQuotas {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "", version: "v1", resource: "resourcequotas")
    /// Seconds after which everything is counted anew (`--resource-quota-sync-period`).
    public static let period: Int64 = 300

    /// Whether the status is not about what the quota says now.
    public static func isStale(_ quota: JSON) -> Bool {
        let hard = quota["spec"]?["hard"] ?? [:]
        let used = quota["status"]?["used"]?.object
        return quota["status"]?["hard"] ?? [:] != hard || (hard.object ?? JSONObject()).contains { used?[$0.key] == nil }
    }

    /// The resources whose objects the quota counts.
    public static func counted(_ quota: JSON) -> Set<GroupResource> {
        Set((quota["spec"]?["hard"]?.object ?? JSONObject()).map { ResourceQuotaAdmission.counted(under: $0.key) })
    }

    /// The write that brings the status up to date; none when it is.
    ///
    /// - Parameters:
    ///   - quota: the ResourceQuota, as it is now.
    ///   - objects: those of the namespace by resource; one that is missing could not be read, and its count stays.
    /// - Returns: at most one write; to be looked at again after ``period``.
    public static func plan(_ quota: JSON, objects: [GroupResource: [JSON]]) -> Plan {
        var used: JSON = [:]
        for (name, _) in quota["spec"]?["hard"]?.object ?? JSONObject() {
            let resource = ResourceQuotaAdmission.counted(under: name)
            guard let present = objects[resource] else {
                used[name] = quota["status"]?["used"]?[name]
                continue
            }
            used[name] = .string(ResourceQuotaAdmission.total(present, resource: resource, quota: quota, name: name).description)
        }
        let status: JSON = ["hard": quota["spec"]?["hard"] ?? [:], "used": used]
        if status == quota["status"] { return Plan(again: period) }
        var object = quota
        object["status"] = status
        return Plan(changes: [.replace(Target(resource, quota, subresource: "status"), object)], again: period)
    }
}
