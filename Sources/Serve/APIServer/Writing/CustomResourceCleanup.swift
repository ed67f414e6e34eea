import JSONValue
import KubeModel

/// The deletion of a CustomResourceDefinition: its instances go before it does. Pure.
///
/// Source: apiextensions-apiserver, the finalizer `customresourcecleanup.apiextensions.k8s.io`.
enum CustomResourceCleanup {
    static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    static func concerns(_ resource: ResourceFacts) -> Bool {
        resource.kind == "CustomResourceDefinition" && resource.group == "apiextensions.k8s.io"
    }

    /// The definition as it is while its instances are removed.
    static func begin(_ definition: JSON, now: Timestamp) -> JSON {
        var object = definition
        var finalizers = object["metadata"]?["finalizers"]?.strings ?? []
        if !finalizers.contains(finalizer) { finalizers.append(finalizer) }
        object[path: "metadata", "finalizers"] = JSON(finalizers)
        var conditions = (object["status"]?["conditions"]?.array ?? []).filter { $0["type"]?.string != "Terminating" }
        conditions.append([
            "type": "Terminating", "status": "True", "lastTransitionTime": .string(now.description), "reason": "InstanceDeletionPending",
            "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        ])
        object[path: "status", "conditions"] = .array(conditions)
        return object
    }
}
