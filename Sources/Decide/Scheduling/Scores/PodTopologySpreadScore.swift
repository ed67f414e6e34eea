import KubeModel

/// Fewer pods of the same kind in the node's domains, by the constraints that need not hold; for a pod without any, by
/// host and zone among the pods of its services and controller.
enum PodTopologySpreadScore: NodeScore {
    static let name = "PodTopologySpread"
    static let weight: Int64 = 2
    private static let host = "kubernetes.io/hostname"

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        let isDefault = pod.spreadConstraints.isEmpty
        let constraints = isDefault ? defaults(for: pod, snapshot) : pod.spreadConstraints.filter { !$0.isRequired }
        if constraints.isEmpty { return nil }
        // By default a node without a zone is still spread by host.
        func isIgnored(_ node: NodeFacts) -> Bool { !isDefault && constraints.contains { node.labels[$0.topologyKey] == nil } }

        var counts = constraints.map { _ in [String: Int]() }
        var hosts = 0
        for (node, _) in nodes where !isIgnored(node) {
            hosts += 1
            for (index, constraint) in constraints.enumerated() where constraint.topologyKey != host {
                counts[index][node.labels[constraint.topologyKey] ?? ""] = 0
            }
        }
        for entry in snapshot.entries.values {
            guard let node = entry.node, !isIgnored(node) else { continue }
            for (index, constraint) in constraints.enumerated() where constraint.includes(node, for: pod) {
                let domain = node.labels[constraint.topologyKey] ?? ""
                guard let count = counts[index][domain] else { continue }
                counts[index][domain] = count + PodTopologySpread.count(entry, constraint, for: pod)
            }
        }
        let sums: [Int64?] = nodes.map { node, entry in
            if isIgnored(node) { return nil }
            var sum = 0.0
            for (index, constraint) in constraints.enumerated() {
                guard let domain = node.labels[constraint.topologyKey] else { continue }
                let isHost = constraint.topologyKey == host
                let count = isHost ? PodTopologySpread.count(entry, constraint, for: pod) : counts[index][domain] ?? 0
                // A topology of few values must not be drowned by one of many.
                sum += Double(count) * naturalLogarithm((isHost ? hosts : counts[index].count) + 2) + Double(constraint.maxSkew - 1)
            }
            return Int64(sum.rounded())
        }
        let known = sums.compactMap { $0 }
        let lowest = known.min() ?? 0
        let highest = max(known.max() ?? 0, 0)
        return sums.map { sum in
            guard let sum else { return 0 }
            return highest == 0 ? NodeScores.maximum : NodeScores.maximum * (highest + lowest - sum) / highest
        }
    }

    /// The scheduler's own constraints, on the pods that share the services and the controller of `pod`.
    private static func defaults(for pod: PodFacts, _ snapshot: ClusterSnapshot) -> [SpreadConstraint] {
        var selector = LabelSelector()
        let services = (snapshot.services[pod.key.namespace] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
        var merged: [String: String] = [:]
        for service in services where service.allSatisfy({ pod.labels[$0.key] == $0.value }) {
            merged.merge(service) { _, later in later }
        }
        selector.requirements = merged.sorted { $0.key < $1.key }.map { .in($0.key, [$0.value]) }
        if let owner = pod.controllerUID, let controller = snapshot.controllers[owner], !controller.matchesNothing {
            selector.requirements += controller.requirements
        }
        if selector.isEverything { return [] }
        return [
            SpreadConstraint(preferred: host, maxSkew: 3, selector: selector),
            SpreadConstraint(preferred: "topology.kubernetes.io/zone", maxSkew: 5, selector: selector),
        ]
    }

    /// The natural logarithm of a number of at least 1, to the last digits of a `Double`.
    ///
    /// By the series of artanh after taking out powers of two: the C library's would need a module with a clock.
    static func naturalLogarithm(_ number: Int) -> Double {
        let exponent = Int.bitWidth - 1 - max(number, 1).leadingZeroBitCount
        let mantissa = Double(max(number, 1)) / Double(sign: .plus, exponent: exponent, significand: 1)
        let ratio = (mantissa - 1) / (mantissa + 1)
        var power = ratio
        var sum = 0.0
        for odd in stride(from: 1.0, through: 41.0, by: 2.0) {
            sum += power / odd
            power *= ratio * ratio
        }
        return 2 * sum + Double(exponent) * 0.693_147_180_559_945_3
    }
}
