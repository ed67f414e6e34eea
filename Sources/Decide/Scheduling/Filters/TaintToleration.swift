/// A pod tolerates every `NoSchedule` and `NoExecute` taint of its node.
struct TaintToleration: NodeFilter {
    static let name = "TaintToleration"
    let pod: PodFacts

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        guard let taint = pod.tolerations.firstUntolerated(node.taints, effects: [.noSchedule, .noExecute]) else { return nil }
        return Self.reject(
            "node(s) had untolerated taint {\(taint.key): \(taint.value)}", isResolvable: false,
            remedy: "add a toleration of \(taint.key) to spec.tolerations, or remove the taint from node \(node.name)")
    }
}
