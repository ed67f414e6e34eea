import KubeModel

/// How the objects of a kind are deleted, where kinds differ.
///
/// Source: the registry strategies of Kubernetes 1.36.
struct StorageTraits: Sendable {
    /// Whether a deletion answers the deleted object, not a Status.
    let returnsDeletedObject: Bool
    /// What happens to dependents when the client does not say.
    let orphansByDefault: Bool

    private static let returnDeleted: Set<String> = [
        "pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims", "podtemplates", "resourcequotas",
        "csinodes.storage.k8s.io", "csidrivers.storage.k8s.io", "storageclasses.storage.k8s.io", "volumeattachments.storage.k8s.io",
        "volumeattributesclasses.storage.k8s.io", "deviceclasses.resource.k8s.io", "resourceclaims.resource.k8s.io",
        "resourceclaimtemplates.resource.k8s.io", "resourceslices.resource.k8s.io", "podsecuritypolicies.policy",
    ]
    private static let orphanDefault: Set<String> = ["replicationcontrollers", "jobs.batch"]

    init(_ resource: GroupResource) {
        let name = resource.description
        returnsDeletedObject = Self.returnDeleted.contains(name)
        orphansByDefault = Self.orphanDefault.contains(name)
    }
}
