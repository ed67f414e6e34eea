public import PolicyModel

/// Where a pod goes, and why.
public enum SchedulingDecision: Hashable, Sendable {
    /// The pod is held back by gates and not looked at.
    case gated(by: [String])
    /// The pod goes to a node.
    case bind(Placement)
    /// No node takes the pod now; preemption may make room on one.
    case unschedulable(FitError, preemption: Preemption.Outcome, nearestMiss: Violation?)

    /// The text for the pod's `PodScheduled` condition and the event; nil when the pod is bound.
    public var message: String? {
        switch self {
        case .gated: "Scheduling is blocked due to non-empty scheduling gates"
        case .bind: nil
        case .unschedulable(let error, _, _): error.message
        }
    }
}

/// The node of a pod, with the grounds.
public struct Placement: Hashable, Sendable {
    /// What one score plugin said of the node.
    public struct Score: Hashable, Sendable {
        /// The plugin.
        public var plugin: String
        /// From 0 to 100.
        public var points: Int64
        /// What a point counts.
        public var weight: Int64
    }
    /// The node.
    public var node: String
    /// The weighted sum of every feasible node, by name.
    public var totals: [String: Int64]
    /// The scores of the node; empty when it was the only one.
    public var scores: [Score]
    /// Why each other node was turned down.
    public var rejections: [String: NodeRejection]
    /// What is to be done about claims that waited for a node.
    public var volumes: [VolumePlan]
}

/// Chooses nodes for pods, as kube-scheduler's default profile does.
///
/// Pure: the same pod, snapshot and seed give the same decision. Linear in nodes, and in pods where the pod or others
/// speak of each other. Unlike upstream, every node is looked at, whatever their number.
///
/// Source: Kubernetes documentation, "Kubernetes Scheduler", "Scheduling Framework", "Pod Priority and Preemption".
public enum Scheduler {
    /// Decides where `pod` goes.
    ///
    /// - Parameters:
    ///   - pod: a pod that is not bound yet; one that is in the snapshot as nominated is not counted against itself.
    ///   - snapshot: the cluster.
    ///   - seed: chooses among nodes of the same score, and among preemption candidates that are equal.
    /// - Returns: a node, or every reason against it.
    public static func decide(_ pod: PodFacts, in snapshot: ClusterSnapshot, seed: UInt64) -> SchedulingDecision {
        if !pod.schedulingGates.isEmpty { return .gated(by: pod.schedulingGates) }
        let nodes = snapshot.nodes
        var error = FitError(nodeCount: nodes.count, obstacle: nil, rejections: [:], absent: nil, preemption: nil)
        if nodes.isEmpty { return .unschedulable(error, preemption: .notTried, nearestMiss: nil) }

        let chain = FilterChain(pod: pod, snapshot: snapshot)
        let candidates: [(facts: NodeFacts, entry: NodeEntry)]
        switch narrowed(nodes, for: pod, snapshot) {
        case .obstacle(let obstacle):
            error.obstacle = obstacle
            return unschedulable(pod, error, chain, snapshot, seed)
        case .all: candidates = nodes
        case .named(let names):
            candidates = nodes.filter { names.contains($0.facts.name) }
            error.absent = "node(s) didn't satisfy plugin(s) [\(NodeAffinity.name)]"
        }

        // Room was made on the nominated node: it is taken if it does, without a look at the others.
        if !pod.nominatedNodeName.isEmpty, let nominated = candidates.first(where: { $0.facts.name == pod.nominatedNodeName }),
            chain.rejection(of: nominated.facts, nominated.entry, beside: snapshot.waiting(on: nominated.facts.name, beside: pod)) == nil
        {
            return bind(pod, [nominated], [:], snapshot, seed)
        }

        var feasible: [(facts: NodeFacts, entry: NodeEntry)] = []
        for (node, entry) in candidates {
            if let rejection = chain.rejection(of: node, entry, beside: snapshot.waiting(on: node.name, beside: pod)) {
                error.rejections[node.name] = rejection
            } else {
                feasible.append((node, entry))
            }
        }
        if feasible.isEmpty { return unschedulable(pod, error, chain, snapshot, seed) }
        return bind(pod, feasible, error.rejections, snapshot, seed)
    }

