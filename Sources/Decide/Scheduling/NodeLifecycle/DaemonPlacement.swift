public import JSONValue

/// Whether a node has a pod of a DaemonSet.
///
/// Source: Kubernetes documentation, "DaemonSet", "How Daemon Pods are scheduled".
public struct DaemonPlacement: Sendable {
    /// What a node is to a DaemonSet.
    public enum Verdict: Hashable, Sendable {
        /// It has a pod.
        case runs
        /// It gets none, but one that is there may stay: only `NoSchedule` taints are not tolerated.
        case stays
        /// It has none.
        case none
    }

    private let pod: PodFacts

    /// - Parameter pod: the pod as it would be made, without the node that it is for.
    public init(pod: JSON) {
        var pod = pod
        let path = ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]
        if let terms = pod[path: path]?.array {
            // The fields of the terms give way to the name of the node that is asked about, whichever that is.
            pod[path: path] = .array(
                terms.map { term in
                    var term = term
                    term["matchFields"] = [["key": "metadata.name", "operator": "NotIn", "values": []]]
                    return term
                })
        }
        self.pod = PodFacts(pod)
    }

    /// Decides about one node.
    public func decide(_ node: NodeFacts) -> Verdict {
        guard pod.nodeName.isEmpty || pod.nodeName == node.name, pod.requiresNode(node) else { return .none }
        if pod.tolerations.firstUntolerated(node.taints, effects: [.noSchedule, .noExecute]) == nil { return .runs }
        return pod.tolerations.firstUntolerated(node.taints, effects: [.noExecute]) == nil ? .stays : .none
    }
}
