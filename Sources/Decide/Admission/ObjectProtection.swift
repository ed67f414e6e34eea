public import JSONValue

/// What is added to nodes and volumes when they are created.
///
/// Source: Kubernetes documentation, "Admission Controllers", TaintNodesByCondition and StorageObjectInUseProtection.
public enum ObjectProtection {
    /// A new node takes no pods until it has been seen ready.
    public static func taint(_ node: inout JSON) {
        var taints = node["spec"]?["taints"]?.array ?? []
        if taints.contains(where: { $0["key"]?.string == "node.kubernetes.io/not-ready" && $0["effect"]?.string == "NoSchedule" }) { return }
        taints.append(["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"])
        node[path: "spec", "taints"] = .array(taints)
    }

    /// A volume or claim is not removed while it is in use.
    public static func protect(_ object: inout JSON, finalizer: String) {
        var finalizers = object["metadata"]?["finalizers"]?.strings ?? []
        if finalizers.contains(finalizer) { return }
        finalizers.append(finalizer)
        object[path: "metadata", "finalizers"] = JSON(finalizers)
    }

    /// A claim that names no class gets the default one: of several, the newest.
    public static func defaultStorageClass(_ claim: inout JSON, classes: [JSON]) {
        if claim["spec"]?["storageClassName"] != nil || claim["metadata"]?["annotations"]?["volume.beta.kubernetes.io/storage-class"] != nil { return }
        let marked = classes.filter { $0["metadata"]?["annotations"]?["storageclass.kubernetes.io/is-default-class"]?.string == "true" }
        let newest = marked.max { left, right in
            let times = (left["metadata"]?["creationTimestamp"]?.string ?? "", right["metadata"]?["creationTimestamp"]?.string ?? "")
            if times.0 != times.1 { return times.0 < times.1 }
            return (left["metadata"]?["name"]?.string ?? "") > (right["metadata"]?["name"]?.string ?? "")
        }
        if let name = newest?["metadata"]?["name"] { claim[path: "spec", "storageClassName"] = name }
    }

    /// An ingress that names no class gets the default one.
    public static func defaultIngressClass(_ ingress: inout JSON, classes: [JSON]) {
        if ingress["spec"]?["ingressClassName"] != nil || ingress["metadata"]?["annotations"]?["kubernetes.io/ingress.class"] != nil { return }
        let marked = classes.filter { $0["metadata"]?["annotations"]?["ingressclass.kubernetes.io/is-default-class"]?.string == "true" }
        let newest = marked.max { ($0["metadata"]?["creationTimestamp"]?.string ?? "") < ($1["metadata"]?["creationTimestamp"]?.string ?? "") }
        if let name = newest?["metadata"]?["name"] { ingress[path: "spec", "ingressClassName"] = name }
    }
}
