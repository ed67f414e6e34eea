/// The weights of preferred terms: of this pod about those that are there, and of those about this pod. A required
/// affinity of a pod that is there counts as a wish for this one, with weight 1.
enum InterPodAffinityScore: NodeScore {
    static let name = "InterPodAffinity"
    static let weight: Int64 = 2
    private static let requiredWeight: Int64 = 1

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        var points: [InterPodAffinity.Domain: Int64] = [:]
        func count(_ term: PodAffinityTerm, _ weight: Int64, meaning other: PodFacts, on node: NodeFacts) {
            guard weight != 0, let value = node.labels[term.topologyKey] else { return }
            let labels = snapshot.labels(ofNamespace: other.key.namespace)
            guard term.matches(namespace: other.key.namespace, namespaceLabels: labels, labels: other.labels) else { return }
            points[InterPodAffinity.Domain(key: term.topologyKey, value: value), default: 0] += weight
        }
        func consider(_ other: PodFacts, on node: NodeFacts) {
            for preferred in pod.preferredAffinity { count(preferred.term, preferred.weight, meaning: other, on: node) }
            for preferred in pod.preferredAntiAffinity { count(preferred.term, -preferred.weight, meaning: other, on: node) }
            for term in other.requiredAffinity { count(term, requiredWeight, meaning: pod, on: node) }
            for preferred in other.preferredAffinity { count(preferred.term, preferred.weight, meaning: pod, on: node) }
            for preferred in other.preferredAntiAffinity { count(preferred.term, -preferred.weight, meaning: pod, on: node) }
        }
        if pod.preferredAffinity.isEmpty && pod.preferredAntiAffinity.isEmpty {
            for name in snapshot.nodesWithAffinity {
                guard let entry = snapshot.entries[name], let node = entry.node else { continue }
                for key in entry.podsWithAffinity {
                    if let other = entry.pods[key] { consider(other, on: node) }
                }
            }
        } else {
            for entry in snapshot.entries.values {
                guard let node = entry.node else { continue }
                for other in entry.pods.values { consider(other, on: node) }
            }
        }
        if points.isEmpty { return nil }
        let sums = nodes.map { node in
            node.facts.labels.reduce(Int64(0)) { $0 + (points[InterPodAffinity.Domain(key: $1.key, value: $1.value)] ?? 0) }
        }
        guard let highest = sums.max(), let lowest = sums.min(), highest > lowest else { return sums.map { _ in 0 } }
        return sums.map { Int64(Double(NodeScores.maximum) * (Double($0 - lowest) / Double(highest - lowest))) }
    }
}
