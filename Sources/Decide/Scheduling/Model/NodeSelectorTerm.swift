public import JSONValue

/// One term of a node selector: all its requirements must hold. A term without any matches no node.
///
/// Source: Kubernetes documentation, "Assigning Pods to Nodes"; API reference, NodeSelectorTerm.
public struct NodeSelectorTerm: Hashable, Sendable {
    /// One requirement on a label or on the field `metadata.name`.
    public struct Requirement: Hashable, Sendable {
        /// The label's key or the field's path.
        public var key: String
        /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`; anything else matches nothing.
        public var comparison: String
        /// What to compare with.
        public var values: [String]

        init(_ object: JSON) {
            key = object["key"]?.string ?? ""
            comparison = object["operator"]?.string ?? ""
            values = object["values"]?.strings ?? []
        }

        /// Whether a label or field with this value, or its absence, satisfies the requirement.
        func matches(_ found: String?) -> Bool {
            switch comparison {
            case "In": return found.map(values.contains) ?? false
            case "NotIn": return found.map { !values.contains($0) } ?? true
            case "Exists": return found != nil
            case "DoesNotExist": return found == nil
            case "Gt", "Lt":
                guard values.count == 1, let bound = Int64(values[0]), let number = found.flatMap({ Int64($0) }) else { return false }
                return comparison == "Gt" ? number > bound : number < bound
            default: return false
            }
        }
    }

    /// Requirements on labels.
    public var expressions: [Requirement]
    /// Requirements on fields.
    public var fields: [Requirement]

    /// Reads a `NodeSelectorTerm`.
    public init(_ object: JSON) {
        expressions = (object["matchExpressions"]?.array ?? []).map(Requirement.init)
        fields = (object["matchFields"]?.array ?? []).map(Requirement.init)
    }

    /// Reads the terms of a `NodeSelector`; nil when it is absent.
    static func terms(_ selector: JSON?) -> [NodeSelectorTerm]? {
        guard let selector, selector.object != nil else { return nil }
        return (selector["nodeSelectorTerms"]?.array ?? []).map(NodeSelectorTerm.init)
    }

    /// Whether a node of this name with these labels satisfies every requirement.
    public func matches(name: String, labels: [String: String]) -> Bool {
        if expressions.isEmpty && fields.isEmpty { return false }
        return expressions.allSatisfy { $0.matches(labels[$0.key]) }
            && fields.allSatisfy { $0.key == "metadata.name" && ["In", "NotIn"].contains($0.comparison) && $0.matches(name) }
    }

    /// The names that the requirements on `metadata.name` leave; nil when they name none.
    var nodeNames: Set<String>? {
        var names: Set<String>?
        for field in fields where field.key == "metadata.name" && field.comparison == "In" {
            names = names.map { $0.intersection(field.values) } ?? Set(field.values)
        }
        return names
    }
}
