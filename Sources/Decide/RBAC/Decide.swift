public import KubeModel
public import PolicyModel

extension RBACPolicy {
    static let control: ControlID = "rbac"

    /// Whether the user may do what the attributes say.
    ///
    /// Pure. Walks the user's bindings in the cluster's scope and in the asked namespace until one grants it. An allow
    /// names the binding and the rule; a denial names the nearest misses (``nearestMisses(_:)``), and its reason the
    /// bindings whose role is missing.
    public func decide(_ attributes: AccessAttributes) -> AccessVerdict {
        var missing: [String] = []
        var verdict: AccessVerdict?
        visit(attributes.user, namespace: attributes.namespace) { entry, role in
            guard let role else {
                missing.append(Self.missingRole(of: entry.binding))
                return true
            }
            guard let index = role.rules.firstIndex(where: { $0.allows(attributes) }) else { return true }
            let grounds = [entry.binding.reference, role.reference(rule: index)]
            verdict = AccessVerdict(.allow(by: grounds), .grant(grant(of: entry, to: attributes.user)))
            return false
        }
        if let verdict { return verdict }
        let misses = nearestMisses(attributes)
        let errors = Self.aggregate(missing)
        return AccessVerdict(
            .deny(misses[0], also: Array(misses.dropFirst())), .text(errors.isEmpty ? "" : "RBAC: " + errors))
    }

    /// Every binding and rule that grants what the attributes say, in the order in which they are looked at; for
    /// explanations.
    public func grants(_ attributes: AccessAttributes) -> [(grant: AccessGrant, rule: RuleReference)] {
        var found: [(AccessGrant, RuleReference)] = []
        visit(attributes.user, namespace: attributes.namespace) { entry, role in
            guard let role else { return true }
            for (index, rule) in role.rules.enumerated() where rule.allows(attributes) {
                found.append((grant(of: entry, to: attributes.user), role.reference(rule: index)))
            }
            return true
        }
        return found
    }

    /// Calls `body` with each binding that applies to the user, and its role if there is one, until it says false.
    /// ClusterRoleBindings come first; each binding comes once.
    func visit(_ user: UserInfo, namespace: String, _ body: (Entry, Role?) -> Bool) {
        let principals = Self.principals(of: user)
        for scope in namespace.isEmpty ? [""] : ["", namespace] {
            var seen = Set<ObjectIdentifier>()
            for principal in principals {
                for entry in bindings(of: principal, in: scope) {
                    // The set is filled only when a second list could repeat what the first one had.
                    if principals.count > 1, !seen.insert(ObjectIdentifier(entry.binding)).inserted { continue }
                    if !body(entry, role(of: entry.binding)) { return }
                }
            }
        }
    }

    /// The grant in words: of the subjects of the binding, the first that is the user.
    private func grant(of entry: Entry, to user: UserInfo) -> AccessGrant {
        let binding = entry.binding
        var index = entry.subject
        if index > 0 {
            let principals = Set(Self.principals(of: user))
            index = binding.subjects[..<index].firstIndex { $0.principal.map(principals.contains) ?? false } ?? index
        }
        let subject = binding.subjects[index]
        return AccessGrant(
            bindingKind: binding.kind.rawValue, bindingName: binding.name, bindingNamespace: binding.namespace,
            roleKind: binding.roleKind, roleName: binding.roleName, subjectKind: subject.kind,
            subjectName: subject.name, subjectNamespace: subject.namespace)
    }

    /// The text of a role that is not there, as clients know it.
    static func missingRole(kind: String, name: String) -> String {
        switch kind {
        case "Role", "ClusterRole": "\(kind.lowercased()).\(RBACKind.group) \(goQuoted(name)) not found"
        default: "unsupported role reference kind: \(goQuoted(kind))"
        }
    }

    /// Several errors as one text: repetitions once, in brackets when there are several.
    static func aggregate(_ errors: [String]) -> String {
        var seen = Set<String>()
        let distinct = errors.filter { seen.insert($0).inserted }
        return distinct.count == 1 ? distinct[0] : distinct.isEmpty ? "" : "[" + distinct.joined(separator: ", ") + "]"
    }
}
