public import JSONValue
public import KubeModel
import PolicyModel

/// Validates PodSecurityPolicies themselves.
///
/// Of `metadata` only the name and the annotations of policies are looked at; the rest is the same for every kind.
///
/// Source: Kubernetes 1.20, `policy/v1beta1`.
public enum PodSecurityPolicyValidation {
    /// The faults of a policy that is created, after ``PodSecurityPolicyDefaults/applied(to:)``.
    public static func validateCreate(_ policy: JSON) -> [FieldError] {
        name(of: policy) + annotations(Policy(policy).annotations) + spec(policy.member("spec") ?? [:])
    }

    /// The faults of a policy that replaces a stored one.
    public static func validateUpdate(_ policy: JSON, old: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        if Policy(policy).name != Policy(old).name {
            errors.append(.invalid("metadata.name", .string(Policy(policy).name), "field is immutable"))
        }
        return errors + annotations(Policy(policy).annotations) + spec(policy.member("spec") ?? [:])
    }

    private static func name(of policy: JSON) -> [FieldError] {
        let path: FieldPath = "metadata.name"
        let name = Policy(policy).name
        let prefix = policy.member("metadata")?.member("generateName")?.string ?? ""
        var errors: [FieldError] = []
        if !prefix.isEmpty {
            // The server appends letters and digits, so that a prefix may end in a dash.
            let tested = prefix.hasSuffix("-") ? prefix.dropLast() + "a" : prefix[...]
            errors += Subdomain.faults(in: String(tested)).map {
                .invalid("metadata.generateName", .string(prefix), $0)
            }
        }
        if name.isEmpty {
            return errors + (prefix.isEmpty ? [.required(path, "name or generateName is required")] : [])
        }
        return errors + Subdomain.faults(in: name).map { .invalid(path, .string(name), $0) }
    }

    private static func spec(_ spec: JSON) -> [FieldError] {
        let root: FieldPath = "spec"
        var errors: [FieldError] = []
        errors += StrategyValidation.runAsUser(spec.member("runAsUser"), root.child("runAsUser"))
        errors += StrategyValidation.runAsGroup(spec.member("runAsGroup"), root.child("runAsGroup"))
        errors += StrategyValidation.rule(of: spec.member("seLinux"), ["MustRunAs", "RunAsAny"], root.child("seLinux"))
        errors += StrategyValidation.groups(spec.member("supplementalGroups"), root.child("supplementalGroups"))
        errors += StrategyValidation.groups(spec.member("fsGroup"), root.child("fsGroup"))
        errors += volumes(spec)
        errors += capabilities(spec)
        errors += privilegeEscalation(spec)
        errors += procMounts(spec)
        errors += hostPaths(spec)
        errors += drivers(spec)
        errors += SysctlValidation.faults(in: spec)
        errors += runtimeClass(spec.member("runtimeClass"), root.child("runtimeClass"))
        return errors
    }

    private static func volumes(_ spec: JSON) -> [FieldError] {
        let supported = ["*"] + Volumes.types
        return (spec.member("volumes")?.array ?? []).filter { !supported.contains($0.string ?? "") }.map {
            .notSupported("spec.volumes", $0, supported)
        }
    }

    private static func capabilities(_ spec: JSON) -> [FieldError] {
        let drop = spec.member("requiredDropCapabilities")?.strings ?? []
        let allowed = spec.member("allowedCapabilities")?.strings ?? []
        var errors: [FieldError] = []
        if !drop.isEmpty, allowed.contains("*") {
            errors.append(
                .init(
                    .invalid, "requiredDropCapabilities", .text(GoSyntax.list(of: "core.Capability", drop)),
                    "must be empty when all capabilities are allowed by a wildcard"))
        }
        let added = spec.member("defaultAddCapabilities")?.strings ?? []
        for (field, names) in [("defaultAddCapabilities", added), ("allowedCapabilities", allowed)] {
            for name in names where drop.contains(name) {
                let detail = "capability is listed in \(field) and requiredDropCapabilities"
                errors.append(.invalid(FieldPath(field), .string(name), detail))
            }
        }
        return errors
    }

    private static func privilegeEscalation(_ spec: JSON) -> [FieldError] {
        guard spec["defaultAllowPrivilegeEscalation"] == true, spec["allowPrivilegeEscalation"] == false else {
            return []
        }
        let detail =
            "Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true"
        return [.invalid("spec.defaultAllowPrivilegeEscalation", true, detail)]
    }

    private static func procMounts(_ spec: JSON) -> [FieldError] {
        let supported = ["Default", "Unmasked"]
        return (spec.member("allowedProcMountTypes")?.array ?? []).enumerated().compactMap { index, type in
            supported.contains(type.string ?? "")
                ? nil : .notSupported(FieldPath("spec.allowedProcMountTypes").index(index), type, supported)
        }
    }

    private static func hostPaths(_ spec: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, entry) in (spec.member("allowedHostPaths")?.array ?? []).enumerated() {
            let path = FieldPath("spec.allowedHostPaths").index(index)
            let prefix = entry.member("pathPrefix")?.string ?? ""
            if prefix.isEmpty {
                // Kubernetes looks no further after the first empty one.
                errors.append(.required(path, "is required"))
                break
            }
            if prefix.hasParentSegment { errors.append(.invalid(path, .string(prefix), "must not contain '..'")) }
        }
        return errors
    }

    private static func drivers(_ spec: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, entry) in (spec.member("allowedFlexVolumes")?.array ?? []).enumerated()
        where entry.member("driver")?.string ?? "" == "" {
            let path = FieldPath("spec.allowedFlexVolumes.allowedFlexVolumes").index(index).child("driver")
            errors.append(.required(path, "must specify a driver"))
        }
        for (index, entry) in (spec.member("allowedCSIDrivers")?.array ?? []).enumerated() {
            let path = FieldPath("spec.allowedCSIDrivers.allowedCSIDriver").index(index).child("name")
            let name = entry.member("name")?.string ?? ""
            if name.isEmpty { errors.append(.required(path)) }
            if name.utf8.count > 63 { errors.append(.init(.tooLong, path, .omitted, "must have at most 63 bytes")) }
            errors += Subdomain.faults(in: name.lowercased()).map { .invalid(path, .string(name), $0) }
        }
        return errors
    }

    private static func runtimeClass(_ options: JSON?, _ path: FieldPath) -> [FieldError] {
        guard let options else { return [] }
        let list = path.child("allowedRuntimeClassNames")
        let names = options.member("allowedRuntimeClassNames")?.strings ?? []
        var errors: [FieldError] = []
        var seen = Set<String>()
        for (index, name) in names.enumerated() {
            if name != "*" {
                errors += Subdomain.faults(in: name).map { .invalid(list.index(index), .string(name), $0) }
            }
            if !seen.insert(name).inserted { errors.append(.duplicate(list.index(index), .string(name))) }
        }
        if let name = options.member("defaultRuntimeClassName")?.string {
            errors += Subdomain.faults(in: name).map {
                .invalid(path.child("defaultRuntimeClassName"), .string(name), $0)
            }
            if !seen.contains(name), !seen.contains("*") {
                errors.append(.required(list, "default \(goQuoted(name)) must be allowed"))
            }
        }
        if seen.contains("*"), names.count > 1 {
            let value = FieldError.BadValue.text(GoSyntax.list(of: "string", names))
            errors.append(.init(.invalid, list, value, "if '*' is present, must not specify other RuntimeClass names"))
        }
        return errors
    }
}
