public import JSONValue
public import KubeModel

/// A claim is bound to a volume that will do, and the volume to the claim.
///
/// Each look makes one write: the volume is kept for the claim first, so that no two claims get the same one, and what
/// follows is seen at the next look.
///
/// Source: Kubernetes documentation, "Persistent Volumes"; "Storage Classes", volume binding mode.
public enum VolumeClaims {
    /// The resource that is observed.
    public static let resource = StatefulSets.claims
    /// The volumes.
    public static let volumes = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumes")
    /// The classes.
    public static let classes = GroupVersionResource(group: "storage.k8s.io", version: "v1", resource: "storageclasses")
    static let completed = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"
    static let selectedNode = "volume.kubernetes.io/selected-node"
    private static let provisioners = ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"]

    /// Of which class volumes a claim wants.
    public static func className(_ object: JSON) -> String { VolumeMatch.className(object) }

    /// Whether a claim has no volume yet.
    public static func isUnbound(_ claim: JSON) -> Bool { claim.annotations[completed] == nil }

    /// What one look at a claim leads to: it is bound, gets a volume made, waits, or has lost its volume.
    ///
    /// - Parameters:
    ///   - claim: the claim, as it is now.
    ///   - named: the volume that the claim names.
    ///   - candidates: the volumes of its class; asked for only when it has none.
    ///   - storageClass: its class.
    ///   - node: the node of a name: of the one that a pod of the claim is to run on.
    ///   - provisions: whether volumes of ``LocalVolumes`` are made.
    /// - Returns: the next writes of claim and volume, and the events.
    public static func plan(
        _ claim: JSON, named: JSON?, candidates: () -> [JSON], storageClass: JSON?, node: (String) -> JSON?, provisions: Bool
    ) -> Plan {
        let name = claim["spec"]?["volumeName"]?.string ?? ""
        if !isUnbound(claim) {
            if name.isEmpty { return lost(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!") }
            guard let named else { return lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!") }
            if named["spec"]?["claimRef"]?.object == nil || VolumeMatch.isFor(named, claim) { return bind(named, claim) }
            return lost(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
        }
        if claim.isBeingDeleted { return Plan() }
        if !name.isEmpty {
            guard let named else { return pending(claim) }
            if VolumeMatch.isFor(named, claim) { return bind(named, claim) }
            if named["spec"]?["claimRef"]?.object != nil { return pending(claim) }
            if let why = VolumeMatch.mismatch(named, claim) {
                return pending(claim, Notice(isWarning: true, reason: "VolumeMismatch", message: "Cannot bind to requested volume \"\(name)\": \(why)"))
            }
            return bind(named, claim)
        }
        let waits = storageClass?["volumeBindingMode"]?.string == "WaitForFirstConsumer"
        if let volume = VolumeMatch.best(claim, of: candidates(), onlyKept: waits) { return bind(volume, claim) }
        let chosen = claim.annotations[selectedNode]
        if waits, chosen == nil {
            return pending(claim, Notice(reason: "WaitForFirstConsumer", message: "waiting for first consumer to be created before binding"))
        }
        return provision(claim, storageClass, node: chosen.flatMap(node), provisions: provisions)
    }

    // MARK: Without a volume

    private static func provision(_ claim: JSON, _ storageClass: JSON?, node: JSON?, provisions: Bool) -> Plan {
        let name = className(claim)
        if name.isEmpty {
            return pending(
                claim, Notice(reason: "FailedBinding", message: "no persistent volumes available for this claim and no storage class is set"))
        }
        guard let storageClass else {
            return pending(claim, Notice(isWarning: true, reason: "ProvisioningFailed", message: "storageclass.storage.k8s.io \"\(name)\" not found"))
        }
        let provisioner = storageClass["provisioner"]?.string ?? ""
        if provisioner == "kubernetes.io/no-provisioner" {
            return pending(claim, Notice(reason: "FailedBinding", message: "no persistent volumes available for this claim, and its class makes none"))
        }
        if provisioner == LocalVolumes.provisioner, provisions {
            switch LocalVolumes.make(for: claim, storageClass, node: node) {
            case .volume(let volume):
                return Plan(
                    changes: [.create(Target(volumes, name: ""), volume)],
                    notices: [Notice(reason: "ProvisioningSucceeded", message: "Successfully provisioned volume \(volume.name)")])
            case .refused(let why):
                return pending(claim, Notice(isWarning: true, reason: "ProvisioningFailed", message: "failed to provision volume with StorageClass \"\(name)\": \(why)"))
            }
        }
        if provisioners.contains(where: { claim.annotations[$0] != provisioner }) {
            // By these the provisioner knows that the claim is for it.
            var object = claim
            for key in provisioners { object[path: "metadata", "annotations", key] = .string(provisioner) }
            return Plan(changes: [.replace(Target(resource, claim), object)])
        }
        return pending(
            claim,
            Notice(
                reason: "ExternalProvisioning",
                message: "Waiting for a volume to be created either by the external provisioner '\(provisioner)' or manually by the system administrator. "
                    + "If volume creation is delayed, please verify that the provisioner is running and correctly registered."))
    }

    private static func pending(_ claim: JSON, _ notice: Notice? = nil) -> Plan { phase("Pending", claim, notice) }

    private static func lost(_ claim: JSON, _ reason: String, _ message: String) -> Plan {
        if claim["status"]?["phase"]?.string == "Lost" { return Plan() }
        return phase("Lost", claim, Notice(isWarning: true, reason: reason, message: message))
    }

    private static func phase(_ phase: String, _ claim: JSON, _ notice: Notice?) -> Plan {
        let notices = [notice].compactMap { $0 }
        if claim["status"]?["phase"]?.string == phase { return Plan(notices: notices) }
        var object = claim
        object["status"] = ["phase": .string(phase)]
        return Plan(changes: [.replace(Target(resource, claim, subresource: "status"), object)], notices: notices)
    }

    // MARK: With one

    /// The next step of binding the two; nothing when they are bound.
    private static func bind(_ volume: JSON, _ claim: JSON) -> Plan {
        let uid = volume[path: "spec", "claimRef", "uid"]?.string ?? ""
        if uid.isEmpty {
            var object = volume
            let isFree = volume["spec"]?["claimRef"]?.object == nil
            object[path: "spec", "claimRef"] = reference(to: claim)
            // What a user has bound is not given to another claim when this one goes.
            if isFree { object[path: "metadata", "annotations", boundByController] = "yes" }
            return Plan(changes: [.replace(Target(volumes, volume), object)])
        }
        if volume["status"]?["phase"]?.string != "Bound" { return Plan(changes: [Volumes.phase("Bound", volume)]) }
        let name = claim["spec"]?["volumeName"]?.string ?? ""
        if name.isEmpty || isUnbound(claim) {
            var object = claim
            object[path: "spec", "volumeName"] = .string(volume.name)
            object[path: "metadata", "annotations", completed] = "yes"
            if name.isEmpty { object[path: "metadata", "annotations", boundByController] = "yes" }
            return Plan(changes: [.replace(Target(resource, claim), object)])
        }
        var status = claim["status"] ?? [:]
        let before = status["phase"]?.string
        status["phase"] = "Bound"
        // Later sizes are told by whoever makes the volume larger.
        if before != "Bound" {
            status["accessModes"] = volume["spec"]?["accessModes"]
            status["capacity"] = ["storage": volume[path: "spec", "capacity", "storage"] ?? "0"]
        }
        if status == claim["status"] { return Plan() }
        var object = claim
        object["status"] = status
        return Plan(changes: [.replace(Target(resource, claim, subresource: "status"), object)])
    }

    static func reference(to claim: JSON) -> JSON {
        var reference: JSON = [
            "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": .string(claim.namespace), "name": .string(claim.name), "uid": .string(claim.uid),
        ]
        reference["resourceVersion"] = claim["metadata"]?["resourceVersion"]
        return reference
    }
}
