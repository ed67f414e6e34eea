public import PolicyModel

/// What gave a user a permission: the binding, the role it refers to, and the subject of the binding that the user is.
public struct AccessGrant: Hashable, Sendable, CustomStringConvertible {
    /// `ClusterRoleBinding` or `RoleBinding`.
    public var bindingKind: String
    /// The name of the binding.
    public var bindingName: String
    /// Empty for a ClusterRoleBinding.
    public var bindingNamespace: String
    /// `ClusterRole` or `Role`.
    public var roleKind: String
    /// The name of the role.
    public var roleName: String
    /// `User`, `Group` or `ServiceAccount`.
    public var subjectKind: String
    /// The name of the subject.
    public var subjectName: String
    /// Set for a service account only.
    public var subjectNamespace: String

    /// A grant by one binding; its parts as the objects have them, empty where they have none.
    public init(
        bindingKind: String, bindingName: String, bindingNamespace: String, roleKind: String, roleName: String,
        subjectKind: String, subjectName: String, subjectNamespace: String
    ) {
        self.bindingKind = bindingKind
        self.bindingName = bindingName
        self.bindingNamespace = bindingNamespace
        self.roleKind = roleKind
        self.roleName = roleName
        self.subjectKind = subjectKind
        self.subjectName = subjectName
        self.subjectNamespace = subjectNamespace
    }

    /// `RoleBinding "b/dev" of Role "editor" to User "jane"`.
    public var description: String {
        let binding = bindingNamespace.isEmpty ? bindingName : bindingName + "/" + bindingNamespace
        let subject = subjectKind == "ServiceAccount" ? subjectName + "/" + subjectNamespace : subjectName
        return
            "\(bindingKind) \(goQuoted(binding)) of \(roleKind) \(goQuoted(roleName)) to \(subjectKind) \(goQuoted(subject))"
    }
}

/// The answer of an authorizer: the decision with its grounds, and the reason in the words clients know.
public struct AccessVerdict: Hashable, Sendable {
    /// Where the text of the reason comes from; made only when somebody reads it.
    public enum Ground: Hashable, Sendable {
        case text(String)
        /// RBAC allowed it.
        case grant(AccessGrant)
    }

    /// Allowed or denied, with the rules that say so.
    public var decision: Decision
    /// The reason, not yet in words.
    public var ground: Ground

    /// A decision with its ground; by default the reason is empty, as it often is for a denial.
    public init(_ decision: Decision, _ ground: Ground = .text("")) {
        self.decision = decision
        self.ground = ground
    }

    /// Whether the verdict is allow.
    public var isAllowed: Bool { decision.isAllowed }

    /// The `reason` of a SubjectAccessReview; often empty when denied.
    public var reason: String {
        switch ground {
        case .text(let text): text
        case .grant(let grant): "RBAC: allowed by \(grant)"
        }
    }
}

extension StatusError {
    /// The refusal of a request that was not authorized: 403 with the text clients know.
    public static func forbidden(_ attributes: AccessAttributes, reason: String) -> StatusError {
        let refusal = forbiddenMessage(attributes)
        let why = reason.isEmpty ? refusal : refusal + ": " + reason
        guard attributes.isResourceRequest else {
            return .init(code: 403, reason: "Forbidden", message: "forbidden: \(why)", details: .init())
        }
        let resource = GroupResource(group: attributes.apiGroup, resource: attributes.resource)
        return .forbidden(resource, name: attributes.name, why)
    }
}

/// `User "jane" cannot list resource "pods" in API group "" in the namespace "dev"`, in all its forms.
public func forbiddenMessage(_ attributes: AccessAttributes) -> String {
    let user = goQuoted(attributes.user.name)
    guard attributes.isResourceRequest else {
        return "User \(user) cannot \(attributes.verb) path \(goQuoted(attributes.path))"
    }
    let place =
        attributes.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(goQuoted(attributes.namespace))"
    let what = "resource \(goQuoted(attributes.qualifiedResource)) in API group \(goQuoted(attributes.apiGroup))"
    return "User \(user) cannot \(attributes.verb) \(what) \(place)"
}
