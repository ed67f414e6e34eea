public import JSONValue
public import KubeModel

/// A pod of a RuntimeClass gets the class's overhead and goes where the class can be run.
///
/// Source: KEP-585 (RuntimeClass), KEP-688 (overhead), KEP-894 (scheduling).
public enum RuntimeClassAdmission {
    /// Completes a new pod.
    ///
    /// - Parameters:
    ///   - pod: gets the overhead, node selector and tolerations of its class; one without a class is left alone.
    ///   - named: the RuntimeClass of a name, when there is one.
    /// - Throws: ``StatusError`` when there is no such class, or what the pod says conflicts with it.
    public static func mutate(_ pod: inout JSON, named: (String) -> JSON?) throws(StatusError) {
        guard let name = pod["spec"]?["runtimeClassName"]?.string, !name.isEmpty else { return }
        guard let runtimeClass = named(name) else { throw refuse(pod, "pod rejected: RuntimeClass \(goQuoted(name)) not found") }
        if let fixed = runtimeClass["overhead"]?["podFixed"], fixed.object != nil {
            if let given = pod["spec"]?["overhead"]?.object, !given.isEmpty, PodResources.list(.object(given)) != PodResources.list(fixed) {
                throw refuse(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
            pod[path: "spec", "overhead"] = fixed
        }
        let scheduling = runtimeClass["scheduling"]
        for (key, value) in scheduling?["nodeSelector"]?.object ?? JSONObject() {
            if let given = pod["spec"]?["nodeSelector"]?[key]?.string, given != value.string {
                throw refuse(
                    pod,
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value.string ?? ""); pod.spec.nodeSelector[\(key)] = \(given)")
            }
            pod[path: "spec", "nodeSelector", key] = value
        }
        var tolerations = pod["spec"]?["tolerations"]?.array ?? []
        for toleration in scheduling?["tolerations"]?.array ?? [] where !tolerations.contains(toleration) { tolerations.append(toleration) }
        if !tolerations.isEmpty { pod[path: "spec", "tolerations"] = .array(tolerations) }
    }

    /// Refuses an overhead that no RuntimeClass defines.
    public static func validate(_ pod: JSON, named: (String) -> JSON?) throws(StatusError) {
        guard let given = pod["spec"]?["overhead"]?.object, !given.isEmpty else { return }
        let name = pod["spec"]?["runtimeClassName"]?.string ?? ""
        guard !name.isEmpty, let fixed = named(name)?["overhead"]?["podFixed"], fixed.object != nil else {
            throw refuse(pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
        if PodResources.list(.object(given)) != PodResources.list(fixed) {
            throw refuse(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        }
    }

    private static func refuse(_ pod: JSON, _ why: String) -> StatusError {
        .forbidden(GroupResource(group: "", resource: "pods"), name: pod["metadata"]?["name"]?.string ?? "", why)
    }
}
