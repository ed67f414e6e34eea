public import KubeModel

/// Which pods a `NoExecute` taint drives off their node, and when.
///
/// Source: Kubernetes documentation, "Taint based Evictions"; kube-controller-manager's taint-eviction-controller.
public enum TaintEviction {
    /// An eviction that waits for its time.
    public struct Pending: Hashable, Sendable {
        /// When the waiting began.
        public var since: Timestamp
        /// When the pod is to go.
        public var at: Timestamp

        /// An eviction.
        public init(since: Timestamp, at: Timestamp) {
            self.since = since
            self.at = at
        }
    }

    /// What becomes of a pod.
    public enum Verdict: Hashable, Sendable {
        /// It stays, and a pending eviction is called off.
        case stay
        /// It goes at a time, unless something changes before.
        case evict(Pending)
        /// It goes now: this taint is not tolerated, or its time is over.
        case evictNow(Taint?)
    }

    /// The condition that the pod gets before it is deleted.
    public static let conditionReason = "DeletionByTaintManager"
    /// The text of that condition.
    public static let conditionMessage = "Taint manager: deleting due to NoExecute taint"

    /// Decides about one pod of a node.
    ///
    /// - Parameters:
    ///   - pod: a pod bound to the node.
    ///   - taints: the node's taints.
    ///   - pending: what was decided before and has not happened yet.
    ///   - now: the time.
    /// - Returns: the verdict. A shorter time counts from when the waiting began; a longer one does not put off what is
    ///   pending, unless it is from a new start.
    public static func decide(_ pod: PodFacts, taints: [Taint], pending: Pending?, now: Timestamp) -> Verdict {
        let executing = taints.filter { $0.effect == .noExecute }
        if executing.isEmpty || pod.isFinished { return .stay }
        var used: [Toleration] = []
        for taint in executing {
            guard let toleration = pod.tolerations.first(where: { $0.tolerates(taint) }) else { return .evictNow(taint) }
            used.append(toleration)
        }
        guard let seconds = used.compactMap(\.seconds).min() else { return .stay }
        if seconds <= 0 { return .evictNow(nil) }
        var due = Pending(since: now, at: later(now, by: seconds))
        if let pending {
            // The wait is one: it began when the first taint came, and another taint does not start it anew.
            if later(pending.since, by: seconds) < due.at {
                due = pending
            } else {
                due.since = pending.since
            }
        }
        return due.at <= now ? .evictNow(nil) : .evict(due)
    }

    /// The verdicts on all pods of a node that are not to stay, in the order of their keys.
    public static func decide(_ entry: NodeEntry, pending: [PodKey: Pending], now: Timestamp) -> [(pod: PodKey, verdict: Verdict)] {
        let taints = entry.node?.taints ?? []
        return entry.pods.values.sorted { $0.key < $1.key }.compactMap { pod in
            let verdict = decide(pod, taints: taints, pending: pending[pod.key], now: now)
            return verdict == .stay ? nil : (pod.key, verdict)
        }
    }

    /// A time that may be far, but is no overflow: tolerations are written by users.
    private static func later(_ time: Timestamp, by seconds: Int64) -> Timestamp { time.adding(seconds: min(seconds, Int64(Int32.max))) }
}
