import JSONValue
import KubeModel
import PolicyModel

/// The rules for classes of storage.
enum StorageClasses {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            body(subject, &errors)
            let new = subject.new
            let old = subject.previous
            ObjectMeta.validateUpdate(new.metadata, old.metadata, &errors)
            for key in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
                errors.immutable(new[key], old[key], FieldPath(key))
            }
        })

    static let attributes = KindRules(
        create: attributesBody,
        update: { subject, errors in
            attributesBody(subject, &errors)
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            unchanged(subject, "driverName", &errors)
            unchanged(subject, "parameters", &errors)
            attributesBody(subject, &errors)
        })

    private static func unchanged(_ subject: Subject, _ key: String, _ errors: inout [FieldError]) {
        if sameMeaning(subject.new[key], subject.previous[key]) { return }
        errors.forbidden(FieldPath(key), "updates to \(key) are forbidden.")
    }

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        ObjectMeta.validate(new.metadata, namespaced: false, names: .subdomain, &errors)
        provisioner(new.text("provisioner"), "provisioner", &errors)
        parameters(new, &errors)
        let reclaim = new.text("reclaimPolicy")
        if !reclaim.isEmpty { errors.oneOf(.string(reclaim), ["Delete", "Retain"], "reclaimPolicy") }
        if new.has("volumeBindingMode") {
            errors.oneOf(new["volumeBindingMode"], ["Immediate", "WaitForFirstConsumer"], "volumeBindingMode")
        } else {
            errors.required("volumeBindingMode")
        }
        topologies(new.list("allowedTopologies"), &errors)
    }

    @Sendable
    private static func attributesBody(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        ObjectMeta.validate(new.metadata, namespaced: false, names: .subdomain, &errors)
        provisioner(new.text("driverName"), "driverName", &errors)
        parameters(new, &errors)
        if new.members("parameters").isEmpty {
            errors.required("parameters", "must contain at least one key/value pair")
        }
    }

    private static func provisioner(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if name.isEmpty { errors.required(path) } else { errors.qualifiedName(name.lowercased(), path) }
    }

    private static func parameters(_ object: JSON, _ errors: inout [FieldError]) {
        let entries = object.entries("parameters")
        if entries.count > 512 { return errors.tooLong("parameters", 512) }
        var size = 0
        for (key, value) in entries {
            if key.isEmpty { errors.invalid("parameters", "", "field can not be empty.") }
            size += key.utf8.count + value.utf8.count
        }
        if size > 256 * 1024 { errors.tooLong("parameters", 256 * 1024) }
    }

    private static func topologies(_ terms: [JSON], _ errors: inout [FieldError]) {
        var known: [[String: Set<String>]] = []
        for (at, term) in terms.enumerated() {
            let path = FieldPath("allowedTopologies").index(at).child("matchLabelExpressions")
            var raw: [String: Set<String>] = [:]
            for (index, requirement) in term.list("matchLabelExpressions").enumerated() {
                let here = path.index(index)
                let values = requirement.texts("values")
                if values.isEmpty { errors.required(here.child("values")) }
                var seen = Set<String>()
                for (position, value) in values.enumerated() where !seen.insert(value).inserted {
                    errors.duplicate(here.child("values").index(position), .string(value))
                }
                let key = requirement.text("key")
                errors.qualifiedName(key, here.child("key"))
                if raw[key] != nil { errors.duplicate(here.child("key"), .string(key)) }
                raw[key] = seen
            }
            if known.contains(raw) { errors.duplicate(path, "") }
            known.append(raw)
        }
    }
}

/// The rules for attachments of volumes to nodes.
enum VolumeAttachments {
    static let rules = KindRules(
        create: { subject, errors in
            body(subject, &errors)
            let spec = subject.new.spec
            let attacher = spec.text("attacher")
            if attacher.utf8.count > 63 { errors.tooLong("spec.attacher", 63) }
            if !attacher.isEmpty {
                errors.invalid("spec.attacher", .string(attacher), all: Names.dnsSubdomain(attacher.lowercased()))
            }
            if let name = spec["source"]?["persistentVolumeName"]?.string {
                errors.dnsSubdomain(name, "spec.source.persistentVolumeName")
            }
        },
        update: { subject, errors in
            body(subject, &errors)
            if sameMeaning(subject.new.spec, subject.previous.spec) { return }
            errors.invalid("spec", GoTypes.value(subject.new.spec, as: "VolumeAttachmentSpec"), Wording.immutable)
        })

    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
        if spec.text("attacher").isEmpty { errors.required("spec.attacher") }
        source(spec["source"] ?? .object([:]), "spec.source", &errors)
        errors.dnsSubdomain(spec.text("nodeName"), "spec.nodeName")
        let status = subject.new.status
        let size = status.entries("attachmentMetadata").reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > 256 * 1024 { errors.tooLong("status.attachmentMetadata", 256 * 1024) }
        for key in ["attachError", "detachError"] {
            guard let error = status.given(key) else { continue }
            let path = FieldPath("status").child(key)
            if error.text("message").utf8.count > 1024 { errors.tooLong(path.child("message"), 256 * 1024) }
            if let code = error.number("errorCode"), code < 0 {
                errors.invalid(path.child("errorCode"), JSON(code), Wording.range(0, Int64(Int32.max)))
            }
        }
    }

    private static func source(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rule = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        switch (source.given("inlineVolumeSpec"), source["persistentVolumeName"]?.string) {
        case (nil, nil): errors.required(path, rule)
        case (_?, _?): errors.forbidden(path, rule)
        case (nil, let name?):
            if name.isEmpty {
                errors.required(path.child("persistentVolumeName"), "must specify non empty persistentVolumeName")
            }
        case (let spec?, nil):
            PersistentVolumes.spec(spec, name: "", isInline: true, path.child("inlineVolumeSpec"), &errors)
        }
    }
}

