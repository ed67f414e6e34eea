/// A pod's node selector and required node affinity admit its node.
struct NodeAffinity: NodeFilter {
    static let name = "NodeAffinity"
    let pod: PodFacts

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        if pod.requiresNode(node) { return nil }
        let missing = pod.nodeSelector.filter { node.labels[$0.key] != $0.value }.map { "\($0.key)=\($0.value)" }.sorted()
        return Self.reject(
            "node(s) didn't match Pod's node affinity/selector", isResolvable: false,
            remedy: missing.isEmpty
                ? "add a term that matches node \(node.name) to spec.affinity.nodeAffinity"
                : "run 'kubectl label node \(node.name) \(missing.joined(separator: " "))'")
    }

    /// The nodes that the pod names in its affinity; nil when it names none.
    static func named(by pod: PodFacts) -> Set<String>? {
        guard let terms = pod.requiredNodeTerms, !terms.isEmpty else { return nil }
        var names: Set<String> = []
        for term in terms {
            guard let named = term.nodeNames else { return nil }  // one term that names none leaves every node open
            names.formUnion(named)
        }
        return names
    }
}
