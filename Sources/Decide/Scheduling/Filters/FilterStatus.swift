/// Why a filter turns a node down for a pod.
public struct NodeRejection: Hashable, Sendable {
    /// The filter, by the name of its kube-scheduler plugin.
    public var filter: String
    /// The reasons, worded as kube-scheduler does, each counted on its own.
    public var reasons: [String]
    /// Whether taking pods off the node could help.
    public var isResolvable: Bool
    /// The smallest change that would satisfy the filter, in the imperative.
    public var remedy: String

    init(_ filter: String, _ reasons: [String], isResolvable: Bool, remedy: String) {
        self.filter = filter
        self.reasons = reasons
        self.isResolvable = isResolvable
        self.remedy = remedy
    }
}

/// One question about a pod and a node; the answer is nil when the node will do.
///
/// What a filter must know of the whole cluster it reads once per pod, in its initialiser; `update` keeps that true when
/// pods come and go in a dry run.
protocol NodeFilter: Sendable {
    /// The plugin's name.
    static var name: String { get }
    /// Decides on one node; `entry` holds the pods that count, which in a dry run are not those of the snapshot.
    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection?
    /// Takes account of a pod that is put on the node, or taken off it.
    mutating func update(_ change: PodChange, _ pod: PodFacts, on node: NodeFacts)
}

/// What happens to a pod in a dry run.
enum PodChange: Hashable, Sendable { case added, removed }

extension NodeFilter {
    // Most filters look at nothing but the node and its pods.
    mutating func update(_ change: PodChange, _ pod: PodFacts, on node: NodeFacts) {}

    static func reject(_ reason: String, isResolvable: Bool, remedy: String) -> NodeRejection {
        NodeRejection(name, [reason], isResolvable: isResolvable, remedy: remedy)
    }
}
