import JSONValue
import KubeModel

/// Updates through the status subresource: the spec stays, and for some kinds the metadata too.
enum StatusStrategy {
    static func prepareForUpdate(_ new: inout JSON, old: JSON, kind: GroupVersionKind, now: Timestamp) {
        new["spec"] = old["spec"]
        switch (kind.group, kind.kind) {
        case ("", "Pod"): PodStrategy.prepareStatus(&new, old: old)
        case ("", "PersistentVolume"): VolumeStrategy.prepareVolumeStatus(&new, old: old, now: now)
        case ("apps", "Deployment"): keep(["labels"], of: old, in: &new)
        case ("certificates.k8s.io", "CertificateSigningRequest"):
            CertificateSigningRequestStrategy.prepareStatus(&new, old: old, now: now)
        case ("apiregistration.k8s.io", "APIService"):
            keep(["labels", "annotations", "finalizers", "ownerReferences"], of: old, in: &new)
        case ("resource.k8s.io", "ResourceClaim"):
            resetMetadata(&new, old: old)
            dropDeallocatedDevices(&new, old: old)
        case ("storage.k8s.io", "VolumeAttachment"), ("networking.k8s.io", "ServiceCIDR"),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"):
            resetMetadata(&new, old: old)
        case ("flowcontrol.apiserver.k8s.io", _):
            let fields = new[path: "metadata", "managedFields"]
            let version = new[path: "metadata", "resourceVersion"]
            new["metadata"] = old["metadata"]
            new[path: "metadata", "managedFields"] = fields
            if let version { new[path: "metadata", "resourceVersion"] = version }
        default: break
        }
    }

    private static func keep(_ fields: [String], of old: JSON, in new: inout JSON) {
        for field in fields { new[path: "metadata", field] = old[path: "metadata", field] }
    }

    /// Takes over all of the metadata that a user can set.
    static func resetMetadata(_ new: inout JSON, old: JSON) {
        keep(
            ["deletionTimestamp", "generation", "selfLink", "labels", "annotations", "finalizers", "ownerReferences"],
            of: old, in: &new)
    }

    /// The status of devices that are no longer allocated goes with the allocation.
    private static func dropDeallocatedDevices(_ new: inout JSON, old: JSON) {
        func allocated(_ claim: JSON) -> Set<[String]> {
            let results = claim[path: "status", "allocation", "devices"]?.elements("results") ?? []
            return Set(results.map { [$0.text("driver"), $0.text("pool"), $0.text("device")] })
        }
        let gone = allocated(old).subtracting(allocated(new))
        guard !gone.isEmpty else { return }
        new.edit("status") { status in
            let kept = status.elements("devices").filter {
                !gone.contains([$0.text("driver"), $0.text("pool"), $0.text("device")])
            }
            status["devices"] = kept.isEmpty ? nil : .array(kept)
        }
    }
}
