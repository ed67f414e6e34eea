public import JSONValue
public import KubeModel
import PolicyModel

/// The rules for registrations of API versions.
enum APIServices {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let group = spec.text("group")
        let version = spec.text("version")
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .any, &errors)
        let name = subject.new.name
        let faults = Names.pathSegment(name)
        errors.invalid("metadata.name", .string(name), all: faults)
        if faults.isEmpty, !name.isEmpty, name != "\(version).\(group)" {
            let wanted = goQuoted("\(version).\(group)")
            errors.invalid("metadata.name", .string(name), "must be `spec.version+\".\"+spec.group`: \(wanted)")
        }
        if group.isEmpty, version != "v1" {
            errors.required("spec.group", "only v1 may have an empty group and it better be legacy kube")
        }
        if !group.isEmpty { errors.dnsSubdomain(group, "spec.group") }
        errors.invalid("spec.version", .string(version), all: Names.dns1035Label(version))
        for (key, limit) in [("groupPriorityMinimum", 20000), ("versionPriority", 1000)] as [(String, Int64)] {
            let value = spec.count(key)
            if value > 0, value <= limit { continue }
            errors.invalid(FieldPath("spec").child(key), JSON(value), "must be positive and less than \(limit)")
        }
        backend(spec, &errors)
    }

    private static func backend(_ spec: JSON, _ errors: inout [FieldError]) {
        let bundle = spec.text("caBundle")
        let isInsecure = spec.flag("insecureSkipTLSVerify")
        guard let service = spec.given("service") else {
            if !bundle.isEmpty {
                let bytes = bundle.utf8.count / 4 * 3 - bundle.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
                errors.invalid("spec.caBundle", .string("\(bytes) bytes"), "local APIServices may not have a caBundle")
            }
            if isInsecure {
                errors.invalid(
                    "spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify")
            }
            return
        }
        if service.text("namespace").isEmpty { errors.required("spec.service.namespace") }
        if service.text("name").isEmpty { errors.required("spec.service.name") }
        let port = service.number("port") ?? 443
        if !(1...65535).contains(port) {
            errors.invalid("spec.service.port", JSON(port), "port is not valid: \(Wording.range(1, 65535))")
        }
        if isInsecure, !bundle.isEmpty {
            errors.invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present")
        }
    }
}

/// What is demanded of roles and bindings beside the rules of the RBAC engine.
enum RoleMetadata {
    static let rules = KindRules.plain(.pathSegment)
}

extension ObjectValidation {
    /// The faults of the selectors in a cluster role's aggregation rule, which come after those of its rules.
    public static func aggregationFaults(_ clusterRole: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        let selectors = clusterRole["aggregationRule"]?.list("clusterRoleSelectors") ?? []
        for (at, selector) in selectors.enumerated() {
            let path = FieldPath("aggregationRule.clusterRoleSelectors").index(at)
            LabelSelectors.validate(selector, path, &errors)
            if LabelSelectors.isFaulty(selector) { errors.invalid(path, .null, "invalid label selector.") }
        }
        return errors
    }

    /// The faults of a service's cluster addresses and IP families, which must be known before any is allocated.
    public static func addressFaults(_ service: JSON, old: JSON?) -> [FieldError] {
        var errors: [FieldError] = []
        ServiceAddresses.validate(service.spec, old?.spec ?? [:], &errors)
        return errors
    }
}
