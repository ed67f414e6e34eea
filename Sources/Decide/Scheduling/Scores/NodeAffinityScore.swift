/// The weights of the preferred terms that match the node.
enum NodeAffinityScore: NodeScore {
    static let name = "NodeAffinity"
    static let weight: Int64 = 2

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        if pod.preferredNodeTerms.isEmpty { return nil }
        let sums = nodes.map { node in
            pod.preferredNodeTerms.reduce(Int64(0)) { sum, preferred in
                preferred.term.matches(name: node.facts.name, labels: node.facts.labels) ? sum + preferred.weight : sum
            }
        }
        return NodeScores.normalized(sums)
    }
}
