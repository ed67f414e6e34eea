public import JSONValue
public import PolicyModel

/// What a user may do in a namespace, as SelfSubjectRulesReview answers it.
public struct EffectiveRules: Hashable, Sendable {
    /// The rules on resources, in the order in which they are looked at.
    public var resourceRules: [PolicyRule]
    /// The rules on paths.
    public var nonResourceRules: [PolicyRule]
    /// Whether there may be more than is listed.
    public var isIncomplete: Bool
    /// What went wrong on the way; empty when nothing did.
    public var evaluationError: String

    /// A list of rules; by default an empty one that is complete.
    public init(
        resourceRules: [PolicyRule] = [], nonResourceRules: [PolicyRule] = [], isIncomplete: Bool = false,
        evaluationError: String = ""
    ) {
        self.resourceRules = resourceRules
        self.nonResourceRules = nonResourceRules
        self.isIncomplete = isIncomplete
        self.evaluationError = evaluationError
    }

    /// The `status` of the review.
    public var status: JSON {
        var object: JSON = [
            "resourceRules": .array(resourceRules.map(\.json)),
            "nonResourceRules": .array(nonResourceRules.map(\.json)),
            "incomplete": .bool(isIncomplete),
        ]
        if !evaluationError.isEmpty { object["evaluationError"] = .string(evaluationError) }
        return object
    }
}

extension RBACPolicy {
    /// The rules that apply to a user in a namespace; the cluster's only when it is empty.
    public func rules(for user: UserInfo, namespace: String) -> EffectiveRules {
        let (rules, errors) = policyRules(for: user, namespace: namespace)
        var effective = EffectiveRules(evaluationError: Self.aggregate(errors))
        for rule in rules {
            if !rule.resources.isEmpty {
                effective.resourceRules.append(
                    PolicyRule(
                        verbs: rule.verbs, apiGroups: rule.apiGroups, resources: rule.resources,
                        resourceNames: rule.resourceNames))
            }
            if !rule.nonResourceURLs.isEmpty {
                effective.nonResourceRules.append(PolicyRule(verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs))
            }
        }
        return effective
    }

    /// The rules as they stand in the roles, and one error for each binding whose role is missing.
    func policyRules(for user: UserInfo, namespace: String) -> (rules: [PolicyRule], errors: [String]) {
        var rules: [PolicyRule] = []
        var errors: [String] = []
        visit(user, namespace: namespace) { entry, role in
            if let role { rules += role.rules } else { errors.append(Self.missingRole(of: entry.binding)) }
            return true
        }
        return (rules, errors)
    }
}
