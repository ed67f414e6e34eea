public import JSONValue
public import KubeModel

/// Every active namespace has a service account `default`.
///
/// Source: Kubernetes documentation, "Managing Service Accounts", ServiceAccount controller.
public enum ServiceAccounts {
    /// The resource that is written.
    public static let resource = GroupVersionResource(group: "", version: "v1", resource: "serviceaccounts")

    /// The write that gives a namespace its service account `default`; none when it has it, or is not active.
    ///
    /// - Parameters:
    ///   - namespace: the namespace, as it is now.
    ///   - names: the service accounts of the namespace.
    /// - Returns: at most one create.
    public static func plan(namespace: JSON, names: Set<String>) -> Plan {
        guard namespace["status"]?["phase"]?.string == "Active", !namespace.isBeingDeleted, !names.contains("default") else { return Plan() }
        return Plan(changes: [
            .create(
                Target(resource, namespace: namespace.name, name: ""),
                ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": .string(namespace.name)]])
        ])
    }
}
