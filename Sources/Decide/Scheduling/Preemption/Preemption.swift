import KubeModel

/// Makes room for a pod by driving pods of lower priority away from one node.
///
/// Source: Kubernetes documentation, "Pod Priority and Preemption"; kube-scheduler's DefaultPreemption.
public enum Preemption {
    static let name = "DefaultPreemption"
    /// At most this many nodes with victims are compared, or a tenth of the nodes if that is more.
    static let candidatesAtLeast = 100

    /// What preemption can do.
    public enum Outcome: Hashable, Sendable {
        /// There is no node at all.
        case notTried
        /// The pod may not drive others away, or waits for some to go already.
        case notEligible(String)
        /// It would help on no node, for these reasons.
        case notHelpful(String)
        /// These pods are to leave this node, which the pod is nominated for.
        case nominate(Nomination)

        /// What the event says after `preemption: `; nil when there is nothing to say.
        public var message: String? {
            switch self {
            case .notEligible(let reason), .notHelpful(let reason): reason
            case .notTried, .nominate: nil
            }
        }

        /// Whether `status.nominatedNodeName` is to be cleared.
        public var clearsNomination: Bool {
            switch self {
            case .notHelpful: true
            case .notTried, .notEligible, .nominate: false
            }
        }
    }

    /// A node with the pods that are to leave it.
    public struct Nomination: Hashable, Sendable {
        /// The node.
        public var node: String
        /// The pods, from the most important to the least; those on their way already need no further request.
        public var victims: [PodKey]
        /// How many of them a disruption budget protects.
        public var budgetViolations: Int
        /// Pods of lower priority that waited for this node, and whose nomination is to be cleared.
        public var displaced: [PodKey]
    }

    static func decide(_ pod: PodFacts, _ error: FitError, _ chain: FilterChain, _ snapshot: ClusterSnapshot, seed: UInt64) -> Outcome {
        if let reason = ineligibility(pod, error, snapshot) { return .notEligible(reason) }
        let potential = error.obstacle != nil ? [] : error.rejections.filter(\.value.isResolvable).keys.sorted()
        var rejections: [String: NodeRejection] = [:]
        var candidates: [(node: String, victims: Victims)] = []
        if !potential.isEmpty {
            // Upstream starts anywhere, so that not always the same nodes are looked at.
            let offset = Int(Seed.mixed(seed) % UInt64(potential.count))
            let enough = min(max(potential.count / 10, candidatesAtLeast), potential.count)
            for index in potential.indices {
                let name = potential[(offset + index) % potential.count]
                guard let entry = snapshot.entries[name], let node = entry.node else { continue }
                switch Victims.select(for: pod, on: node, entry, chain, snapshot) {
                // Nobody has to go: only a pod that waits for this node stands in the way, and it comes first.
                case .some(let victims) where victims.pods.isEmpty: continue
                case .some(let victims): candidates.append((name, victims))
                case .none(let rejection): rejections[name] = rejection
                }
                if candidates.count >= enough, candidates.contains(where: { $0.victims.violations == 0 }) { break }
            }
        }
        guard let best = best(of: candidates) else {
            let none = FitError(
                nodeCount: error.nodeCount, obstacle: nil, rejections: rejections,
                absent: "Preemption is not helpful for scheduling", preemption: nil)
            return .notHelpful(none.message)
        }
        let displaced = (snapshot.nominated[best.node] ?? [:]).values.filter { $0.priority < pod.priority && $0.key != pod.key }
        return .nominate(
            Nomination(
                node: best.node, victims: best.victims.pods.map(\.key), budgetViolations: best.victims.violations,
                displaced: displaced.map(\.key).sorted()))
    }

    private static func ineligibility(_ pod: PodFacts, _ error: FitError, _ snapshot: ClusterSnapshot) -> String? {
        if pod.neverPreempts { return "not eligible due to preemptionPolicy=Never." }
        let nominated = pod.nominatedNodeName
        if nominated.isEmpty { return nil }
        // A nominated node that no preemption can open any more does not keep the pod waiting.
        if error.obstacle != nil { return nil }
        if let rejection = error.rejections[nominated] {
            if !rejection.isResolvable { return nil }
        } else {
            return nil
        }
        let isWaiting = snapshot.entries[nominated]?.pods.values.contains { $0.priority < pod.priority && $0.isBeingPreempted } ?? false
        return isWaiting ? "not eligible due to a terminating pod on the nominated node." : nil
    }

    /// The node where preemption does the least harm. Each rule decides only among nodes that the rules before left.
    static func best(of candidates: [(node: String, victims: Victims)]) -> (node: String, victims: Victims)? {
        let rules: [((Victims) -> Int128)] = [
            // Fewest broken disruption budgets.
            { Int128($0.violations) },
            // The most important victim as unimportant as can be.
            { Int128($0.pods.first?.priority ?? 0) },
            // The lowest sum of priorities, lifted so that many negative ones do not beat few.
            { $0.pods.reduce(0) { $0 + Int128($1.priority) + Int128(Int32.max) + 1 } },
            // The fewest victims.
            { Int128($0.pods.count) },
            // The youngest of the most important victims.
            { -earliestStart($0) },
        ]
        var left = candidates
        for rule in rules where left.count > 1 {
            let lowest = left.map { rule($0.victims) }.min()
            left = left.filter { rule($0.victims) == lowest }
        }
        return left.first
    }

    /// The earliest start among the victims of the highest priority; one that has not started counts as latest.
    private static func earliestStart(_ victims: Victims) -> Int128 {
        let highest = victims.pods.first?.priority
        let starts = victims.pods.filter { $0.priority == highest }.map { pod in
            pod.startTime.map { Int128($0.seconds) * 1_000_000_000 + Int128($0.nanoseconds) } ?? Int128(Int64.max) * 1_000_000_000
        }
        return starts.min() ?? 0
    }
}