    /// Which nodes are worth a look.
    private enum Narrowed {
        case all
        case named(Set<String>)
        case obstacle(String)
    }

    private static func narrowed(
        _ nodes: [(facts: NodeFacts, entry: NodeEntry)], for pod: PodFacts, _ snapshot: ClusterSnapshot
    ) -> Narrowed {
        let names = NodeAffinity.named(by: pod)
        if let names, names.isEmpty { return .obstacle("pod affinity terms conflict") }
        if let obstacle = VolumeBinding.obstacle(of: pod, snapshot: snapshot) { return .obstacle(obstacle) }
        return names.map { .named($0) } ?? .all
    }

    private static func bind(
        _ pod: PodFacts, _ feasible: [(facts: NodeFacts, entry: NodeEntry)], _ rejections: [String: NodeRejection],
        _ snapshot: ClusterSnapshot, _ seed: UInt64
    ) -> SchedulingDecision {
        var totals = feasible.map { _ in Int64(0) }
        var scores = feasible.map { _ in [Placement.Score]() }
        // A single node needs no comparison.
        for score in feasible.count > 1 ? NodeScores.all : [] {
            guard let points = score.scores(pod, feasible, snapshot) else { continue }
            for (index, point) in points.enumerated() {
                totals[index] += point * score.weight
                scores[index].append(Placement.Score(plugin: score.name, points: point, weight: score.weight))
            }
        }
        let highest = totals.max() ?? 0
        let best = totals.indices.filter { totals[$0] == highest }
        let chosen = best[Int(Seed.mixed(seed) % UInt64(best.count))]
        let node = feasible[chosen].facts
        let named = zip(feasible, totals).map { ($0.facts.name, $1) }
        return .bind(
            Placement(
                node: node.name, totals: Dictionary(named) { first, _ in first }, scores: scores[chosen], rejections: rejections,
                volumes: VolumeBinding(pod: pod, snapshot: snapshot).plan(on: node) ?? []))
    }

    private static func unschedulable(
        _ pod: PodFacts, _ error: FitError, _ chain: FilterChain, _ snapshot: ClusterSnapshot, _ seed: UInt64
    ) -> SchedulingDecision {
        var error = error
        let outcome = Preemption.decide(pod, error, chain, snapshot, seed: seed)
        error.preemption = outcome.message
        return .unschedulable(error, preemption: outcome, nearestMiss: nearestMiss(error, chain, snapshot))
    }

    /// What is against the node that the fewest filters turn down.
    private static func nearestMiss(_ error: FitError, _ chain: FilterChain, _ snapshot: ClusterSnapshot) -> Violation? {
        if let obstacle = error.obstacle {
            return Violation(control: "PreFilter", field: "spec", found: obstacle, remedy: "mend what stands in the way: \(obstacle)")
        }
        let misses = error.rejections.keys.compactMap { name -> (name: String, rejections: [NodeRejection])? in
            guard let entry = snapshot.entries[name], let node = entry.node else { return nil }
            let rejections = chain.rejections(of: node, entry)
            // Turned down only beside pods for which room was made there: that rejection is the one there is.
            return (name, rejections.isEmpty ? error.rejections[name].map { [$0] } ?? [] : rejections)
        }
        guard let nearest = misses.filter({ !$0.rejections.isEmpty }).min(by: { ($0.rejections.count, $0.name) < ($1.rejections.count, $1.name) })
        else { return nil }
        return Violation(
            control: ControlID(rawValue: nearest.rejections.map(\.filter).joined(separator: "+")), field: "spec",
            found: "node \(nearest.name): \(nearest.rejections.flatMap(\.reasons).joined(separator: ", "))",
            remedy: nearest.rejections.map(\.remedy).joined(separator: "; "))
    }
}

/// Makes neighbouring seeds differ (the finaliser of SplitMix64).
enum Seed {
    static func mixed(_ seed: UInt64) -> UInt64 {
        var value = seed &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
