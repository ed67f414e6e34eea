import JSONValue
import KubeModel
import PolicyModel

/// The rules for persistent volumes.
enum PersistentVolumes {
    static let rules = KindRules(
        create: { subject, errors in
            body(subject, &errors)
            mountOptions(subject.new, &errors)
        },
        update: { subject, errors in
            body(subject, &errors)
            mountOptions(subject.new, &errors)
            body(subject, &errors)
            changes(subject.new.spec, subject.previous.spec, &errors)
        })

    static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
    static let volumeModes = ["Block", "Filesystem"]

    /// Sources in the order in which they are looked at, with the name in faults of a second one.
    private static let kinds = [
        ("hostPath", "hostPath"), ("gcePersistentDisk", "gcePersistentDisk"),
        ("awsElasticBlockStore", "awsElasticBlockStore"), ("glusterfs", "glusterfs"), ("flocker", "flocker"),
        ("nfs", "nfs"), ("rbd", "rbd"), ("quobyte", "quobyte"), ("cephfs", "cephFS"), ("iscsi", "iscsi"),
        ("cinder", "cinder"), ("fc", "fc"), ("flexVolume", "flexVolume"), ("azureFile", "azureFile"),
        ("vsphereVolume", "vsphereVolume"), ("photonPersistentDisk", "photonPersistentDisk"),
        ("portworxVolume", "portworxVolume"), ("azureDisk", "azureDisk"), ("scaleIO", "scaleIO"), ("local", "local"),
        ("storageos", "storageos"), ("csi", "csi"),
    ]

    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let volume = subject.new
        ObjectMeta.validate(volume.metadata, namespaced: false, names: .subdomain, &errors)
        let allowInvalid = NodeSelectors.hasInvalidValue(subject.previous.spec["nodeAffinity"]?["required"])
        spec(volume.spec, name: volume.name, isInline: false, allowInvalidValues: allowInvalid, "spec", &errors)
    }

    /// The modes in which nodes may use a volume.
    static func accessModes(_ modes: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        for mode in modes where !accessModes.contains(mode) { errors.notSupported(path, .string(mode), accessModes) }
        let known = modes.filter(accessModes.contains)
        if known.contains("ReadWriteOncePod"), known.contains(where: { $0 != "ReadWriteOncePod" }) {
            errors.forbidden(path, "may not use ReadWriteOncePod with other access modes")
        }
    }

    /// - Parameter isInline: whether the volume stands in an attachment instead of by itself.
    static func spec(
        _ spec: JSON, name: String, isInline: Bool, allowInvalidValues: Bool = false, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let inline = "may not be specified in the context of inline volumes"
        if isInline {
            if spec.has("claimRef") { errors.forbidden(path.child("claimRef"), inline) }
            if !spec.members("capacity").isEmpty { errors.forbidden(path.child("capacity"), inline) }
            if !spec.has("csi") {
                errors.required(path.child("csi"), "has to be specified in the context of inline volumes")
            }
        }
        let modes = spec.texts("accessModes")
        if modes.isEmpty { errors.required(path.child("accessModes")) }
        accessModes(modes, path.child("accessModes"), &errors)
        if !isInline { capacity(spec, path.child("capacity"), &errors) }
        reclaim(spec, isInline: isInline, path, &errors)
        if let affinity = spec.given("nodeAffinity") {
            let here = path.child("nodeAffinity")
            if isInline {
                errors.forbidden(here, inline)
            } else if let required = affinity.given("required") {
                NodeSelectors.validate(
                    required, allowInvalidValues: allowInvalidValues, here.child("required"), &errors)
            } else {
                errors.required(here.child("required"), "must specify required node constraints")
            }
        }
        sources(spec, name, path, &errors)
        classes(spec, isInline: isInline, path, &errors)
    }

    private static func capacity(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let amounts = spec.quantities("capacity")
        if amounts.isEmpty { errors.required(path) }
        if amounts.count != 1 || amounts[0].name != "storage" {
            errors.notSupported(path, GoTypes.resources(spec["capacity"]), ["storage"])
        }
        for (name, amount) in amounts {
            if amount.value < 0 {
                errors.invalid(path.key(name), JSON(amount.value), "must be a valid resource quantity")
            }
            errors.positive(amount, path.key(name))
        }
    }

    private static func reclaim(_ spec: JSON, isInline: Bool, _ path: FieldPath, _ errors: inout [FieldError]) {
        let policy = spec.text("persistentVolumeReclaimPolicy")
        let here = path.child("persistentVolumeReclaimPolicy")
        if policy.isEmpty { return }
        if isInline {
            if policy != "Retain" { errors.forbidden(here, "may only be Retain in the context of inline volumes") }
        } else if !["Delete", "Recycle", "Retain"].contains(policy) {
            errors.notSupported(here, .string(policy), ["Delete", "Recycle", "Retain"])
        }
    }

    private static func sources(_ spec: JSON, _ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        var count = 0
        for (kind, printed) in kinds {
            guard let source = spec.given(kind) else { continue }
            count += 1
            if count > 1, kind != "flexVolume" {
                errors.forbidden(path.child(printed), "may not specify more than 1 volume type")
                continue
            }
            BlockVolumes.validate(source, kind, persistentVolume: name, path, &errors)
            if kind == "local", spec.given("nodeAffinity") == nil {
                errors.required(path.child("nodeAffinity"), "Local volume requires node affinity")
            }
        }
        if count == 0 { errors.required(path, "must specify a volume type") }
        if let host = spec["hostPath"]?["path"]?.string, isRoot(host),
            spec.text("persistentVolumeReclaimPolicy") == "Recycle"
        {
            errors.forbidden(
                path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'")
        }
    }

    private static func isRoot(_ path: String) -> Bool {
        var depth = 0
        guard path.hasPrefix("/") else { return false }
        for part in path.split(separator: "/") where part != "." { depth = part == ".." ? max(0, depth - 1) : depth + 1 }
        return depth == 0
    }

    private static func classes(_ spec: JSON, isInline: Bool, _ path: FieldPath, _ errors: inout [FieldError]) {
        let storage = spec.text("storageClassName")
        if !storage.isEmpty {
            if isInline {
                errors.forbidden(
                    path.child("storageClassName"), "may not be specified in the context of inline volumes")
            } else {
                errors.dnsSubdomain(storage, path.child("storageClassName"))
            }
        }
        if let mode = spec["volumeMode"]?.string {
            if !isInline {
                errors.oneOf(.string(mode), volumeModes, path.child("volumeMode"))
            } else if mode != "Filesystem" {
                errors.forbidden(
                    path.child("volumeMode"),
                    "may not specify volumeMode other than Filesystem in the context of inline volumes")
            }
        }
        guard let attributes = spec["volumeAttributesClassName"]?.string else { return }
        if attributes.isEmpty {
            errors.required(path.child("volumeAttributesClassName"), "an empty string is disallowed")
        } else {
            errors.dnsSubdomain(attributes, path.child("volumeAttributesClassName"))
        }
        if !spec.has("csi") {
            errors.required(path.child("csi"), "has to be specified when using volumeAttributesClassName")
        }
    }

    /// Only some sources know what to do with mount options.
    private static func mountOptions(_ volume: JSON, _ errors: inout [FieldError]) {
        let key = "volume.beta.kubernetes.io/mount-options"
        guard volume.annotation(key) != nil else { return }
        let able = [
            "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "iscsi", "nfs", "rbd", "cephfs", "cinder", "quobyte",
            "azureFile", "azureDisk", "vsphereVolume", "photonPersistentDisk", "csi", "storageos",
        ]
        if able.contains(where: volume.spec.has) { return }
        errors.forbidden(
            FieldPath("metadata.annotations").child(key), "may not specify mount options for this volume type")
    }

    private static func changes(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        var masked = new
        if old["csi"]?.has("controllerExpandSecretRef") == false {
            if masked.has("csi") { masked[path: "csi", "controllerExpandSecretRef"] = nil }
        }
        if !GoTypes.same(masked, old, as: "PersistentVolumeSource") {
            let difference = UnifiedDiff.of(
                GoTypes.value(old, as: "PersistentVolumeSource"), GoTypes.value(masked, as: "PersistentVolumeSource"))
            errors.forbidden(
                "spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation\n" + difference)
        }
        errors.immutable(new["volumeMode"], old["volumeMode"], "volumeMode")
        if old.has("nodeAffinity"), !sameMeaning(stable(new["nodeAffinity"], old["nodeAffinity"]), old["nodeAffinity"]) {
            errors.invalid(
                "nodeAffinity", GoTypes.pointer(new["nodeAffinity"], as: "VolumeNodeAffinity"),
                Wording.immutable + ", except for updating from beta label to GA")
        }
        if old.has("volumeAttributesClassName"), !new.has("volumeAttributesClassName") {
            errors.forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden")
        }
    }

    private static let successors = [
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
        "beta.kubernetes.io/os": "kubernetes.io/os", "beta.kubernetes.io/arch": "kubernetes.io/arch",
        "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    ]

    /// The new affinity with the keys of the old one where only their names have moved on.
    private static func stable(_ new: JSON?, _ old: JSON?) -> JSON? {
        guard var affinity = new, let terms = affinity["required"]?["nodeSelectorTerms"]?.array else { return new }
        let before = old?["required"]?.list("nodeSelectorTerms") ?? []
        guard terms.count == before.count else { return new }
        affinity[path: "required", "nodeSelectorTerms"] = .array(
            zip(terms, before).map { term, earlier in
                let earlierKeys = earlier.list("matchExpressions").map { $0.text("key") }
                guard var changed = Optional(term), term.list("matchExpressions").count == earlierKeys.count else { return term }
                changed["matchExpressions"] = .array(
                    zip(term.list("matchExpressions"), earlierKeys).map { expression, key in
                        var expression = expression
                        if successors[key] == expression.text("key") { expression["key"] = .string(key) }
                        return expression
                    })
                return changed
            })
        return affinity
    }
}
