public import JSONValue
public import KubeModel

/// Every active namespace has the cluster's CA certificate in the ConfigMap `kube-root-ca.crt`, from which pods read it.
///
/// Source: KEP-1205, root CA certificate publisher.
public enum RootCertificates {
    /// The name of the ConfigMap.
    public static let name = "kube-root-ca.crt"
    /// The resource that is written.
    public static let resource = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
    private static let key = "kubernetes.io/description"
    private static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP "
        + "or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."

    /// The write after which the namespace has the ConfigMap; none when it has, or is not active.
    ///
    /// - Parameters:
    ///   - namespace: the namespace, as it is now.
    ///   - present: the ConfigMap of that name, if there is one.
    ///   - certificate: the CA bundle as PEM.
    /// - Returns: at most one create or replace.
    public static func plan(namespace: JSON, present: JSON?, certificate: String) -> Plan {
        guard namespace["status"]?["phase"]?.string == "Active", !namespace.isBeingDeleted else { return Plan() }
        let data: JSON = ["ca.crt": .string(certificate)]
        guard var object = present else {
            return Plan(changes: [
                .create(
                    Target(resource, namespace: namespace.name, name: ""),
                    [
                        "apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": ["name": .string(name), "namespace": .string(namespace.name), "annotations": [key: .string(description)]],
                        "data": data,
                    ])
            ])
        }
        if object["data"] == data, object.annotations[key] == description { return Plan() }
        object["data"] = data
        object[path: "metadata", "annotations"] = JSON(object.annotations.merging([key: description]) { $1 })
        return Plan(changes: [.replace(Target(resource, object), object)])
    }
}
