public import JSONValue
public import KubeModel
public import PolicyModel

/// Keeps users from granting what they do not hold.
///
/// To write a role one must hold all of its rules, or the verb `escalate` on it; to write a binding, all rules of the
/// role it refers to, or the verb `bind` on that role. Members of `system:masters` may write anything.
public struct EscalationCheck {
    /// The roles and bindings in force.
    public var policy: RBACPolicy
    /// The authorizer of the server, asked for `escalate` and `bind`.
    public var authorize: (AccessAttributes) -> AccessVerdict

    /// Judges by the roles of `policy`, and asks `authorize` whether escalating or binding is allowed all the same.
    public init(policy: RBACPolicy, authorize: @escaping (AccessAttributes) -> AccessVerdict) {
        self.policy = policy
        self.authorize = authorize
    }

    /// Decides about the write of a role or binding, after defaulting and before validation.
    ///
    /// - Parameters:
    ///   - request: the write, with user, resource, namespace and (save for a create) name.
    ///   - object: the role or binding as it would be stored.
    ///   - old: the one that is stored; nil for a create.
    /// - Returns: the refusal; nil when the write grants nothing that the user does not hold.
    public func refusal(_ request: AccessAttributes, object: JSON, old: JSON?) -> StatusError? {
        guard request.apiGroup == RBACKind.group, let kind = RBACKind(resource: request.resource) else { return nil }
        if request.user.isPrivileged { return nil }
        switch kind {
        case .role, .clusterRole: return roleRefusal(kind, request, object: object, old: old)
        case .roleBinding, .clusterRoleBinding: return bindingRefusal(kind, request, object: object, old: old)
        }
    }

    private func roleRefusal(_ kind: RBACKind, _ request: AccessAttributes, object: JSON, old: JSON?) -> StatusError? {
        var escalate = AccessAttributes(
            user: request.user, verb: "escalate", namespace: request.namespace, apiGroup: request.apiGroup,
            apiVersion: "*", resource: request.resource, name: request.name)
        escalate.path = request.path
        if authorize(escalate).isAllowed { return nil }
        if let old, Self.changesBookkeepingOnly(object, old) { return nil }
        if let why = missingRights(request.user, namespace: request.namespace, PolicyRule.rules(of: object)) {
            return Self.forbidden(kind, object, why)
        }
        // Such a role could gather any rule, now or later.
        if kind == .clusterRole, Self.isAggregated(object) || old.map(Self.isAggregated) ?? false,
            missingRights(request.user, namespace: request.namespace, Self.everything) != nil
        {
            return Self.forbidden(kind, object, "must have cluster-admin privileges to use the aggregationRule")
        }
        return nil
    }

    private func bindingRefusal(
        _ kind: RBACKind, _ request: AccessAttributes, object: JSON, old: JSON?
    ) -> StatusError? {
        if let old, Self.changesBookkeepingOnly(object, old) { return nil }
        let roleKind = object[path: "roleRef", "kind"]?.string ?? ""
        let roleName = object[path: "roleRef", "name"]?.string ?? ""
        let namespace = kind.isNamespaced ? request.namespace : ""
        guard let referred = RBACKind(rawValue: roleKind), referred == .role || referred == .clusterRole else {
            return StatusError(
                code: 500, reason: "", message: RBACPolicy.missingRole(kind: roleKind, name: roleName))
        }
        let bind = AccessAttributes(
            user: request.user, verb: "bind", namespace: namespace,
            apiGroup: object[path: "roleRef", "apiGroup"]?.string ?? "", apiVersion: "*", resource: referred.resource,
            name: roleName)
        if authorize(bind).isAllowed { return nil }
        let place = referred == .role ? namespace : ""
        guard let role = policy.role(referred, namespace: place, name: roleName) else {
            return .notFound(GroupResource(group: RBACKind.group, resource: kind.resource), name: roleName)
        }
        guard let why = missingRights(request.user, namespace: namespace, role.rules) else { return nil }
        return Self.forbidden(kind, object, why)
    }

    /// Says which of the wanted rules the user does not hold; nil when all are held.
    func missingRights(_ user: UserInfo, namespace: String, _ wanted: [PolicyRule]) -> String? {
        let (held, errors) = policy.policyRules(for: user, namespace: namespace)
        let missing = RuleCoverage.missing(from: held, wanted: wanted)
        guard !missing.isEmpty else { return nil }
        let lines = Set(RuleCoverage.compacted(missing).map { ExactString($0.compactDescription) }).map(\.text)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let groups = user.groups.map(goQuoted).joined(separator: " ")
        let text =
            "user \(goQuoted(user.name)) (groups=[\(groups)]) is attempting to grant RBAC permissions not currently held:\n"
            + lines.joined(separator: "\n")
        return errors.isEmpty ? text : text + "; resolution errors: [\(RBACPolicy.aggregate(errors))]"
    }

    private static let everything = [
        PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]),
    ]

    private static func isAggregated(_ role: JSON) -> Bool {
        !(role[path: "aggregationRule", "clusterRoleSelectors"]?.array ?? []).isEmpty
    }

    /// Whether an update touches nothing but what the garbage collector needs in order to delete the object.
    static func changesBookkeepingOnly(_ object: JSON, _ old: JSON) -> Bool { bare(object) == bare(old) }

    private static func bare(_ object: JSON) -> JSON {
        var bare = object
        for key in ["ownerReferences", "finalizers", "managedFields", "selfLink"] { bare[path: "metadata", key] = nil }
        return bare
    }

    private static func forbidden(_ kind: RBACKind, _ object: JSON, _ why: String) -> StatusError {
        .forbidden(
            GroupResource(group: RBACKind.group, resource: kind.resource),
            name: object[path: "metadata", "name"]?.string ?? "", why)
    }
}
