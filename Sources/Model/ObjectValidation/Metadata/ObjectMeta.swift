import JSONValue
import KubeModel
import PolicyModel

/// The rules for `metadata` that hold for every kind.
///
/// Source: `k8s.io/apimachinery` `api/validation`.
enum ObjectMeta {
    static let annotationLimit = 256 * 1024
    private static let standardFinalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]

    /// On creation: the name is there, generated or not.
    static func validate(
        _ meta: JSON, namespaced: Bool, names: NameRule, core: Bool = true, at path: FieldPath = "metadata",
        _ errors: inout [FieldError]
    ) {
        let generateName = meta.text("generateName")
        if !generateName.isEmpty {
            errors.invalid(path.child("generateName"), .string(generateName), all: names.faults(generateName, isPrefix: true))
        }
        let name = meta.text("name")
        if name.isEmpty {
            errors.required(path.child("name"), "name or generateName is required")
        } else {
            errors.invalid(path.child("name"), .string(name), all: names.faults(name))
        }
        let namespace = meta.text("namespace")
        if namespaced {
            if namespace.isEmpty {
                errors.required(path.child("namespace"))
            } else {
                errors.dnsLabel(namespace, path.child("namespace"))
            }
        } else if !namespace.isEmpty {
            errors.forbidden(path.child("namespace"), "not allowed on this type")
        }
        errors.nonNegative(meta.number("generation"), path.child("generation"))
        labels(meta["labels"], path.child("labels"), &errors)
        annotations(meta["annotations"], path.child("annotations"), &errors)
        ownerReferences(meta.list("ownerReferences"), path.child("ownerReferences"), &errors)
        finalizers(meta.texts("finalizers"), path.child("finalizers"), &errors)
        managedFields(meta.list("managedFields"), path.child("managedFields"), &errors)
        if core { standardFinalizers(meta, path, &errors) }
    }

    /// On an update: what names an object does not change. Which version is meant is not a matter of the object.
    static func validateUpdate(
        _ new: JSON, _ old: JSON, core: Bool = true, at path: FieldPath = "metadata", _ errors: inout [FieldError]
    ) {
        if old.has("deletionTimestamp") {
            let extra = Set(new.texts("finalizers")).subtracting(old.texts("finalizers")).sorted()
            if !extra.isEmpty {
                let list = extra.map(goQuoted).joined(separator: ", ")
                errors.forbidden(
                    path.child("finalizers"),
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
            }
        }
        if new.count("generation") < old.count("generation") {
            errors.invalid(path.child("generation"), JSON(new.count("generation")), "must not be decremented")
        }
        for key in ["name", "namespace", "uid"] { errors.immutableText(new[key], old[key], path.child(key)) }
        for key in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            errors.immutable(new[key], old[key], path.child(key))
        }
        labels(new["labels"], path.child("labels"), &errors)
        annotations(new["annotations"], path.child("annotations"), &errors)
        ownerReferences(new.list("ownerReferences"), path.child("ownerReferences"), &errors)
        managedFields(new.list("managedFields"), path.child("managedFields"), &errors)
        if core { standardFinalizers(new, path, &errors) }
    }

    /// The kinds of the core API and those built like them accept an unqualified finalizer only when it is a known one.
    private static func standardFinalizers(_ meta: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, finalizer) in meta.texts("finalizers").enumerated() {
            standardFinalizer(finalizer, path.child("finalizers").index(at), &errors)
        }
    }

    static func standardFinalizer(_ finalizer: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if finalizer.contains("/") || standardFinalizers.contains(finalizer) { return }
        errors.invalid(
            path, .string(finalizer), "name is neither a standard finalizer name nor is it fully qualified")
    }

    static func labels(_ labels: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let object = labels?.object, !object.isEmpty else { return }
        for (key, value) in object.map({ ($0.key, $0.value.string ?? "") }).sorted(by: { $0.0 < $1.0 }) {
            errors.qualifiedName(key, path)
            errors.invalid(path, .string(value), all: Names.labelValue(value))
        }
    }

    static func annotations(_ annotations: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let object = annotations?.object, !object.isEmpty else { return }
        var size = 0
        for (key, value) in object.map({ ($0.key, $0.value.string ?? "") }).sorted(by: { $0.0 < $1.0 }) {
            errors.invalid(path, .string(key), all: Names.qualifiedName(lowercased(key)))
            size += key.utf8.count + value.utf8.count
        }
        if size > annotationLimit { errors.tooLong(path, annotationLimit) }
    }

    /// Whether annotations are too large taken together.
    static func lowercased(_ text: String) -> String { text.lowercased() }

    static func ownerReferences(_ references: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        var firstController: String?
        for reference in references {
            let apiVersion = reference.text("apiVersion")
            let version = GroupVersion(apiVersion)
            if version == nil || apiVersion.hasSuffix("/") {
                errors.invalid(path.child("apiVersion"), .string(apiVersion), "version must not be empty")
            }
            for key in ["kind", "name", "uid"] where reference.text(key).isEmpty {
                errors.invalid(path.child(key), "", "must not be empty")
            }
            if apiVersion == "v1", reference.text("kind") == "Event" {
                errors.invalid(path, printed(reference), "/v1, Kind=Event is disallowed from being an owner")
            }
            guard reference.flag("controller") else { continue }
            let name = reference.text("kind") + "/" + reference.text("name")
            if let first = firstController {
                errors.invalid(
                    path, .array(references.map(printed)),
                    "Only one reference can have Controller set to true. Found \"true\" in references for \(first) and \(name)"
                )
            } else {
                firstController = name
            }
        }
    }

    /// An owner reference with its members in the order of the Go type.
    private static func printed(_ reference: JSON) -> JSON {
        var members: [(String, JSON)] = []
        for key in ["apiVersion", "kind", "name", "uid"] { members.append((key, .string(reference.text(key)))) }
        for key in ["controller", "blockOwnerDeletion"] {
            if let value = reference.given(key) { members.append((key, value)) }
        }
        return .object(JSONObject(members))
    }

    static func finalizers(_ finalizers: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        for finalizer in finalizers { errors.qualifiedName(finalizer, path) }
        if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
            errors.invalid(
                path, JSON(finalizers), "finalizer orphan and foregroundDeletion cannot be both set")
        }
    }

    static func managedFields(_ entries: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, entry) in entries.enumerated() {
            let here = path.index(at)
            let operation = entry.text("operation")
            if operation != "Apply", operation != "Update" {
                errors.invalid(here.child("operation"), .string(operation), "must be `Apply` or `Update`")
            }
            let fieldsType = entry.text("fieldsType")
            if !fieldsType.isEmpty, fieldsType != "FieldsV1" {
                errors.invalid(here.child("fieldsType"), .string(fieldsType), "must be `FieldsV1`")
            }
            fieldManager(entry.text("manager"), here.child("manager"), &errors)
            if entry.text("subresource").utf8.count > 256 { errors.tooLong(here.child("subresource"), 256) }
        }
    }

    static func fieldManager(_ manager: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if manager.utf8.count > 128 { errors.tooLong(path, 128) }
        var offset = 0
        for scalar in manager.unicodeScalars {
            if !scalar.isPrintable {
                var hex = String(scalar.value, radix: 16, uppercase: true)
                while hex.count < 4 { hex = "0" + hex }
                errors.invalid(path, .string(manager), "invalid character U+\(hex) (at position \(offset))")
            }
            offset += String(scalar).utf8.count
        }
    }

    /// The metadata of a template has labels and annotations, and nothing else.
    static func template(_ meta: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        annotations(meta["annotations"], path.child("annotations"), &errors)
        labels(meta["labels"], path.child("labels"), &errors)
        let others = [
            ("name", "name"), ("generateName", "generateName"), ("namespace", "namespace"), ("selfLink", "selfLink"),
            ("uid", "uID"), ("resourceVersion", "resourceVersion"), ("generation", "generation"),
            ("creationTimestamp", "creationTimestamp"), ("deletionTimestamp", "deletionTimestamp"),
            ("deletionGracePeriodSeconds", "deletionGracePeriodSeconds"), ("ownerReferences", "ownerReferences"),
            ("finalizers", "finalizers"), ("managedFields", "managedFields"),
        ]
        for (key, printed) in others {
            guard let value = meta.given(key), !value.isEmptyValue else { continue }
            errors.forbidden(path.child(printed), "cannot be set")
        }
    }

    /// A list of `metav1.Condition`.
    static func conditions(_ conditions: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        var seen = Set<String>()
        for (at, condition) in conditions.enumerated() {
            let here = path.index(at)
            let type = condition.text("type")
            if !seen.insert(type).inserted { errors.duplicate(here.child("type"), .string(type)) }
            errors.qualifiedName(type, here.child("type"))
            let status = condition.text("status")
            if !["True", "False", "Unknown"].contains(status) {
                errors.notSupported(here.child("status"), .string(status), ["False", "True", "Unknown"])
            }
            if condition.count("observedGeneration") < 0 {
                errors.invalid(
                    here.child("observedGeneration"), JSON(condition.count("observedGeneration")),
                    "must be greater than or equal to zero")
            }
            if condition.text("lastTransitionTime").isEmpty { errors.required(here.child("lastTransitionTime")) }
            let reason = condition.text("reason")
            if reason.isEmpty {
                errors.required(here.child("reason"))
            } else {
                errors.invalid(here.child("reason"), .string(reason), all: reasonFaults(reason))
                if reason.utf8.count > 1024 { errors.tooLong(here.child("reason"), 1024) }
            }
            if condition.text("message").utf8.count > 32 * 1024 { errors.tooLong(here.child("message"), 32 * 1024) }
        }
    }

    private static func reasonFaults(_ reason: String) -> [String] {
        let bytes = reason.utf8
        func isInner(_ byte: UInt8) -> Bool {
            Names.isAlphanumeric(byte) || byte == Names.underscore || byte == 0x2C || byte == 0x3A
        }
        func isLast(_ byte: UInt8) -> Bool { Names.isAlphanumeric(byte) || byte == Names.underscore }
        if let first = bytes.first, let last = bytes.last, Names.isLower(first) || Names.isUpper(first), isLast(last),
            bytes.allSatisfy(isInner)
        {
            return []
        }
        return [
            Names.pattern(
                "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
                    + "characters or '_,:', and must end with an alphanumeric character or '_'",
                "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB",
                "ReasonA:ReasonB")
        ]
    }
}

extension Unicode.Scalar {
    /// Whether Go's `unicode.IsPrint` holds.
    var isPrintable: Bool {
        if value < 0x80 { return value >= 0x20 && value < 0x7F }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
            return false
        default: return true
        }
    }
}
