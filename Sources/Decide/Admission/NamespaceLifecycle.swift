public import KubeModel

/// Nothing is made in a namespace that does not exist or is being deleted, and the namespaces that the cluster stands
/// on are not deleted.
///
/// Source: Kubernetes documentation, "Admission Controllers", NamespaceLifecycle.
public enum NamespaceLifecycle {
    /// What is known of the namespace that a request names.
    public enum State: Hashable, Sendable { case absent, active, terminating }

    /// The namespaces that are never deleted.
    public static let immortal: Set<String> = ["default", "kube-system", "kube-public"]

    /// Whether `namespace` may be deleted.
    public static func decideDeletion(of namespace: String) throws(StatusError) {
        guard immortal.contains(namespace) else { return }
        throw .forbidden(GroupResource(group: "", resource: "namespaces"), name: namespace, "this namespace may not be deleted")
    }

    /// Whether an object may be created (`isCreate`) or changed in `namespace`.
    public static func decide(
        _ resource: GroupResource, name: String, namespace: String, state: State, isCreate: Bool
    ) throws(StatusError) {
        switch state {
        case .active: return
        case .absent: throw .notFound(GroupResource(group: "", resource: "namespaces"), name: namespace)
        case .terminating:
            guard isCreate else { return }
            var error = StatusError.forbidden(
                resource, name: name, "unable to create new content in namespace \(namespace) because it is being terminated")
            error.details?.causes = [
                .init(reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated", field: "metadata.namespace")
            ]
            throw error
        }
    }
}
