public import JSONValue
import PolicyModel

/// A label selector, from the query text (`app in (a,b),!x`) or from a `LabelSelector` object.
///
/// Source: Kubernetes documentation, "Labels and Selectors"; apimachinery `labels`.
public struct LabelSelector: Hashable, Sendable {
    /// One requirement; all must hold.
    public enum Requirement: Hashable, Sendable {
        case `in`(String, Set<String>)
        case notIn(String, Set<String>)
        case exists(String)
        case doesNotExist(String)
        case greaterThan(String, Int64)
        case lessThan(String, Int64)
    }
    /// What labels must satisfy, all of it; none when everything matches.
    public var requirements: [Requirement]
    /// Whether nothing can match (a nil selector where the API says that nil selects nothing).
    public var matchesNothing = false

    /// A selector of these requirements; without any it matches everything.
    public init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    /// Whether every set of labels matches.
    public var isEverything: Bool { requirements.isEmpty && !matchesNothing }

    /// Whether `labels` satisfy every requirement.
    public func matches(_ labels: [String: String]) -> Bool {
        if matchesNothing { return false }
        return requirements.allSatisfy { requirement in
            switch requirement {
            case .in(let key, let values): labels[key].map(values.contains) ?? false
            case .notIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .doesNotExist(let key): labels[key] == nil
            case .greaterThan(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 > bound } ?? false
            case .lessThan(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 < bound } ?? false
            }
        }
    }

    /// Reads a `metav1.LabelSelector`; an absent one selects nothing, an empty one everything.
    ///
    /// An operator that is not known matches nothing.
    public init(object: JSON?) {
        self.init()
        guard let object, object.object != nil else {
            matchesNothing = true
            return
        }
        for (key, value) in object["matchLabels"]?.object ?? JSONObject() { requirements.append(.in(key, [value.string ?? ""])) }
        for expression in object["matchExpressions"]?.array ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = Set(expression["values"]?.strings ?? [])
            switch expression["operator"]?.string {
            case "In": requirements.append(.in(key, values))
            case "NotIn": requirements.append(.notIn(key, values))
            case "Exists": requirements.append(.exists(key))
            case "DoesNotExist": requirements.append(.doesNotExist(key))
            default: matchesNothing = true
            }
        }
    }
}

/// A field selector: comma-separated `key=value` and `key!=value`.
public struct FieldSelector: Hashable, Sendable {
    /// One requirement; all must hold.
    public struct Requirement: Hashable, Sendable {
        /// The field, such as `metadata.name` or `spec.nodeName`.
        public var key: String
        /// The text to compare with.
        public var value: String
        /// Whether the field must equal the value; otherwise it must differ.
        public var isEqual: Bool
        /// The requirement `key=value`, or `key!=value` when `isEqual` is false.
        public init(key: String, value: String, isEqual: Bool) {
            self.key = key
            self.value = value
            self.isEqual = isEqual
        }
    }
    /// What the fields must satisfy, all of it; none when everything matches.
    public var requirements: [Requirement]
    /// A selector of these requirements; without any it matches everything.
    public init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    /// The one name that can match; nil when names are not bound to one.
    public var exactName: String? { requirements.first { $0.key == "metadata.name" && $0.isEqual }?.value }

    /// Whether the fields, as `value` tells them, satisfy every requirement. Bytes are compared: what is authorized for one
    /// name must not select another that only looks the same.
    public func matches(_ value: (String) -> String) -> Bool {
        requirements.allSatisfy { value($0.key).isExactly($0.value) == $0.isEqual }
    }
}
