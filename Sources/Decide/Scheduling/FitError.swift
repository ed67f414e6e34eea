/// Why no node takes a pod, and its text as kube-scheduler writes it into the `FailedScheduling` event.
///
/// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
public struct FitError: Hashable, Sendable {
    /// How many nodes there are.
    public var nodeCount: Int
    /// What keeps the pod from every node, whichever it is; nil when the nodes differ.
    public var obstacle: String?
    /// Why each node that was looked at is turned down.
    public var rejections: [String: NodeRejection]
    /// What is said of each node that was not.
    public var absent: String?
    /// What preemption has to add.
    public var preemption: String?

    /// The text of the event and of the pod's condition.
    public var message: String {
        if nodeCount == 0 { return "no nodes available to schedule pods" }
        var text = "0/\(nodeCount) nodes are available:"
        if let obstacle {
            text += " \(obstacle)."
        } else {
            var counts: [String: Int] = [:]
            for rejection in rejections.values {
                for reason in rejection.reasons { counts[reason, default: 0] += 1 }
            }
            if let absent, rejections.count < nodeCount { counts[absent, default: 0] += nodeCount - rejections.count }
            // Sorted as texts with their numbers in front, byte by byte: 10 comes before 2.
            let reasons = counts.map { "\($0.value) \($0.key)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            if !reasons.isEmpty { text += " \(reasons.joined(separator: ", "))." }
        }
        if let preemption { text += " preemption: \(preemption)" }
        return text
    }
}
