import KubeModel

/// Putting the pod here leaves no domain too far above the emptiest one.
struct PodTopologySpread: NodeFilter {
    static let name = "PodTopologySpread"
    let pod: PodFacts
    private let constraints: [SpreadConstraint]
    private var domains: [DomainCounts]

    init(pod: PodFacts, snapshot: ClusterSnapshot) {
        self.pod = pod
        constraints = pod.spreadConstraints.filter(\.isRequired)
        domains = constraints.map { _ in DomainCounts() }
        if constraints.isEmpty { return }
        for entry in snapshot.entries.values {
            guard let node = entry.node, hasAllKeys(node) else { continue }
            for (index, constraint) in constraints.enumerated() where constraint.includes(node, for: pod) {
                domains[index].add(Self.count(entry, constraint, for: pod), to: node.labels[constraint.topologyKey] ?? "")
            }
        }
    }

    /// The pods of a node that a constraint counts; those on their way out do not.
    static func count(_ entry: NodeEntry, _ constraint: SpreadConstraint, for pod: PodFacts) -> Int {
        entry.pods.values.count { counts($0, constraint, for: pod) }
    }

    private static func counts(_ other: PodFacts, _ constraint: SpreadConstraint, for pod: PodFacts) -> Bool {
        !other.isTerminating && other.key.namespace == pod.key.namespace && constraint.selector.matches(other.labels)
    }

    private func hasAllKeys(_ node: NodeFacts) -> Bool { constraints.allSatisfy { node.labels[$0.topologyKey] != nil } }

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        for (index, constraint) in constraints.enumerated() {
            guard let domain = node.labels[constraint.topologyKey] else {
                return Self.reject(
                    "node(s) didn't match pod topology spread constraints (missing required label)", isResolvable: false,
                    remedy: "label node \(node.name) with \(constraint.topologyKey)")
            }
            let lowest = domains[index].count < constraint.minDomains ? 0 : domains[index].minimum
            let own = constraint.selector.matches(pod.labels) ? 1 : 0
            let skew = domains[index][domain] + own - lowest
            if skew > constraint.maxSkew {
                return Self.reject(
                    "node(s) didn't match pod topology spread constraints", isResolvable: true,
                    remedy: "set maxSkew of \(constraint.topologyKey) to \(skew), or whenUnsatisfiable to ScheduleAnyway")
            }
        }
        return nil
    }

    mutating func update(_ change: PodChange, _ other: PodFacts, on node: NodeFacts) {
        if constraints.isEmpty || !hasAllKeys(node) { return }
        for (index, constraint) in constraints.enumerated() {
            guard Self.counts(other, constraint, for: pod), constraint.includes(node, for: pod) else { continue }
            domains[index].add(change == .added ? 1 : -1, to: node.labels[constraint.topologyKey] ?? "")
        }
    }
}

/// The number of pods in each domain, and the lowest of these numbers without looking through them.
struct DomainCounts: Sendable {
    private var counts: [String: Int] = [:]
    /// How many domains have a number of pods.
    private var histogram: [Int: Int] = [:]
    private(set) var minimum = Int(Int32.max)

    /// How many domains there are.
    var count: Int { counts.count }
    /// The pods in a domain.
    subscript(_ domain: String) -> Int { counts[domain] ?? 0 }

    /// Adds pods to a domain, which exists from then on. Costs one step, or as many as the lowest number rises.
    mutating func add(_ number: Int, to domain: String) {
        let before = counts[domain]
        let after = (before ?? 0) + number
        counts[domain] = after
        if let before { histogram.release(before) }
        histogram[after, default: 0] += 1
        if after < minimum {
            minimum = after
        } else if before == minimum {
            while histogram[minimum] == nil, minimum < after { minimum += 1 }
        }
    }
}
