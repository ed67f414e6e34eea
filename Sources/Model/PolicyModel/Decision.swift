/// What a policy engine answers about one request, object or packet. There is no third case: nobody decided, not
/// synchronised yet, and could not be read are denials with that as their ground.
public enum Decision: Hashable, Sendable {
    /// Allowed, with every rule that granted it; `kastell why` prints them.
    case allow(by: [RuleReference])
    /// Denied. A denial always carries its first reason.
    case deny(Violation, also: [Violation])

    /// Whether the verdict is allow.
    public var isAllowed: Bool {
        switch self {
        case .allow: true
        case .deny: false
        }
    }

    /// Every reason of a denial, the first one first; empty when allowed.
    public var violations: [Violation] {
        switch self {
        case .allow: []
        case .deny(let first, let others): [first] + others
        }
    }
}

/// One broken rule: what, where, and how to mend it.
public struct Violation: Hashable, Sendable {
    /// The rule's name in its standard, such as `hostNamespaces` or `rbac`.
    public var control: ControlID
    /// The field, as `kubectl explain` prints it: `spec.hostPID`. Empty when the violation is of no field.
    public var field: FieldPath
    /// The value as the user wrote it; never a secret.
    public var found: String
    /// The smallest change that would be allowed, in the imperative.
    public var remedy: String

    /// A violation with all that its reader needs to mend it; `found` must hold no secret.
    public init(control: ControlID, field: FieldPath, found: String, remedy: String) {
        self.control = control
        self.field = field
        self.found = found
        self.remedy = remedy
    }
}

/// The object, and the place in it, that decided: such as ClusterRoleBinding `ops`, or rule 2 of Role `dev/editor`.
public struct RuleReference: Hashable, Sendable, CustomStringConvertible {
    /// The kind of the object, such as `ClusterRole`, `NetworkPolicy` or `Namespace`.
    public var kind: String
    /// Empty for a cluster-scoped object.
    public var namespace: String
    /// The name of the object in its namespace.
    public var name: String
    /// The place in the object, such as `rules[2]`; empty when the whole object decided.
    public var path: FieldPath

    /// A reference to a place in an object; without a namespace to one of the cluster scope.
    public init(kind: String, namespace: String = "", name: String, path: FieldPath = "") {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.path = path
    }

    /// `Role "dev/editor" rules[2]`.
    public var description: String {
        let object = "\(kind) \"\(namespace.isEmpty ? name : namespace + "/" + name)\""
        return path.rawValue.isEmpty ? object : "\(object) \(path)"
    }
}

/// The name of one control in the standard that defines it.
public struct ControlID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as printed, such as `hostNamespaces`.
    public var rawValue: String
    /// A control by the name that its standard gives it.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A control by its name, written as a Swift literal.
    public init(stringLiteral value: String) { rawValue = value }
    /// The name of the control.
    public var description: String { rawValue }
}

/// The path of a field as Kubernetes prints it: `spec.containers[0].image`, `metadata.labels[app]`.
public struct FieldPath: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The path as printed; empty for the whole object.
    public var rawValue: String
    /// A path that is written out already, such as `spec.containers[0].image`.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A path that is written out already, such as `spec.containers[0].image`.
    public init(_ text: String) { rawValue = text }
    /// A path, written as a Swift literal.
    public init(stringLiteral value: String) { rawValue = value }
    /// The path as printed.
    public var description: String { rawValue }

    /// The member `name` of the field: `spec` → `spec.name`.
    public func child(_ names: String...) -> FieldPath {
        names.reduce(self) { FieldPath($0.rawValue.isEmpty ? $1 : $0.rawValue + "." + $1) }
    }
    /// The element `index` of the field: `spec.containers` → `spec.containers[0]`.
    public func index(_ index: Int) -> FieldPath { FieldPath("\(rawValue)[\(index)]") }
    /// The value of the map key `key`: `metadata.labels` → `metadata.labels[app]`.
    public func key(_ key: String) -> FieldPath { FieldPath("\(rawValue)[\(key)]") }
}
