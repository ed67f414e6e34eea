/// More cpu and memory left free (`LeastAllocated`).
enum NodeResourcesFitScore: NodeScore {
    static let name = "NodeResourcesFit"
    static let weight: Int64 = 1

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        nodes.map { node, entry in
            var sum: Int128 = 0
            var count: Int128 = 0
            for name in ["cpu", "memory"] {
                let capacity = node.allocatable[name]
                if capacity <= 0 { continue }
                count += 1
                let requested = entry.scoredRequested[name] + pod.scoredRequests[name]
                if requested <= capacity { sum += (capacity - requested) * Int128(NodeScores.maximum) / capacity }
            }
            return count == 0 ? 0 : Int64(clamping: sum / count)
        }
    }
}

/// Cpu and memory used to the same degree. A pod that asks for neither says nothing here.
enum NodeResourcesBalancedAllocation: NodeScore {
    static let name = "NodeResourcesBalancedAllocation"
    static let weight: Int64 = 1

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        if pod.requests["cpu"] == 0 && pod.requests["memory"] == 0 { return nil }
        return nodes.map { node, entry in
            let fractions = ["cpu", "memory"].filter { node.allocatable[$0] > 0 }.map { name in
                min(max(Double(entry.requested[name] + pod.requests[name]) / Double(node.allocatable[name]), 0), 1)
            }
            let deviation = fractions.count == 2 ? abs(fractions[0] - fractions[1]) / 2 : 0
            return Int64((1 - deviation) * Double(NodeScores.maximum))
        }
    }
}
