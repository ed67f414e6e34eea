public import JSONValue
import PolicyModel

/// The kinds of objects that RBAC decides by.
public enum RBACKind: String, Hashable, Sendable, CaseIterable {
    case clusterRole = "ClusterRole"
    case role = "Role"
    case clusterRoleBinding = "ClusterRoleBinding"
    case roleBinding = "RoleBinding"

    /// The resource, such as `clusterroles`.
    public var resource: String { rawValue.lowercased() + "s" }
    /// Whether objects of the kind live in a namespace.
    public var isNamespaced: Bool {
        switch self {
        case .role, .roleBinding: true
        case .clusterRole, .clusterRoleBinding: false
        }
    }
    /// The kind that a resource of the group has; nil for other resources.
    public init?(resource: String) {
        guard let kind = Self.allCases.first(where: { $0.resource == resource }) else { return nil }
        self = kind
    }
    /// The API group of all four.
    public static let group = "rbac.authorization.k8s.io"
}

/// The roles and bindings of a cluster, indexed by subject and namespace.
///
/// A value: a copy is a snapshot that later changes do not touch, and it is cheap (shards are shared). A change costs
/// the size of the changed object; a question costs the bindings of the asking user in the asked namespace.
public struct RBACPolicy: Sendable {
    struct RoleKey: Hashable, Sendable {
        var kind: RBACKind
        var namespace: ExactString
        var name: ExactString
    }

    final class Role: Sendable {
        let kind: RBACKind
        let namespace: String
        let name: String
        let rules: [PolicyRule]
        init(kind: RBACKind, namespace: String, name: String, rules: [PolicyRule]) {
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.rules = rules
        }
        func reference(rule: Int) -> RuleReference {
            RuleReference(kind: kind.rawValue, namespace: namespace, name: name, path: FieldPath("rules[\(rule)]"))
        }
    }

    struct Subject: Hashable, Sendable {
        var kind: String
        var name: String
        /// The service account's namespace; the binding's when the subject names none.
        var namespace: String

        /// Who the subject is; nil when it is nobody.
        var principal: Principal? {
            switch kind {
            case "User": Principal(isGroup: false, name: ExactString(name))
            case "Group": Principal(isGroup: true, name: ExactString(name))
            case "ServiceAccount" where !namespace.isEmpty:
                Principal(
                    isGroup: false, name: ExactString(UserInfo.serviceAccountName(namespace: namespace, name: name)))
            default: nil
            }
        }
    }

    /// A user name or a group.
    struct Principal: Hashable, Sendable {
        var isGroup: Bool
        var name: ExactString
    }

    final class Binding: Sendable {
        let kind: RBACKind
        let namespace: String
        let name: String
        let roleKind: String
        let roleName: String
        let subjects: [Subject]
        init(kind: RBACKind, namespace: String, name: String, roleKind: String, roleName: String, subjects: [Subject]) {
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.roleKind = roleKind
            self.roleName = roleName
            self.subjects = subjects
        }
        var reference: RuleReference { RuleReference(kind: kind.rawValue, namespace: namespace, name: name) }
        /// The role the binding refers to; nil when it refers to something that is none.
        var roleKey: RoleKey? {
            switch roleKind {
            case "Role": RoleKey(kind: .role, namespace: ExactString(namespace), name: ExactString(roleName))
            case "ClusterRole": RoleKey(kind: .clusterRole, namespace: ExactString(""), name: ExactString(roleName))
            default: nil
            }
        }
    }

    /// A principal in the scope of the bindings of one namespace; empty for the ClusterRoleBindings.
    struct Scope: Hashable, Sendable {
        var principal: Principal
        var namespace: ExactString
    }

    /// A binding, and the first of its subjects that is the principal.
    struct Entry: Sendable {
        var binding: Binding
        var subject: Int
    }

    private var roles = ShardedMap<RoleKey, Role>()
    private var bindings = ShardedMap<RoleKey, Binding>()
    /// The bindings of each principal and namespace, sorted by name.
    private var entries = ShardedMap<Scope, [Entry]>()
    /// The namespaces in which a principal is bound, for nearest misses.
    private var namespaces = ShardedMap<Principal, Set<ExactString>>()

    /// A policy without roles and bindings, which denies everything.
    public init() {}

    // MARK: - Changes

    /// Takes a role or binding into the policy, in place of the one of the same name. An object of another kind, or
    /// without a name, is ignored.
    ///
    /// - Returns: whether the object is one RBAC decides by.
    @discardableResult
    public mutating func upsert(_ object: JSON) -> Bool {
        guard let kind = object["kind"]?.string.flatMap(RBACKind.init(rawValue:)) else { return false }
        return upsert(object, kind: kind)
    }

