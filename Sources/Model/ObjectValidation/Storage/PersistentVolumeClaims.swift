import JSONValue
import KubeModel
import PolicyModel

/// The rules for persistent volume claims.
enum PersistentVolumeClaims {
    static let rules = KindRules(
        create: { subject, errors in body(subject, &errors) },
        update: { subject, errors in
            body(subject, &errors)
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
            changes(subject, &errors)
        }, status: status)

    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        spec(subject.new.spec, old: subject.old?.spec, "spec", &errors)
    }

    /// The template of a claim in an ephemeral volume.
    static func template(_ template: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        ObjectMeta.template(template["metadata"] ?? .object([:]), path.child("metadata"), &errors)
        spec(template["spec"] ?? .object([:]), old: nil, path.child("spec"), &errors)
    }

    private static func spec(_ spec: JSON, old: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        let modes = spec.texts("accessModes")
        if modes.isEmpty { errors.required(path.child("accessModes"), "at least 1 access mode is required") }
        LabelSelectors.validate(
            spec["selector"], allowInvalidValues: LabelSelectors.isFaulty(old?["selector"]), path.child("selector"), &errors)
        PersistentVolumes.accessModes(modes, path.child("accessModes"), &errors)
        let size = path.child("resources").key("storage")
        if let storage = spec["resources"]?["requests"]?.quantity("storage") {
            errors.positive(storage, size)
        } else {
            errors.required(size)
        }
        let storageClass = spec.text("storageClassName")
        if !storageClass.isEmpty { errors.dnsSubdomain(storageClass, path.child("storageClassName")) }
        errors.oneOf(spec["volumeMode"], PersistentVolumes.volumeModes, path.child("volumeMode"))
        let toleratesGroup = ["dataSource", "dataSourceRef"].contains { old?[$0]?.has("apiGroup") == true }
        for key in ["dataSource", "dataSourceRef"] {
            guard let source = spec.given(key) else { continue }
            dataSource(source, checksGroup: !toleratesGroup, path.child(key), &errors)
        }
        agreement(spec, path, &errors)
        let attributes = spec.text("volumeAttributesClassName")
        if !attributes.isEmpty { errors.dnsSubdomain(attributes, path.child("volumeAttributesClassName")) }
    }

    private static func dataSource(
        _ source: JSON, checksGroup: Bool, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let kind = source.text("kind")
        let group = source.text("apiGroup")
        if source.text("name").isEmpty { errors.required(path.child("name")) }
        if kind.isEmpty { errors.required(path.child("kind")) }
        if group.isEmpty, kind != "PersistentVolumeClaim" {
            errors.invalid(path, .string(kind), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
        }
        if !group.isEmpty, checksGroup { errors.dnsSubdomain(group, path.child("apiGroup")) }
        let namespace = source.text("namespace")
        if !namespace.isEmpty { errors.dnsLabel(namespace, path.child("namespace")) }
    }

    /// Both ways to name a source name the same.
    private static func agreement(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let source = spec.given("dataSource"), let reference = spec.given("dataSourceRef") else { return }
        let value = JSON.string(path.child("dataSource").rawValue)
        if !reference.text("namespace").isEmpty {
            errors.invalid(path, value, "may not be specified when dataSourceRef.namespace is specified")
        } else if ["apiGroup", "kind", "name"].contains(where: { source[$0]?.string != reference[$0]?.string }) {
            errors.invalid(path, value, "must match dataSourceRef")
        }
    }

    private static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    private static func changes(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        let old = subject.previous
        var masked = new.spec
        var before = old.spec
        if before.text("volumeName").isEmpty { before["volumeName"] = masked["volumeName"] }
        let oldClass = old.annotation(classAnnotation)
        let newClass = new.annotation(classAnnotation)
        let named = new.spec["storageClassName"]?.string
        if let oldClass, !before.has("storageClassName"), named == oldClass, newClass == nil || newClass == oldClass {
            masked["storageClassName"] = nil
        } else {
            if oldClass != newClass {
                errors.invalid(
                    FieldPath("metadata.annotations").child(classAnnotation), .string(newClass ?? ""), Wording.immutable)
            }
            if let named, !before.has("storageClassName"), oldClass == nil || oldClass == named {
                masked["storageClassName"] = nil
            }
        }
        if new.status.text("phase") == "Bound" {
            if masked["resources"]?.has("requests") == true {
                masked[path: "resources", "requests", "storage"] = before["resources"]?["requests"]?["storage"]
            }
            if masked.has("volumeAttributesClassName") {
                masked["volumeAttributesClassName"] = before["volumeAttributesClassName"]
            }
        }
        let type = "PersistentVolumeClaimSpec"
        if !GoTypes.same(masked, before, as: type) {
            let difference = UnifiedDiff.of(GoTypes.value(before, as: type), GoTypes.value(masked, as: type))
            errors.forbidden(
                "spec",
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
                    + difference)
        }
        size(new, old, &errors)
        errors.immutable(new.spec["volumeMode"], old.spec["volumeMode"], "volumeMode")
        attributesClass(new.spec, old.spec, &errors)
    }

    /// A claim may shrink while it is not larger than what there is, so that a failed growth can be taken back.
    private static func size(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let now = new.spec["resources"]?["requests"]?.quantity("storage") ?? Quantity(0)
        let before = old.spec["resources"]?["requests"]?.quantity("storage") ?? Quantity(0)
        let capacity = old.status["capacity"]?.quantity("storage") ?? Quantity(0)
        if now < before, now <= capacity {
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
        }
    }

    private static func attributesClass(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let path: FieldPath = "spec.volumeAttributesClassName"
        guard old.has("volumeAttributesClassName"), old["volumeAttributesClassName"] != new["volumeAttributesClassName"]
        else { return }
        if !new.has("volumeAttributesClassName") {
            errors.forbidden(path, "update from non-nil value to nil is forbidden")
        } else if new.text("volumeAttributesClassName").isEmpty {
            errors.forbidden(path, "update from non-nil value to an empty string is forbidden")
        }
    }

    // MARK: Status

    private static let resizeStates = [
        "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress",
        "NodeResizeInfeasible",
    ].sorted()

    private static func status(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        if subject.new.spec.list("accessModes").isEmpty { errors.required("Spec.accessModes") }
        let status = subject.new.status
        for (name, amount) in status.quantities("capacity") where amount.value < 0 {
            errors.invalid(
                FieldPath("status.capacity").key(name), JSON(amount.value), "must be a valid resource quantity")
        }
        for (name, state) in status.entries("allocatedResourceStatuses") {
            let path: FieldPath = "status.allocatedResourceStatus"
            resourceKey(name, path, &errors)
            if !resizeStates.contains(state) { errors.notSupported(path, .string(name), resizeStates) }
        }
        for (name, amount) in status.quantities("allocatedResources") {
            let path: FieldPath = "status.allocatedResources"
            let count = errors.count
            resourceKey(name, path, &errors)
            if errors.count > count { continue }
            if amount.value < 0 {
                errors.invalid(path.key(name), JSON(amount.value), "must be a valid resource quantity")
            }
        }
    }

    private static func resourceKey(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let faults = Names.qualifiedName(name)
        errors.invalid(path, .string(name), all: faults)
        if faults.isEmpty, ResourceNames.isNative(name), name != "storage" {
            errors.notSupported(path, .string(name), ["storage"])
        }
    }
}
