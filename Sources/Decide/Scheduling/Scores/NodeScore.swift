/// One way to prefer a node to another. The scores of all feasible nodes are made from 0 to 100 and weighted.
///
/// Source: kube-scheduler's default plugins and weights.
protocol NodeScore: Sendable {
    /// The plugin's name.
    static var name: String { get }
    /// What a point counts beside those of others.
    static var weight: Int64 { get }
    /// The score of each feasible node, from 0 to 100; nil when this has nothing to say about the pod.
    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]?
}

enum NodeScores {
    static let maximum: Int64 = 100
    /// Every score that counts.
    static let all: [any NodeScore.Type] = [
        TaintTolerationScore.self, NodeAffinityScore.self, PodTopologySpreadScore.self, InterPodAffinityScore.self,
        NodeResourcesFitScore.self, NodeResourcesBalancedAllocation.self, ImageLocality.self,
    ]

    /// Stretches counts so that the highest is 100; reversed, so that the highest is 0.
    static func normalized(_ counts: [Int64], reversed: Bool = false) -> [Int64] {
        let highest = counts.max() ?? 0
        if highest == 0 { return reversed ? counts.map { _ in maximum } : counts }
        return counts.map { reversed ? maximum - maximum * $0 / highest : maximum * $0 / highest }
    }
}
