import Admission
import JSONValue
import KubeModel
import Synchronization

/// What admission asks of the cluster's state, by name.
struct ClusterView: Sendable {
    let registry: Registry
    let cache: ObjectCache

    private func object(_ plural: String, group: String, key: String) -> JSON? {
        cache[GroupResource(group: group, resource: plural)]?[key]?.tree
    }

    /// All objects of a small, cluster-scoped resource such as storage classes.
    func objects(_ plural: String, group: String) -> [JSON] {
        let resource = GroupResource(group: group, resource: plural)
        return cache[resource]?.objects(prefix: StorageKey.folder(of: resource)).map(\.tree) ?? []
    }

    func namespaceState(_ name: String) -> NamespaceLifecycle.State {
        guard let namespace = object("namespaces", group: "", key: "/registry/namespaces/\(name)") else { return .absent }
        return namespace["status"]?["phase"]?.string == "Terminating" || namespace["metadata"]?["deletionTimestamp"] != nil ? .terminating : .active
    }

    func namespaceLabels(_ name: String) -> [String: String] {
        cache[GroupResource(group: "", resource: "namespaces")]?["/registry/namespaces/\(name)"]?.labels ?? [:]
    }

    /// The pods of one namespace.
    func pods(namespace: String) -> [JSON] {
        cache[GroupResource(group: "", resource: "pods")]?.objects(prefix: "/registry/pods/\(namespace)/").map(\.tree) ?? []
    }

    func serviceAccount(namespace: String, name: String) -> JSON? {
        object("serviceaccounts", group: "", key: "/registry/serviceaccounts/\(namespace)/\(name)")
    }

    func pod(namespace: String, name: String) -> JSON? { object("pods", group: "", key: "/registry/pods/\(namespace)/\(name)") }

    func node(_ name: String) -> JSON? { object("nodes", group: "", key: "/registry/minions/\(name)") }

    func driver(_ name: String) -> JSON? { object("csidrivers", group: "storage.k8s.io", key: "/registry/csidrivers/\(name)") }

    func runtimeClass(_ name: String) -> JSON? {
        object("runtimeclasses", group: "node.k8s.io", key: "/registry/runtimeclasses/\(name)")
    }

    /// The quotas of one namespace, by name.
    func quotas(_ namespace: String) -> [CachedObject] {
        cache[QuotaCharge.resource]?.objects(prefix: "/registry/resourcequotas/\(namespace)/") ?? []
    }

    /// All objects of a resource in one namespace.
    func objects(of resource: GroupResource, namespace: String) -> [JSON] {
        cache[resource]?.objects(prefix: "\(StorageKey.folder(of: resource))\(namespace)/").map(\.tree) ?? []
    }

    /// The limit ranges of one namespace, by name.
    func limitRanges(_ namespace: String) -> [JSON] {
        cache[GroupResource(group: "", resource: "limitranges")]?.objects(prefix: "/registry/limitranges/\(namespace)/").map(\.tree) ?? []
    }

    func priorityClass(_ name: String) -> JSON? {
        object("priorityclasses", group: "scheduling.k8s.io", key: "/registry/priorityclasses/\(name)")
    }

    /// The class for pods that name none: of several, the one of the lowest value.
    var defaultPriorityClass: JSON? {
        objects("priorityclasses", group: "scheduling.k8s.io").filter { $0["globalDefault"]?.bool == true }
            .min { ($0["value"]?.int ?? 0) < ($1["value"]?.int ?? 0) }
    }
}
