import KubeModel
public import PolicyModel

extension RBACPolicy {
    /// What one rule lacks to allow a request. The raw value is how small a change mends it, smallest first.
    enum Lack: Int {
        case missingRole, name, verb, namespace, resource, group
    }

    /// One rule that lacks one thing only.
    struct Miss {
        var lack: Lack
        var entry: Entry
        var role: Role?
        var rule: Int
    }

    /// How many misses a denial names, and how many of the user's namespaces are searched for them.
    private static var missLimit: Int { 4 }
    private static var namespaceLimit: Int { 64 }

    /// The smallest changes that would allow what is denied, the smallest first; never empty.
    ///
    /// Looks only at rules the user holds already, here or in other namespaces. When none of them is near, the one
    /// answer says what to grant.
    public func nearestMisses(_ attributes: AccessAttributes) -> [Violation] {
        var misses: [Miss] = []
        visit(attributes.user, namespace: attributes.namespace) { entry, role in
            guard let role else {
                misses.append(Miss(lack: .missingRole, entry: entry, role: nil, rule: 0))
                return true
            }
            for (index, rule) in role.rules.enumerated() {
                guard let lack = Self.onlyLack(of: rule, for: attributes) else { continue }
                misses.append(Miss(lack: lack, entry: entry, role: role, rule: index))
            }
            return true
        }
        misses += elsewhere(attributes)
        guard !misses.isEmpty else { return [nothingNear(attributes)] }
        // Sorted by size; what is equally near stays in the order of the walk.
        let sorted = misses.enumerated().sorted {
            ($0.element.lack.rawValue, $0.offset) < ($1.element.lack.rawValue, $1.offset)
        }
        return sorted.prefix(Self.missLimit).map { violation($0.element, attributes) }
    }

    /// Rules that the user holds in other namespaces and that would allow the request there.
    private func elsewhere(_ attributes: AccessAttributes) -> [Miss] {
        guard attributes.isResourceRequest else { return [] }
        var misses: [Miss] = []
        for principal in Self.principals(of: attributes.user) {
            let others = namespaces(of: principal).lazy.filter {
                !$0.text.isEmpty && !$0.text.isExactly(attributes.namespace)
            }
            for namespace in others.prefix(Self.namespaceLimit).map(\.text).sorted() {
                for entry in bindings(of: principal, in: namespace) {
                    guard let role = role(of: entry.binding),
                        let rule = role.rules.firstIndex(where: { $0.allows(attributes) })
                    else { continue }
                    misses.append(Miss(lack: .namespace, entry: entry, role: role, rule: rule))
                    if misses.count == Self.missLimit { return misses }
                }
            }
        }
        return misses
    }

    /// What the rule lacks, when it is one thing only.
    static func onlyLack(of rule: PolicyRule, for attributes: AccessAttributes) -> Lack? {
        let verb = rule.allows(verb: attributes.verb)
        guard attributes.isResourceRequest else {
            let path = rule.allows(path: attributes.path)
            if path == verb || rule.nonResourceURLs.isEmpty { return nil }
            return path ? .verb : .resource
        }
        guard !rule.resources.isEmpty else { return nil }
        var lacks: [Lack] = []
        if !verb { lacks.append(.verb) }
        if !rule.allows(group: attributes.apiGroup) { lacks.append(.group) }
        if !rule.allows(resource: attributes.resource, subresource: attributes.subresource) { lacks.append(.resource) }
        if !rule.allows(name: attributes.name) { lacks.append(.name) }
        return lacks.count == 1 ? lacks[0] : nil
    }

    private func violation(_ miss: Miss, _ attributes: AccessAttributes) -> Violation {
        let binding = miss.entry.binding.reference
        guard let role = miss.role else {
            let absent = "\(miss.entry.binding.roleKind) \(goQuoted(miss.entry.binding.roleName))"
            return Self.violation("roleRef", attributes, "create \(absent), to which \(binding) refers")
        }
        let rule = role.reference(rule: miss.rule)
        let bound = "(bound by \(binding))"
        switch miss.lack {
        case .missingRole, .verb:
            return Self.violation("verbs", attributes, "add the verb \(goQuoted(attributes.verb)) to \(rule) \(bound)")
        case .name:
            let remedy =
                attributes.name.isEmpty
                ? "allow \(goQuoted(attributes.verb)) on \(goQuoted(attributes.qualifiedResource)) in a rule without "
                    + "resourceNames; \(rule) \(bound) allows named objects only, and the request names none"
                : "add \(goQuoted(attributes.name)) to the resourceNames of \(rule) \(bound)"
            return Self.violation("resourceNames", attributes, remedy)
        case .resource:
            return attributes.isResourceRequest
                ? Self.violation(
                    "resources", attributes,
                    "add the resource \(goQuoted(attributes.qualifiedResource)) to \(rule) \(bound)")
                : Self.violation(
                    "nonResourceURLs", attributes, "add the path \(goQuoted(attributes.path)) to \(rule) \(bound)")
        case .group:
            return Self.violation(
                "apiGroups", attributes, "add the API group \(goQuoted(attributes.apiGroup)) to \(rule) \(bound)")
        case .namespace:
            let place =
                attributes.namespace.isEmpty ? "for all namespaces" : "in namespace \(goQuoted(attributes.namespace))"
            let remedy =
                role.kind == .clusterRole && !attributes.namespace.isEmpty
                ? "bind ClusterRole \(goQuoted(role.name)) \(place) too"
                : "grant \(place) what \(rule) allows"
            return Self.violation("metadata.namespace", attributes, "\(remedy) \(bound)")
        }
    }

    private func nothingNear(_ attributes: AccessAttributes) -> Violation {
        let who = "User \(goQuoted(attributes.user.name)) or one of the user's groups"
        guard attributes.isResourceRequest else {
            let rule = PolicyRule(verbs: [attributes.verb], nonResourceURLs: [attributes.path])
            return Self.violation(
                "", attributes,
                "bind \(who) by a ClusterRoleBinding to a ClusterRole with the rule \(rule.compactDescription)")
        }
        let rule = PolicyRule(
            verbs: [attributes.verb], apiGroups: [attributes.apiGroup], resources: [attributes.qualifiedResource])
        let grant =
            attributes.namespace.isEmpty
            ? "by a ClusterRoleBinding to a ClusterRole"
            : "by a RoleBinding in namespace \(goQuoted(attributes.namespace)) to a Role"
        return Self.violation("", attributes, "bind \(who) \(grant) with the rule \(rule.compactDescription)")
    }

    private static func violation(_ field: FieldPath, _ attributes: AccessAttributes, _ remedy: String) -> Violation {
        Violation(control: control, field: field, found: forbiddenMessage(attributes), remedy: remedy)
    }
}
