/// Fewer `PreferNoSchedule` taints that the pod does not tolerate.
enum TaintTolerationScore: NodeScore {
    static let name = "TaintToleration"
    static let weight: Int64 = 3

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        let tolerations = pod.tolerations.filter { $0.effect.isEmpty || $0.effect == Taint.Effect.preferNoSchedule.rawValue }
        let counts = nodes.map { node in
            node.facts.taints.count { taint in
                taint.effect == .preferNoSchedule && !tolerations.contains { $0.tolerates(taint) }
            }
        }
        return NodeScores.normalized(counts.map { Int64($0) }, reversed: true)
    }
}
