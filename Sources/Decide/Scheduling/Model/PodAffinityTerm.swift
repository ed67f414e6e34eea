public import JSONValue
public import KubeModel

/// One term of a pod's affinity or anti-affinity: which pods, and how near.
///
/// Source: Kubernetes documentation, "Inter-pod affinity and anti-affinity"; KEP-2249, KEP-3633.
public struct PodAffinityTerm: Hashable, Sendable {
    /// The namespaces by name.
    public var namespaces: Set<String>
    /// The namespaces by label; a selector that matches nothing when there is none.
    public var namespaceSelector: LabelSelector
    /// The pods.
    public var selector: LabelSelector
    /// The node label whose equal values mean "near".
    public var topologyKey: String

    /// Reads a `PodAffinityTerm` of a pod in `namespace` with `labels`.
    public init(_ term: JSON, namespace: String, labels: [String: String]) {
        let named = term["namespaces"]?.strings ?? []
        let hasSelector = term["namespaceSelector"]?.object != nil
        namespaces = named.isEmpty && !hasSelector ? [namespace] : Set(named)
        namespaceSelector = LabelSelector(object: term["namespaceSelector"])
        selector = LabelSelector(object: term["labelSelector"])
        topologyKey = term["topologyKey"]?.string ?? ""
        selector.merge(keys: term["matchLabelKeys"]?.strings ?? [], of: labels, matching: true)
        selector.merge(keys: term["mismatchLabelKeys"]?.strings ?? [], of: labels, matching: false)
    }

    /// Whether a pod with `labels` in `namespace`, which is labelled `namespaceLabels`, is one of those meant.
    func matches(namespace: String, namespaceLabels: [String: String], labels: [String: String]) -> Bool {
        (namespaces.contains(namespace) || namespaceSelector.matches(namespaceLabels)) && selector.matches(labels)
    }
}

/// A preferred term with its weight.
public struct WeightedPodAffinityTerm: Hashable, Sendable {
    /// The term.
    public var term: PodAffinityTerm
    /// From 1 to 100.
    public var weight: Int64
}

extension LabelSelector {
    /// Narrows the selector by the values that `labels` have for `keys`: those equal, or those that differ.
    ///
    /// The API server writes the same requirements into the object when it is created; a key that is in the selector
    /// already is left as it stands.
    mutating func merge(keys: [String], of labels: [String: String], matching: Bool) {
        guard !matchesNothing else { return }
        let present = Set(requirements.map(\.key))
        for key in keys where !present.contains(key) {
            guard let value = labels[key] else { continue }
            requirements.append(matching ? .in(key, [value]) : .notIn(key, [value]))
        }
    }
}

extension LabelSelector.Requirement {
    var key: String {
        switch self {
        case .in(let key, _), .notIn(let key, _), .exists(let key), .doesNotExist(let key), .greaterThan(let key, _), .lessThan(let key, _): key
        }
    }
}
