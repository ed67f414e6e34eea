import JSONValue
import KubeModel

/// What most strategies differ in.
struct KindTraits: Sendable {
    /// When `metadata.generation` is raised.
    enum Generation: Hashable, Sendable {
        /// Never, and the client may set it.
        case untouched
        /// It is 1 for ever.
        case constant
        /// When the spec changes.
        case spec
        /// When the spec or the annotations change.
        case specAndAnnotations
        /// When a member other than the spec changes.
        case member(String)
        /// When anything beside metadata, or a label, changes.
        case content
        /// As the template of a DaemonSet; its strategy does it.
        case template
        /// Not on creation; then when one of these fields of the spec changes.
        case bumped([String])
    }

    /// Whether the status is written through the status subresource only.
    var hasStatusOfItsOwn = false
    var generation = Generation.untouched

    static func of(_ kind: GroupVersionKind) -> KindTraits { table[kind.group]?[kind.kind] ?? KindTraits() }

    private static let statusOnly = KindTraits(hasStatusOfItsOwn: true)
    private static let statusAndSpec = KindTraits(hasStatusOfItsOwn: true, generation: .spec)
    private static let specOnly = KindTraits(generation: .spec)

    private static let table: [String: [String: KindTraits]] = [
        "": [
            "Pod": statusAndSpec, "ReplicationController": statusAndSpec, "ResourceQuota": statusOnly,
            "Service": statusOnly,
            "Namespace": statusOnly, "PersistentVolume": statusOnly, "PersistentVolumeClaim": statusOnly,
            "PodTemplate": KindTraits(generation: .member("template")),
        ],
        "apps": [
            "Deployment": KindTraits(hasStatusOfItsOwn: true, generation: .specAndAnnotations),
            "ReplicaSet": statusAndSpec,
            "StatefulSet": statusAndSpec, "DaemonSet": KindTraits(hasStatusOfItsOwn: true, generation: .template),
        ],
        "batch": ["Job": statusAndSpec, "CronJob": statusAndSpec],
        "autoscaling": ["HorizontalPodAutoscaler": statusOnly],
        "networking.k8s.io": ["Ingress": statusAndSpec, "NetworkPolicy": specOnly, "IngressClass": specOnly],
        "policy": ["PodDisruptionBudget": statusAndSpec],
        "admissionregistration.k8s.io": [
            "ValidatingWebhookConfiguration": KindTraits(generation: .member("webhooks")),
            "MutatingWebhookConfiguration": KindTraits(generation: .member("webhooks")),
            "ValidatingAdmissionPolicy": statusAndSpec, "ValidatingAdmissionPolicyBinding": specOnly,
            "MutatingAdmissionPolicy": specOnly, "MutatingAdmissionPolicyBinding": specOnly,
        ],
        "flowcontrol.apiserver.k8s.io": ["FlowSchema": statusAndSpec, "PriorityLevelConfiguration": statusAndSpec],
        "discovery.k8s.io": ["EndpointSlice": KindTraits(generation: .content)],
        "resource.k8s.io": ["DeviceClass": specOnly, "ResourceSlice": specOnly, "ResourceClaim": statusOnly],
        "scheduling.k8s.io": ["PriorityClass": KindTraits(generation: .constant)],
        "storage.k8s.io": [
            "VolumeAttachment": statusOnly,
            "CSIDriver": KindTraits(
                generation: .bumped([
                    "tokenRequests", "requiresRepublish", "seLinuxMount", "nodeAllocatableUpdatePeriodSeconds",
                ])),
        ],
        "certificates.k8s.io": ["CertificateSigningRequest": statusOnly],
        "apiregistration.k8s.io": ["APIService": statusOnly],
        "apiextensions.k8s.io": ["CustomResourceDefinition": statusAndSpec],
    ]
}

extension KindTraits.Generation {
    /// Whether the change from `old` to `new` raises the generation.
    func isBumped(from old: JSON, to new: JSON, kind: GroupVersionKind) -> Bool {
        switch self {
        case .untouched, .constant, .template: false
        case .spec: Self.differs("spec", old, new, kind)
        case .specAndAnnotations:
            Self.differs("spec", old, new, kind)
                || old[path: "metadata", "annotations"]?.stringMap ?? [:] != new[path: "metadata", "annotations"]?
                    .stringMap ?? [:]
        case .member(let name): Self.differs(name, old, new, kind)
        case .content:
            ["addressType", "endpoints", "ports"].contains { Self.differs($0, old, new, kind) }
                || old[path: "metadata", "labels"]?.stringMap ?? [:] != new[path: "metadata", "labels"]?.stringMap
                    ?? [:]
        case .bumped(let fields): fields.contains { old[path: "spec", $0] != new[path: "spec", $0] }
        }
    }

    /// Whether a member differs in the written form, where an absent and an empty value are the same.
    static func differs(_ field: String, _ old: JSON, _ new: JSON, _ kind: GroupVersionKind) -> Bool {
        if old[field] == new[field] { return false }
        return ObjectNormalization.normalized(field, of: old, kind: kind)
            != ObjectNormalization.normalized(field, of: new, kind: kind)
    }
}
