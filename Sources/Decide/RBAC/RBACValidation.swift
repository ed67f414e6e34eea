public import JSONValue
public import KubeModel
import PolicyModel

/// Validates roles and bindings after defaulting: everything but `metadata`, which is checked as for every kind, with
/// ``nameErrors(_:)`` as the rule for names.
public enum RBACValidation {
    /// The faults of an object about to be stored, in the order in which clients know them.
    ///
    /// - Parameters:
    ///   - object: the object after ``RBACDefaults``.
    ///   - kind: its kind.
    ///   - old: the stored object on an update; a `roleRef` never changes.
    /// - Returns: one error for each fault; none when the object may be stored.
    public static func validate(_ object: JSON, kind: RBACKind, old: JSON? = nil) -> [FieldError] {
        switch kind {
        case .role, .clusterRole:
            return roleErrors(object, isNamespaced: kind.isNamespaced)
        case .roleBinding, .clusterRoleBinding:
            var errors = bindingErrors(object, isNamespaced: kind.isNamespaced)
            if let old, !sameReference(old["roleRef"], object["roleRef"]) {
                errors.append(.invalid("roleRef", reference(object["roleRef"]), "cannot change roleRef"))
            }
            return errors
        }
    }

    /// What is wrong with the name of a role or binding. Nearly everything is allowed: it must be one segment of a path.
    public static func nameErrors(_ name: String) -> [String] {
        if name == "." || name == ".." { return ["may not be '\(name)'"] }
        return ["/", "%"].filter(name.contains).map { "may not contain '\($0)'" }
    }

    // MARK: - Roles

    private static func roleErrors(_ role: JSON, isNamespaced: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, rule) in (role["rules"]?.array ?? []).enumerated() {
            errors += ruleErrors(rule, isNamespaced: isNamespaced, at: FieldPath("rules").index(index))
        }
        if !isNamespaced, let aggregation = role["aggregationRule"], !aggregation.isNull,
            (aggregation["clusterRoleSelectors"]?.array ?? []).isEmpty
        {
            errors.append(
                .required(
                    "aggregationRule.clusterRoleSelectors",
                    "at least one clusterRoleSelector required if aggregationRule is non-nil"))
        }
        return errors
    }

    private static func ruleErrors(_ json: JSON, isNamespaced: Bool, at path: FieldPath) -> [FieldError] {
        let rule = PolicyRule(json)
        var errors: [FieldError] = []
        if rule.verbs.isEmpty { errors.append(.required(path.child("verbs"), "verbs must contain at least one value")) }
        let isForResources = !rule.apiGroups.isEmpty || !rule.resources.isEmpty || !rule.resourceNames.isEmpty
        if !rule.nonResourceURLs.isEmpty {
            let field = path.child("nonResourceURLs")
            let urls = JSON(rule.nonResourceURLs)
            if isNamespaced {
                errors.append(.invalid(field, urls, "namespaced rules cannot apply to non-resource URLs"))
            }
            if isForResources {
                errors.append(
                    .invalid(field, urls, "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return errors
        }
        if rule.apiGroups.isEmpty {
            errors.append(.required(path.child("apiGroups"), "resource rules must supply at least one api group"))
        }
        if rule.resources.isEmpty {
            errors.append(.required(path.child("resources"), "resource rules must supply at least one resource"))
        }
        return errors
    }

    // MARK: - Bindings

    private static func bindingErrors(_ binding: JSON, isNamespaced: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        let group = binding[path: "roleRef", "apiGroup"]?.string ?? ""
        let kind = binding[path: "roleRef", "kind"]?.string ?? ""
        let name = binding[path: "roleRef", "name"]?.string ?? ""
        if group != RBACKind.group {
            errors.append(.notSupported("roleRef.apiGroup", .string(group), [RBACKind.group]))
        }
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        if !kinds.contains(kind) { errors.append(.notSupported("roleRef.kind", .string(kind), kinds)) }
        if name.isEmpty { errors.append(.required("roleRef.name")) }
        errors += nameErrors(name).map { .invalid("roleRef.name", .string(name), $0) }
        for (index, subject) in (binding["subjects"]?.array ?? []).enumerated() {
            errors += subjectErrors(subject, isNamespaced: isNamespaced, at: FieldPath("subjects").index(index))
        }
        return errors
    }

    private static func subjectErrors(_ subject: JSON, isNamespaced: Bool, at path: FieldPath) -> [FieldError] {
        let kind = subject["kind"]?.string ?? ""
        let name = subject["name"]?.string ?? ""
        let group = subject["apiGroup"]?.string ?? ""
        var errors: [FieldError] = []
        if name.isEmpty { errors.append(.required(path.child("name"))) }
        switch kind {
        case "ServiceAccount":
            if !name.isEmpty {
                errors += subdomainErrors(name).map { .invalid(path.child("name"), .string(name), $0) }
            }
            if !group.isEmpty { errors.append(.notSupported(path.child("apiGroup"), .string(group), [""])) }
            if !isNamespaced, (subject["namespace"]?.string ?? "").isEmpty {
                errors.append(.required(path.child("namespace")))
            }
        case "User", "Group":
            if group != RBACKind.group {
                errors.append(.notSupported(path.child("apiGroup"), .string(group), [RBACKind.group]))
            }
        default:
            errors.append(.notSupported(path.child("kind"), .string(kind), ["ServiceAccount", "User", "Group"]))
        }
        return errors
    }

    /// What is wrong with a name that must be a DNS subdomain (RFC 1123).
    private static func subdomainErrors(_ name: String) -> [String] {
        var errors: [String] = []
        if name.utf8.count > 253 { errors.append("must be no more than 253 bytes") }
        let isAlphanumeric = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSubdomain = labels.allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
        if !isSubdomain {
            errors.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
                    + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
        }
        return errors
    }

    private static func sameReference(_ left: JSON?, _ right: JSON?) -> Bool { reference(left) == reference(right) }

    /// The three members of a roleRef, in the order in which they are printed.
    private static func reference(_ roleRef: JSON?) -> JSON {
        ["apiGroup": roleRef?["apiGroup"] ?? "", "kind": roleRef?["kind"] ?? "", "name": roleRef?["name"] ?? ""]
    }
}
