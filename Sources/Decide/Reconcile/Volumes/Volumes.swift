public import JSONValue
import KubeModel

/// A volume says whether it is free, bound, or left behind by its claim; one that was made for a claim goes with it.
///
/// Source: Kubernetes documentation, "Persistent Volumes", phases and reclaiming.
public enum Volumes {
    /// The claim that a volume is for, as the key `namespace/name`; nil when it is for none.
    public static func claimKey(_ volume: JSON) -> String? {
        guard let reference = volume["spec"]?["claimRef"], let name = reference["name"]?.string else { return nil }
        return "\(reference["namespace"]?.string ?? "")/\(name)"
    }

    static func phase(_ phase: String, _ volume: JSON, message: String? = nil) -> Change {
        var object = volume
        object[path: "status", "phase"] = .string(phase)
        object[path: "status", "message"] = message.map { .string($0) }
        return .replace(Target(VolumeClaims.volumes, volume, subresource: "status"), object)
    }

    /// What one look at a volume leads to: another phase, its deletion, or that it is free for another claim.
    ///
    /// - Parameters:
    ///   - volume: the volume, as it is now.
    ///   - claim: the claim of the name that the volume is for.
    /// - Returns: at most one write, with its event.
    public static func plan(_ volume: JSON, claim: JSON?) -> Plan {
        let present = volume["status"]?["phase"]?.string
        func become(_ phase: String) -> Plan { present == phase ? Plan() : Plan(changes: [Self.phase(phase, volume)]) }
        let uid = volume[path: "spec", "claimRef", "uid"]?.string ?? ""
        if uid.isEmpty { return become("Available") }
        if let claim, claim.uid == uid {
            let name = claim["spec"]?["volumeName"]?.string ?? ""
            if name.isEmpty || name == volume.name { return become("Bound") }
            return misbound(volume)
        }
        if present != "Released", present != "Failed" { return become("Released") }
        guard volume["spec"]?["persistentVolumeReclaimPolicy"]?.string == "Delete", !volume.isBeingDeleted else { return Plan() }
        if LocalVolumes.isOurs(volume) { return Plan(changes: [.delete(Target(VolumeClaims.volumes, volume), uid: volume.uid, policy: nil)]) }
        // A volume of a provisioner is that one's to delete; nobody else knows what is behind it.
        guard volume.annotations[LocalVolumes.provisionedBy] == nil, present != "Failed" else { return Plan() }
        let message = "no deletable volume plugin matched"
        return Plan(
            changes: [phase("Failed", volume, message: message)], notices: [Notice(isWarning: true, reason: "VolumeFailedDelete", message: message)])
    }

    /// The claim has another volume: this one is free again, or goes when it was made for the claim.
    private static func misbound(_ volume: JSON) -> Plan {
        if LocalVolumes.isOurs(volume), volume["spec"]?["persistentVolumeReclaimPolicy"]?.string == "Delete" {
            if volume.isBeingDeleted { return Plan() }
            if volume["status"]?["phase"]?.string != "Released" { return Plan(changes: [phase("Released", volume)]) }
            return Plan(changes: [.delete(Target(VolumeClaims.volumes, volume), uid: volume.uid, policy: nil)])
        }
        var object = volume
        if volume.annotations[VolumeClaims.boundByController] != nil {
            object["spec"]?["claimRef"] = nil
            object["metadata"]?["annotations"]?[VolumeClaims.boundByController] = nil
        } else {
            // A user keeps it for the name.
            object["spec"]?["claimRef"]?["uid"] = nil
            object["spec"]?["claimRef"]?["resourceVersion"] = nil
        }
        return Plan(changes: [.replace(Target(VolumeClaims.volumes, volume), object)])
    }
}

/// Claims and volumes that are in use stay until they are not.
///
/// Source: Kubernetes documentation, "Storage Object in Use Protection".
public enum VolumeProtection {
    static let claimFinalizer = "kubernetes.io/pvc-protection"
    static let volumeFinalizer = "kubernetes.io/pv-protection"

    /// Decides about a claim, which is in use by pods that have a node and are not over.
    ///
    /// - Parameters:
    ///   - claim: the claim, as it is now.
    ///   - pods: the pods that name the claim.
    /// - Returns: the write that puts the finalizer on, or takes it off a claim that goes; nil when all is right.
    public static func plan(claim: JSON, pods: [JSON]) -> Change? {
        let isUsed = pods.contains { !ReplicaSets.isFinished($0) && !($0["spec"]?["nodeName"]?.string ?? "").isEmpty }
        return change(claim, of: VolumeClaims.resource, finalizer: claimFinalizer, isUsed: isUsed)
    }

    /// Decides about a volume.
    public static func plan(volume: JSON) -> Change? {
        change(volume, of: VolumeClaims.volumes, finalizer: volumeFinalizer, isUsed: volume["status"]?["phase"]?.string == "Bound")
    }

    private static func change(_ object: JSON, of resource: GroupVersionResource, finalizer: String, isUsed: Bool) -> Change? {
        let isProtected = object.finalizers.contains(finalizer)
        var finalizers = object.finalizers
        if object.isBeingDeleted {
            if !isProtected || isUsed { return nil }
            finalizers.removeAll { $0 == finalizer }
        } else {
            if isProtected { return nil }
            finalizers.append(finalizer)
        }
        var changed = object
        changed[path: "metadata", "finalizers"] = finalizers.isEmpty ? nil : JSON(finalizers)
        return .replace(Target(resource, object), changed)
    }
}
