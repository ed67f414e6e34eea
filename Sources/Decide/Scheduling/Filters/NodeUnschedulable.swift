/// A cordoned node takes only pods that tolerate being unschedulable.
struct NodeUnschedulable: NodeFilter {
    static let name = "NodeUnschedulable"
    static let taint = Taint(key: "node.kubernetes.io/unschedulable", effect: .noSchedule)
    let pod: PodFacts

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        guard node.isUnschedulable, !pod.tolerations.contains(where: { $0.tolerates(Self.taint) }) else { return nil }
        return Self.reject("node(s) were unschedulable", isResolvable: false, remedy: "run 'kubectl uncordon \(node.name)'")
    }
}
