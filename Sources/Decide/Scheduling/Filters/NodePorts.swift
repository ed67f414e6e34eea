/// No two pods of a node take the same host port.
struct NodePorts: NodeFilter {
    static let name = "NodePorts"
    let pod: PodFacts

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        guard !pod.hostPorts.isEmpty else { return nil }
        guard let taken = pod.hostPorts.first(where: { port in entry.hostPorts.keys.contains { $0.conflicts(with: port) } }) else { return nil }
        return Self.reject(
            "node(s) didn't have free ports for the requested pod ports", isResolvable: true,
            remedy: "choose another hostPort than \(taken.transport) \(taken.port), or delete the pod on node \(node.name) that holds it")
    }
}
