import JSONValue
import KubeModel

/// Whether a volume will do for a claim.
enum VolumeMatch {
    static func className(_ object: JSON) -> String {
        object.annotations["volume.beta.kubernetes.io/storage-class"] ?? object["spec"]?["storageClassName"]?.string ?? ""
    }

    static func size(_ claim: JSON) -> Quantity { quantity(claim[path: "spec", "resources", "requests", "storage"]) }
    static func capacity(_ volume: JSON) -> Quantity { quantity(volume[path: "spec", "capacity", "storage"]) }
    private static func quantity(_ value: JSON?) -> Quantity { value?.string.flatMap { Quantity($0) } ?? Quantity(value?.int ?? 0) }

    static func mode(_ object: JSON) -> String { object["spec"]?["volumeMode"]?.string ?? "Filesystem" }

    /// Whether the volume is kept for the claim, or bound to it.
    static func isFor(_ volume: JSON, _ claim: JSON) -> Bool {
        guard let reference = volume["spec"]?["claimRef"], reference["namespace"]?.string == claim.namespace, reference["name"]?.string == claim.name
        else { return false }
        let uid = reference["uid"]?.string ?? ""
        return uid.isEmpty || uid == claim.uid
    }

    /// Why a volume that a claim asks for by name cannot be had; nil when it can.
    static func mismatch(_ volume: JSON, _ claim: JSON) -> String? {
        if size(claim) > capacity(volume) { return "requested PV is too small" }
        if className(claim) != className(volume) { return "storageClassName does not match" }
        if mode(claim) != mode(volume) { return "incompatible volumeMode" }
        if !Set(claim["spec"]?["accessModes"]?.strings ?? []).isSubset(of: volume["spec"]?["accessModes"]?.strings ?? []) { return "incompatible accessMode" }
        return nil
    }

    /// The best of the volumes: one that is kept for the claim, or else the smallest that is large enough.
    static func best(_ claim: JSON, of volumes: [JSON], onlyKept: Bool) -> JSON? {
        let usable = volumes.filter { !$0.isBeingDeleted }
        if let kept = usable.first(where: { isFor($0, claim) && mismatch($0, claim) == nil }) { return kept }
        if onlyKept { return nil }
        let selector = claim["spec"]?["selector"].map { LabelSelector(object: $0) }
        return usable.filter { volume in
            volume["spec"]?["claimRef"]?.object == nil && volume["status"]?["phase"]?.string == "Available" && mismatch(volume, claim) == nil
                && selector?.matches(volume.labels) ?? true
        }.min { (capacity($0), $0.name) < (capacity($1), $1.name) }
    }
}
