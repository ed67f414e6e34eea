import KubeModel

/// The labels that an endpoint has beside those of its object, as Calico names them.
///
/// Whoever may label a pod must not move it into another namespace: such names in the object itself are dropped.
enum EndpointLabel {
    /// The namespace of the endpoint or network set; absent for what is in none.
    static let namespace = "projectcalico.org/namespace"
    /// `k8s` for pods.
    static let orchestrator = "projectcalico.org/orchestrator"
    /// The name of the pod's service account.
    static let serviceAccount = "projectcalico.org/serviceaccount"
    /// Before each label of the namespace.
    static let namespacePrefix = "pcns."
    /// Before each label of the service account.
    static let serviceAccountPrefix = "pcsa."
    /// The name of a namespace or service account among its own labels.
    static let name = "projectcalico.org/name"

    /// Whether only the system may give the label.
    static func isReserved(_ key: String) -> Bool {
        key == namespace || key == orchestrator || key == serviceAccount || key.hasPrefix(namespacePrefix)
            || key.hasPrefix(serviceAccountPrefix)
    }

    /// Every pod that has an address of its own.
    static let isPod = EndpointSelector.equals(orchestrator, "k8s")
    /// Everything in a namespace.
    static func isIn(_ name: String) -> EndpointSelector { .equals(namespace, name) }
}

extension EndpointSelector {
    /// A Kubernetes label selector over labels with `prefix` before their keys.
    init(_ selector: LabelSelector, prefix: String) {
        var parts: [EndpointSelector] = []
        for requirement in selector.requirements {
            switch requirement {
            case .in(let key, let values):
                let values = Self.sorted(values)
                parts.append(values.count == 1 ? .equals(prefix + key, values[0]) : .isIn(prefix + key, values))
            case .notIn(let key, let values): parts.append(.notIn(prefix + key, Self.sorted(values)))
            case .exists(let key): parts.append(.has(prefix + key))
            case .doesNotExist(let key): parts.append(.not(.has(prefix + key)))
            // Numeric comparison is no operator of LabelSelector objects; the reader has refused it.
            case .greaterThan, .lessThan: parts.append(.not(.all))
            }
        }
        if selector.matchesNothing { parts.append(.not(.all)) }
        // Members of a JSON object have no order; one order makes one set of equal selectors.
        parts.sort { $0.description < $1.description }
        self = Self.every(parts)
    }
}
