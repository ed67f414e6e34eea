public import KubeModel

extension ObjectStrategy {
    private static let createdOnUpdate: [String: Set<String>] = [
        "": ["Endpoints", "Event", "LimitRange", "Service"],
        "coordination.k8s.io": ["Lease"],
        "events.k8s.io": ["Event"],
        "rbac.authorization.k8s.io": ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
    ]

    private static let updatedConditionally: [String: Set<String>] = [
        "admissionregistration.k8s.io": [
            "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
        ],
        "apiextensions.k8s.io": ["CustomResourceDefinition"],
        "apiregistration.k8s.io": ["APIService"],
        "coordination.k8s.io": ["Lease"],
        "node.k8s.io": ["RuntimeClass"],
        "policy": ["PodDisruptionBudget"],
        "storage.k8s.io": ["CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttachment"],
    ]

    /// Whether a PUT of an object that does not exist creates it.
    public static func allowsCreateOnUpdate(_ kind: GroupVersionKind) -> Bool {
        createdOnUpdate[kind.group]?.contains(kind.kind) ?? false
    }

    /// Whether a built-in object can be updated without its resource version. Custom resources cannot.
    public static func allowsUnconditionalUpdate(_ kind: GroupVersionKind) -> Bool {
        !(updatedConditionally[kind.group]?.contains(kind.kind) ?? false)
    }
}
