/// Who makes a request: what authentication found out, or what impersonation put in its place.
public struct UserInfo: Hashable, Sendable {
    /// The user name; unique among the active users, such as `jane` or `system:serviceaccount:dev:builder`.
    public var name: String
    /// An identifier that outlives the name; empty when there is none.
    public var uid: String
    /// The groups in the order in which the authenticator named them.
    public var groups: [String]
    /// What else the authenticator knows, such as the pod that a token is bound to. Keys are lowercase.
    public var extra: [String: [String]]

    /// A user by name, who by default is in no group and of whom nothing else is known.
    public init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }
}

extension UserInfo {
    /// The user of a request without credentials.
    public static let anonymousName = "system:anonymous"
    /// The group of everybody who showed valid credentials.
    public static let authenticatedGroup = "system:authenticated"
    /// The group of everybody who did not.
    public static let unauthenticatedGroup = "system:unauthenticated"
    /// The group whose members may do everything, whatever the roles say.
    public static let privilegedGroup = "system:masters"
    /// The group of the nodes.
    public static let nodesGroup = "system:nodes"
    /// How the user name of a node begins.
    public static let nodePrefix = "system:node:"
    /// How the user name of a service account begins.
    public static let serviceAccountPrefix = "system:serviceaccount:"

    /// The user of a request without credentials.
    public static let anonymous = UserInfo(name: anonymousName, groups: [unauthenticatedGroup])

    /// Whether the user is a member of `system:masters`.
    public var isPrivileged: Bool { groups.contains(Self.privilegedGroup) }

    /// The user name of a service account.
    public static func serviceAccountName(namespace: String, name: String) -> String {
        "\(serviceAccountPrefix)\(namespace):\(name)"
    }

    /// The groups of every service account of a namespace, without `system:authenticated`.
    public static func serviceAccountGroups(namespace: String) -> [String] {
        ["system:serviceaccounts", "system:serviceaccounts:\(namespace)"]
    }
}
