/// A pod that names its node goes nowhere else.
struct NodeName: NodeFilter {
    static let name = "NodeName"
    let pod: PodFacts

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        guard !pod.nodeName.isEmpty, pod.nodeName != node.name else { return nil }
        return Self.reject(
            "node(s) didn't match the requested node name", isResolvable: false,
            remedy: "remove spec.nodeName or set it to \(node.name)")
    }
}
