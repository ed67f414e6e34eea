import KubeModel

/// How the objects of a kind may be written and deleted, where kinds differ.
///
/// Source: the registry strategies of Kubernetes 1.36.
struct StorageTraits: Sendable {
    /// Whether a PUT on a name that does not exist creates the object.
    let createsOnUpdate: Bool
    /// Whether a PUT without a resource version overwrites whatever is there.
    let allowsUnconditionalUpdate: Bool
    /// Whether a deletion answers the deleted object, not a Status.
    let returnsDeletedObject: Bool
    /// What happens to dependents when the client does not say.
    let orphansByDefault: Bool

    private static let createOnUpdate: Set<String> = [
        "leases.coordination.k8s.io", "endpoints", "events", "services", "limitranges", "roles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
    ]
    private static let conditionalOnly: Set<String> = [
        "leases.coordination.k8s.io", "poddisruptionbudgets.policy", "csinodes.storage.k8s.io", "csidrivers.storage.k8s.io",
        "volumeattachments.storage.k8s.io", "csistoragecapacities.storage.k8s.io", "apiservices.apiregistration.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io", "runtimeclasses.node.k8s.io", "volumeattributesclasses.storage.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io", "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io", "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "mutatingadmissionpolicies.admissionregistration.k8s.io", "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    ]
    private static let returnDeleted: Set<String> = [
        "pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims", "podtemplates", "resourcequotas",
        "csinodes.storage.k8s.io", "csidrivers.storage.k8s.io", "storageclasses.storage.k8s.io", "volumeattachments.storage.k8s.io",
        "volumeattributesclasses.storage.k8s.io", "deviceclasses.resource.k8s.io", "resourceclaims.resource.k8s.io",
        "resourceclaimtemplates.resource.k8s.io", "resourceslices.resource.k8s.io", "podsecuritypolicies.policy",
    ]
    private static let orphanDefault: Set<String> = ["replicationcontrollers", "jobs.batch"]

    init(_ resource: GroupResource) {
        let name = resource.description
        createsOnUpdate = Self.createOnUpdate.contains(name)
        allowsUnconditionalUpdate = !Self.conditionalOnly.contains(name)
        returnsDeletedObject = Self.returnDeleted.contains(name)
        orphansByDefault = Self.orphanDefault.contains(name)
    }
}
