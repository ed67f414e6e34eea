public import KubeModel

/// Which fields a write may own: an endpoint resets the others to what they were.
public enum FieldFilter: Hashable, Sendable {
    /// All but these and what is below them.
    case excluding(FieldSet)
    /// Only what is at or below these paths; nil stands for any element.
    case including([[PathElement?]])

    /// The fields of `set` that may be owned.
    public func apply(to set: FieldSet) -> FieldSet {
        switch self {
        case .excluding(let excluded): set.subtractingRecursively(excluded)
        case .including(let paths): Self.matching(set, paths.map { $0[...] })
        }
    }

    private static func matching(_ set: FieldSet, _ paths: [ArraySlice<PathElement?>]) -> FieldSet {
        if paths.contains(where: \.isEmpty) { return set }
        return FieldSet(
            unsorted: set.entries.compactMap { entry in
                let rest = paths.filter { $0.first == .some(nil) || $0.first == .some(entry.element) }
                if rest.isEmpty { return nil }
                return .init(
                    entry.element, isMember: entry.isMember,
                    children: matching(entry.children, rest.map { $0.dropFirst() }))
            })
    }

    /// The filter of the endpoint of a built-in kind; nil when it resets nothing.
    /// The subresource is empty for the object's own endpoint.
    public static func ofEndpoint(_ kind: GroupVersionKind, subresource: String) -> FieldFilter? {
        switch subresource {
        case "": ofObject(kind)
        case "status": ofStatus(kind)
        case "resize":
            .including(
                ["resources", "resizePolicy"].map { [.field("spec"), .field("containers"), nil, .field($0)] })
        case "finalize": .excluding(FieldSet(["status"]))
        case "approval": .excluding(FieldSet(["spec"], ["status", "certificate"]))
        default: nil
        }
    }

    private static func ofObject(_ kind: GroupVersionKind) -> FieldFilter? {
        switch kind.group + "/" + kind.kind {
        case "certificates.k8s.io/CertificateSigningRequest":
            .excluding(FieldSet(["spec"], ["status"]))
        case "apps/Deployment", "apps/DaemonSet", "apps/ReplicaSet", "apps/StatefulSet", "batch/Job", "batch/CronJob",
            "/Pod", "/Namespace", "/Node", "/Service", "/ReplicationController", "/PersistentVolume",
            "/PersistentVolumeClaim", "/ResourceQuota", "networking.k8s.io/Ingress", "policy/PodDisruptionBudget",
            "autoscaling/HorizontalPodAutoscaler", "flowcontrol.apiserver.k8s.io/FlowSchema",
            "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration", "apiregistration.k8s.io/APIService",
            "apiextensions.k8s.io/CustomResourceDefinition", "storage.k8s.io/VolumeAttachment",
            "resource.k8s.io/ResourceClaim":
            .excluding(FieldSet(["status"]))
        default: nil
        }
    }

    private static func ofStatus(_ kind: GroupVersionKind) -> FieldFilter? {
        switch kind.group + "/" + kind.kind {
        case "/Pod":
            .excluding(FieldSet(["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]))
        case "apps/Deployment":
            .excluding(FieldSet(["spec"], ["metadata", "labels"]))
        case "certificates.k8s.io/CertificateSigningRequest":
            .excluding(FieldSet(["spec"], ["status", "conditions"]))
        case "apiregistration.k8s.io/APIService", "apiextensions.k8s.io/CustomResourceDefinition",
            "flowcontrol.apiserver.k8s.io/FlowSchema", "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
            "storage.k8s.io/VolumeAttachment", "resource.k8s.io/ResourceClaim":
            .excluding(FieldSet(["metadata"], ["spec"]))
        case "networking.k8s.io/ServiceCIDR", "admissionregistration.k8s.io/ValidatingAdmissionPolicy":
            nil
        default:
            .excluding(FieldSet(["spec"]))
        }
    }

    /// The filter of an endpoint of a custom resource, of which a version has the `status` subresource or not; nil
    /// when it resets nothing.
    public static func ofCustomResource(subresource: String, hasStatus: Bool) -> FieldFilter? {
        switch subresource {
        case "": hasStatus ? .excluding(FieldSet(["status"])) : nil
        case "status": .excluding(FieldSet(["metadata"], ["spec"]))
        default: nil
        }
    }
}
