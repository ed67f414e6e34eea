/// What a pod takes is still free on its node, and the node holds one more pod.
///
/// What is more than the node has at all cannot be mended by taking pods off it.
struct NodeResourcesFit: NodeFilter {
    static let name = "NodeResourcesFit"
    let pod: PodFacts
    /// What the pod takes that is counted, in the order of the answer.
    private let wanted: [(name: String, amount: Int128)]

    init(pod: PodFacts) {
        self.pod = pod
        let first = ["cpu", "memory", "ephemeral-storage"]
        let scalars = pod.requests.amounts.keys.filter { ResourceAmounts.isScalar($0) }.sorted()
        wanted = (first + scalars).map { ($0, pod.requests[$0]) }.filter { $0.1 > 0 }
    }

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        var reasons: [String] = []
        var remedies: [String] = []
        var isResolvable = true
        if Int128(entry.pods.count) + 1 > node.allocatable["pods"] {
            reasons.append("Too many pods")
            remedies.append("delete a pod of node \(node.name), or raise its number of pods")
        }
        for (name, amount) in wanted {
            let free = node.allocatable[name] - entry.requested[name]
            guard amount > free else { continue }
            reasons.append("Insufficient \(name)")
            let unit = name == "cpu" ? "m" : ""
            remedies.append("request at most \(max(free, 0))\(unit) of \(name), or free \(amount - free)\(unit) of it on node \(node.name)")
            if amount > node.allocatable[name] { isResolvable = false }
        }
        if reasons.isEmpty { return nil }
        return NodeRejection(Self.name, reasons, isResolvable: isResolvable, remedy: remedies.joined(separator: "; "))
    }
}