    /// Takes an object of the given kind into the policy; list elements do not say their kind.
    @discardableResult
    public mutating func upsert(_ object: JSON, kind: RBACKind) -> Bool {
        guard let name = object[path: "metadata", "name"]?.string, !name.isEmpty else { return false }
        let namespace = kind.isNamespaced ? object[path: "metadata", "namespace"]?.string ?? "" : ""
        // A namespaced object without a namespace would be found in the cluster's scope.
        guard !kind.isNamespaced || !namespace.isEmpty else { return false }
        let key = RoleKey(kind: kind, namespace: ExactString(namespace), name: ExactString(name))
        switch kind {
        case .role, .clusterRole:
            roles[key] = Role(kind: kind, namespace: namespace, name: name, rules: PolicyRule.rules(of: object))
        case .roleBinding, .clusterRoleBinding:
            if let old = bindings[key] { unlink(old) }
            let binding = Self.binding(kind, namespace: namespace, name: name, object)
            bindings[key] = binding
            link(binding)
        }
        return true
    }

    /// Takes an object out of the policy.
    public mutating func remove(_ kind: RBACKind, namespace: String = "", name: String) {
        let key = RoleKey(
            kind: kind, namespace: ExactString(kind.isNamespaced ? namespace : ""), name: ExactString(name))
        switch kind {
        case .role, .clusterRole:
            roles[key] = nil
        case .roleBinding, .clusterRoleBinding:
            if let old = bindings[key] { unlink(old) }
            bindings[key] = nil
        }
    }

    private static func binding(_ kind: RBACKind, namespace: String, name: String, _ object: JSON) -> Binding {
        let subjects = (object["subjects"]?.array ?? []).map { subject in
            let own = subject["namespace"]?.string ?? ""
            return Subject(
                kind: subject["kind"]?.string ?? "", name: subject["name"]?.string ?? "",
                namespace: own.isEmpty ? namespace : own)
        }
        return Binding(
            kind: kind, namespace: namespace, name: name,
            roleKind: object[path: "roleRef", "kind"]?.string ?? "",
            roleName: object[path: "roleRef", "name"]?.string ?? "", subjects: subjects)
    }

    private mutating func link(_ binding: Binding) {
        var seen = Set<Principal>()
        for (index, subject) in binding.subjects.enumerated() {
            guard let principal = subject.principal, seen.insert(principal).inserted else { continue }
            let scope = Scope(principal: principal, namespace: ExactString(binding.namespace))
            let isFirst = entries[scope] == nil
            let at = Self.position(of: binding.name, in: entries[scope] ?? [])
            entries[scope, default: []].insert(Entry(binding: binding, subject: index), at: at)
            if isFirst { namespaces[principal, default: []].insert(scope.namespace) }
        }
    }

    private mutating func unlink(_ binding: Binding) {
        for principal in Set(binding.subjects.compactMap(\.principal)) {
            let scope = Scope(principal: principal, namespace: ExactString(binding.namespace))
            guard let list = entries[scope] else { continue }
            let at = Self.position(of: binding.name, in: list)
            guard at < list.count, list[at].binding === binding else { continue }
            if list.count > 1 {
                entries[scope]?.remove(at: at)
                continue
            }
            entries[scope] = nil
            namespaces[principal]?.remove(scope.namespace)
            if namespaces[principal]?.isEmpty == true { namespaces[principal] = nil }
        }
    }

    /// Where a binding of the name stands, or would stand, in a sorted list.
    private static func position(of name: String, in list: [Entry]) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].binding.name.utf8.lexicographicallyPrecedes(name.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    // MARK: - Reading

    /// The principals that a user is.
    static func principals(of user: UserInfo) -> [Principal] {
        [Principal(isGroup: false, name: ExactString(user.name))]
            + user.groups.map { Principal(isGroup: true, name: ExactString($0)) }
    }

    /// The bindings of a principal in one scope, sorted by name.
    func bindings(of principal: Principal, in namespace: String) -> [Entry] {
        entries[Scope(principal: principal, namespace: ExactString(namespace))] ?? []
    }

    /// The namespaces in which a principal has RoleBindings; the empty one stands for ClusterRoleBindings.
    func namespaces(of principal: Principal) -> Set<ExactString> { namespaces[principal] ?? [] }

    /// The role that a binding refers to; nil when there is none.
    func role(of binding: Binding) -> Role? { binding.roleKey.flatMap { roles[$0] } }

    func role(_ kind: RBACKind, namespace: String, name: String) -> Role? {
        roles[RoleKey(kind: kind, namespace: ExactString(namespace), name: ExactString(name))]
    }

    /// What upstream's message says of a binding whose role cannot be found.
    static func missingRole(of binding: Binding) -> String {
        missingRole(kind: binding.roleKind, name: binding.roleName)
    }

    /// How many objects of each kind the policy holds: roles and bindings. Linear.
    public var counts: (roles: Int, bindings: Int) { (roles.count, bindings.count) }
}
