public import KubeModel
public import PolicyModel
public import RBAC

/// The authorizers of a server, in their order: privileged groups, nodes, roles. The first that allows decides.
public struct AuthorizerChain: Sendable {
    /// Decides what nodes ask.
    public var node: NodeAuthorizer
    /// Decides by roles.
    public var rbac: RBACPolicy

    /// Authorizers that by default know of no objects and no roles.
    public init(node: NodeAuthorizer = NodeAuthorizer(), rbac: RBACPolicy = RBACPolicy()) {
        self.node = node
        self.rbac = rbac
    }

    /// Whether the user may do what the attributes say. A denial carries the reasons of all authorizers.
    public func decide(_ attributes: AccessAttributes) -> AccessVerdict {
        if attributes.user.isPrivileged {
            let group = RuleReference(kind: "Group", name: UserInfo.privilegedGroup)
            return AccessVerdict(.allow(by: [group]))
        }
        let byNode = node.decide(attributes)
        if let byNode, byNode.isAllowed { return byNode }
        let byRole = rbac.decide(attributes)
        guard let byNode, !byRole.isAllowed, case .deny(let first, let also) = byNode.decision else { return byRole }
        let reasons = [byNode.reason, byRole.reason].filter { !$0.isEmpty }
        return AccessVerdict(
            .deny(first, also: also + byRole.decision.violations), .text(reasons.joined(separator: "\n")))
    }

    /// What a user may do in a namespace. For a node the list is not the whole truth.
    public func rules(for user: UserInfo, namespace: String) -> EffectiveRules {
        var rules = rbac.rules(for: user, namespace: namespace)
        guard NodeAuthorizer.nodeName(of: user) != nil else { return rules }
        rules.isIncomplete = true
        let unresolved = "node authorizer does not support user rule resolution"
        rules.evaluationError = rules.evaluationError.isEmpty ? unresolved : "[\(unresolved), \(rules.evaluationError)]"
        return rules
    }
}
