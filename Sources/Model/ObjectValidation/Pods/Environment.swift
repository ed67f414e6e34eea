import JSONValue
import KubeModel
import PolicyModel

/// The rules for the environment of a container.
enum Environment {
    static func variables(_ variables: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, variable) in variables.enumerated() {
            let here = path.index(at)
            let name = variable.text("name")
            if name.isEmpty {
                errors.required(here.child("name"))
            } else {
                errors.invalid(here.child("name"), .string(name), all: Names.environmentVariable(name))
            }
            if let source = variable.given("valueFrom") {
                valueFrom(source, value: variable.text("value"), here.child("valueFrom"), &errors)
            }
        }
    }

    private static func valueFrom(_ source: JSON, value: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        var sources = 0
        if let field = source.given("fieldRef") {
            sources += 1
            DownwardAPI.field(field, DownwardAPI.environmentFields, path.child("fieldRef"), &errors)
        }
        if let resource = source.given("resourceFieldRef") {
            sources += 1
            DownwardAPI.resource(resource, isVolume: false, path.child("resourceFieldRef"), &errors)
        }
        for kind in ["configMapKeyRef", "secretKeyRef"] {
            guard let reference = source.given(kind) else { continue }
            sources += 1
            keyReference(reference, path.child(kind), &errors)
        }
        if let file = source.given("fileKeyRef") {
            sources += 1
            fileReference(file, path.child("fileKeyRef"), &errors)
        }
        if sources == 0 {
            errors.invalid(
                path, "",
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")
        } else if !value.isEmpty {
            errors.invalid(path, "", "may not be specified when `value` is not empty")
        } else if sources > 1 {
            errors.invalid(path, "", "may not have more than one field specified at a time")
        }
    }

    private static func keyReference(_ reference: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        errors.dnsSubdomain(reference.text("name"), path.child("name"))
        let key = reference.text("key")
        if key.isEmpty {
            errors.required(path.child("key"))
        } else {
            errors.invalid(path.child("key"), .string(key), all: Names.configMapKey(key))
        }
    }

    private static func fileReference(_ reference: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let volume = reference.text("volumeName")
        if volume.isEmpty {
            errors.required(path.child("volumeName"))
        } else {
            errors.dnsLabel(volume, path.child("volumeName"))
        }
        let file = reference.text("path")
        if file.isEmpty { errors.required(path.child("path")) } else { Paths.localNonReserved(file, path.child("path"), &errors) }
        let key = reference.text("key")
        if key.isEmpty {
            errors.required(path.child("key"))
        } else {
            errors.invalid(path.child("key"), .string(key), all: Names.environmentVariable(key))
        }
    }

    /// Whole config maps and secrets as variables.
    static func sources(_ sources: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, source) in sources.enumerated() {
            let here = path.index(at)
            let prefix = source.text("prefix")
            if !prefix.isEmpty {
                errors.invalid(here.child("prefix"), .string(prefix), all: Names.environmentVariable(prefix))
            }
            var count = 0
            for kind in ["configMapRef", "secretRef"] {
                guard let reference = source.given(kind) else { continue }
                count += 1
                let name = reference.text("name")
                if name.isEmpty {
                    errors.required(here.child(kind, "name"))
                } else {
                    errors.invalid(here.child(kind, "name"), .string(name), all: NameRule.subdomain.faults(name, isPrefix: true))
                }
            }
            if count == 0 {
                errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
            } else if count > 1 {
                errors.invalid(path, "", "may not have more than one field specified at a time")
            }
        }
    }
}

/// The rules for what a pod may learn of itself.
enum DownwardAPI {
    static let environmentFields: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    static let volumeFields: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]
    private static let resources: Set<String> = [
        "limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory",
        "requests.ephemeral-storage",
    ]
    private static let prefixes = ["limits.hugepages-", "requests.hugepages-"]
    private static let sizes: Set<String> = [
        "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
    ]

    /// The name of a field without a subscript, and the subscript of `labels['x']`.
    private static func split(_ path: String) -> (path: String, subscript: String?) {
        guard path.hasSuffix("']"), let open = path.firstIndex(of: "["), path[open...].hasPrefix("['"), path[..<open].isEmpty == false
        else { return (path, nil) }
        let inner = path[path.index(open, offsetBy: 2)...].dropLast(2)
        return (String(path[..<open]), String(inner))
    }

    static func field(_ reference: JSON, _ allowed: Set<String>, _ path: FieldPath, _ errors: inout [FieldError]) {
        let version = reference.text("apiVersion")
        let field = reference.text("fieldPath")
        if version.isEmpty { return errors.required(path.child("apiVersion")) }
        if field.isEmpty { return errors.required(path.child("fieldPath")) }
        let (name, key) = split(field)
        if let fault = conversionFault(version, field, name, hasSubscript: key != nil) {
            return errors.invalid(path.child("fieldPath"), .string(field), "error converting fieldPath: \(fault)")
        }
        let converted = name == "spec.host" ? "spec.nodeName" : name
        if let key {
            switch converted {
            case "metadata.annotations": errors.qualifiedName(key.lowercased(), path)
            case "metadata.labels": errors.qualifiedName(key, path)
            default: errors.invalid(path, .string(converted), "does not support subscript")
            }
        } else if !allowed.contains(converted) {
            errors.notSupported(path.child("fieldPath"), .string(converted), allowed.sorted())
        }
    }

    private static func conversionFault(_ version: String, _ field: String, _ name: String, hasSubscript: Bool) -> String? {
        if version != "v1" { return "unsupported pod version: \(version)" }
        if hasSubscript {
            if name == "metadata.annotations" || name == "metadata.labels" { return nil }
            return "field label does not support subscript: \(field)"
        }
        let known: Set<String> = [
            "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
            "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase",
            "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "spec.host",
        ]
        return known.contains(field) ? nil : "field label not supported: \(field)"
    }

    static func resource(_ reference: JSON, isVolume: Bool, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = reference.text("resource")
        if isVolume, reference.text("containerName").isEmpty {
            errors.required(path.child("containerName"))
        } else if name.isEmpty {
            errors.required(path.child("resource"))
        } else if !resources.contains(name), !prefixes.contains(where: name.hasPrefix) {
            errors.notSupported(path.child("resource"), .string(name), resources.sorted())
        }
        divisor(name, reference.quantity("divisor"), path, &errors)
    }

    private static func divisor(_ name: String, _ divisor: Quantity?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let divisor, divisor.nano != 0 else { return }
        let text = divisor.description
        let list = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
        let kind: String
        switch name {
        case "limits.cpu", "requests.cpu":
            if text == "1m" || text == "1" { return }
            return errors.invalid(
                path.child("divisor"), .string(name), "only divisor's values 1m and 1 are supported with the cpu resource")
        case "limits.memory", "requests.memory": kind = "memory"
        case "limits.ephemeral-storage", "requests.ephemeral-storage": kind = "local ephemeral storage"
        default:
            guard prefixes.contains(where: name.hasPrefix) else { return }
            kind = "hugepages"
        }
        if sizes.contains(text) { return }
        errors.invalid(
            path.child("divisor"), .string(name), "only divisor's values \(list) are supported with the \(kind) resource")
    }
}
