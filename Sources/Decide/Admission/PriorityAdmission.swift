public import JSONValue
public import KubeModel

/// A pod's priority is the value of its PriorityClass, never a number of its own.
///
/// Source: Kubernetes documentation, "Pod Priority and Preemption"; KEP-564.
public enum PriorityAdmission {
    /// Resolves the priority of a pod that is being created.
    ///
    /// - Parameters:
    ///   - pod: gets name of its class, value and preemption policy.
    ///   - named: the PriorityClass of a name, when there is one.
    ///   - globalDefault: the PriorityClass for pods that name none, when there is one.
    /// - Throws: ``StatusError`` 403 when there is no such class, or the pod has a number or policy of its own.
    public static func mutate(_ pod: inout JSON, named: (String) -> JSON?, globalDefault: JSON?) throws(StatusError) {
        let name = pod["metadata"]?["name"]?.string ?? ""
        let pods = GroupResource(group: "", resource: "pods")
        var className = pod["spec"]?["priorityClassName"]?.string ?? ""
        var value: Int64 = 0
        var policy = "PreemptLowerPriority"
        if className.isEmpty {
            if let globalDefault {
                className = globalDefault["metadata"]?["name"]?.string ?? ""
                value = globalDefault["value"]?.int ?? 0
                policy = globalDefault["preemptionPolicy"]?.string ?? policy
            }
        } else {
            guard let priorityClass = named(className) else {
                throw .forbidden(pods, name: name, "no PriorityClass with name \(className) was found")
            }
            value = priorityClass["value"]?.int ?? 0
            policy = priorityClass["preemptionPolicy"]?.string ?? policy
        }
        if let given = pod["spec"]?["priority"]?.int, given != value {
            throw .forbidden(
                pods, name: name,
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller computed \(value) from the given PriorityClass name")
        }
        if let given = pod["spec"]?["preemptionPolicy"]?.string, given != policy {
            throw .forbidden(
                pods, name: name,
                "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; priority admission controller computed \(policy) from the given PriorityClass name")
        }
        if !className.isEmpty { pod[path: "spec", "priorityClassName"] = .string(className) }
        pod[path: "spec", "priority"] = .int(value)
        pod[path: "spec", "preemptionPolicy"] = .string(policy)
    }

    /// Keeps what was resolved when the pod was created, where a change says nothing of it.
    public static func preserve(_ pod: inout JSON, old: JSON) {
        for field in ["priority", "preemptionPolicy"] {
            guard pod["spec"]?[field] == nil || pod["spec"]?[field]?.isNull == true, let present = old["spec"]?[field] else { continue }
            pod[path: "spec", field] = present
        }
    }

    /// Refuses a second PriorityClass for pods that name none.
    public static func validate(_ priorityClass: JSON, globalDefault: JSON?) throws(StatusError) {
        guard priorityClass["globalDefault"]?.bool == true, let present = globalDefault?["metadata"]?["name"]?.string else { return }
        let name = priorityClass["metadata"]?["name"]?.string ?? ""
        if present == name { return }
        throw .forbidden(
            GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses"), name: name,
            "PriorityClass \(present) is already marked as default. Only one default can exist")
    }
}