/// The rules for what CSI drivers say of themselves.
enum CSIKinds {
    static let nodes = KindRules(
        create: node,
        update: { subject, errors in
            node(subject, &errors)
            let before = subject.previous.spec.list("drivers")
            for driver in before {
                for now in subject.new.spec.list("drivers") where now.text("name") == driver.text("name") {
                    var new = now
                    var old = driver
                    new["allocatable"] = nil
                    old["allocatable"] = nil
                    if sameMeaning(new, old) { continue }
                    errors.invalid("spec.drivers", GoTypes.value(new, as: "CSINodeDriver"), Wording.immutable)
                }
            }
        })

    @Sendable
    private static func node(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
        var names = Set<String>()
        for (at, driver) in subject.new.spec.list("drivers").enumerated() {
            let path = FieldPath("spec.drivers").index(at)
            let name = driver.text("name")
            BlockVolumes.csiDriver(name, path.child("name"), &errors)
            let id = driver.text("nodeID")
            if id.isEmpty { errors.required(path.child("nodeID")) }
            if id.utf8.count > 256 {
                errors.invalid(path.child("nodeID"), .string(id), "must be 256 characters or less")
            }
            errors.nonNegative(driver["allocatable"]?.number("count"), path.child("allocatable", "count"))
            if !names.insert(name).inserted { errors.duplicate(path.child("name"), .string(name)) }
            var keys = Set<String>()
            for key in driver.texts("topologyKeys") {
                if key.isEmpty { errors.required(path) }
                if !keys.insert(key).inserted { errors.duplicate(path, .string(key)) }
                errors.qualifiedName(key, path)
            }
        }
    }

    static let drivers = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
            driver(subject.new.spec, &errors)
        },
        update: { subject, errors in
            let new = subject.new.spec
            let old = subject.previous.spec
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            driver(new, &errors)
            errors.immutable(new["attachRequired"], old["attachRequired"], "spec.attachedRequired")
            errors.immutable(new["volumeLifecycleModes"], old["volumeLifecycleModes"], "spec.volumeLifecycleModes")
        })

    private static func driver(_ spec: JSON, _ errors: inout [FieldError]) {
        let path: FieldPath = "spec"
        for (key, printed) in [
            ("attachRequired", "attachedRequired"), ("podInfoOnMount", "podInfoOnMount"),
            ("storageCapacity", "storageCapacity"),
        ] where !spec.has(key) { errors.required(path.child(printed)) }
        errors.oneOf(spec["fsGroupPolicy"], ["File", "None", "ReadWriteOnceWithFSType"], path.child("fsGroupPolicy"))
        var audiences = Set<String>()
        for (at, request) in spec.list("tokenRequests").enumerated() {
            let here = path.child("tokenRequests").index(at)
            if !audiences.insert(request.text("audience")).inserted {
                errors.duplicate(here.child("audience"), .string(request.text("audience")))
                continue
            }
            guard let seconds = request.number("expirationSeconds") else { continue }
            if seconds < 600 {
                errors.invalid(
                    here.child("expirationSeconds"), JSON(seconds), "may not specify a duration less than 10 minutes")
            }
            if seconds > 1 << 32 {
                errors.invalid(
                    here.child("expirationSeconds"), JSON(seconds), "may not specify a duration larger than 2^32 seconds")
            }
        }
        for mode in spec.texts("volumeLifecycleModes") where mode != "Persistent" && mode != "Ephemeral" {
            errors.notSupported(path.child("volumeLifecycleModes"), .string(mode), ["Persistent", "Ephemeral"])
        }
        if !spec.has("seLinuxMount") { errors.required(path.child("seLinuxMount")) }
        if let period = spec.number("nodeAllocatableUpdatePeriodSeconds"), period < 10 {
            errors.invalid(
                path.child("nodeAllocatableUpdatePeriodSeconds"), JSON(period),
                "must be greater than or equal to 10 seconds")
        }
    }

    static let capacities = KindRules(
        create: { subject, errors in
            let new = subject.new
            ObjectMeta.validate(new.metadata, namespaced: true, names: .subdomain, &errors)
            LabelSelectors.validate(new["nodeTopology"], "nodeTopology", &errors)
            errors.dnsSubdomain(new.text("storageClassName"), "storageClassName")
            if let capacity = new.quantity("capacity") { errors.nonNegative(capacity, "capacity") }
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            if !sameMeaning(subject.new["nodeTopology"], subject.previous["nodeTopology"]) {
                errors.invalid(
                    "nodeTopology", LabelSelectors.printed(subject.new["nodeTopology"]), Wording.immutable)
            }
            errors.immutableText(
                subject.new["storageClassName"], subject.previous["storageClassName"], "storageClassName")
        })
}
