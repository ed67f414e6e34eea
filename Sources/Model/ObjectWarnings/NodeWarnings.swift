import JSONValue
import KubeModel

/// What is said of nodes and of the labels by which they are chosen.
enum NodeWarnings {
    /// The labels of nodes that have a newer name.
    private static let newer: [String: String] = [
        "beta.kubernetes.io/arch": "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os": "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region": "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone": "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type": "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ]

    /// Why a label should not be used any more; nil when it may.
    static func deprecation(ofLabel key: String) -> String? { newer[key] }

    /// The warnings of one term of a node selector.
    static func of(term: JSON, at path: String) -> [String] {
        var warnings: [String] = []
        for (index, expression) in (term["matchExpressions"]?.array ?? []).enumerated() {
            let key = expression["key"]?.string ?? ""
            if let message = newer[key] { warnings.append("\(path).matchExpressions[\(index)].key: \(key) is \(message)") }
        }
        return warnings
    }

    static func of(node: JSON) -> [String] {
        var warnings: [String] = []
        if node["spec"]?["configSource"]?.object != nil {
            warnings.append("spec.configSource: the feature is no longer supported")
        }
        if !(node["spec"]?["externalID"]?.string ?? "").isEmpty {
            warnings.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
        }
        return warnings
    }

    static func of(storageClass: JSON) -> [String] {
        var warnings: [String] = []
        for (index, term) in (storageClass["allowedTopologies"]?.array ?? []).enumerated() {
            for (position, expression) in (term["matchLabelExpressions"]?.array ?? []).enumerated() {
                let key = expression["key"]?.string ?? ""
                if let message = newer[key] {
                    warnings.append("allowedTopologies[\(index)].matchLabelExpressions[\(position)].key: \(key) is \(message)")
                }
            }
        }
        return warnings
    }
}
