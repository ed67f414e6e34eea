public import JSONValue
public import KubeModel

/// Whether a pod can take traffic.
public enum PodReadiness {
    /// When the pod became ready; nil while it is not.
    public static func readySince(_ pod: JSON) -> Timestamp? {
        guard let condition = Conditions.find("Ready", in: pod["status"]), condition["status"]?.string == "True" else { return nil }
        return Timestamp(condition["lastTransitionTime"]?.string ?? "") ?? Timestamp(seconds: 0)
    }

    /// Seconds until the pod has been ready for long enough; 0 when it has, nil while it is not ready.
    static func secondsToAvailable(_ pod: JSON, minReadySeconds: Int64, now: Timestamp) -> Int64? {
        guard let since = readySince(pod) else { return nil }
        return minReadySeconds <= 0 ? 0 : max(0, since.adding(seconds: minReadySeconds).seconds - now.seconds)
    }
}

/// In which order pods are given up when there are too many.
///
/// Source: Kubernetes `ActivePodsWithRanks`.
enum PodRanking {
    /// The pods, the one to delete first in front: not bound before bound, pending before running, not ready before
    /// ready, cheap before dear, crowded nodes first, then the younger and the more often restarted.
    static func sorted(_ pods: [JSON], siblings: [JSON]) -> [JSON] {
        var crowd: [String: Int] = [:]
        for pod in siblings where ReplicaSets.isActive(pod) { crowd[node(pod), default: 0] += 1 }
        return pods.map { Rank($0, crowd: crowd[node($0)] ?? 0) }.sorted().map(\.pod)
    }

    private static func node(_ pod: JSON) -> String { pod["spec"]?["nodeName"]?.string ?? "" }

    private struct Rank: Comparable {
        let pod: JSON
        /// Compared element by element; the smaller goes first.
        let order: [Int64]

        init(_ pod: JSON, crowd: Int) {
            self.pod = pod
            let phases: [String: Int64] = ["Pending": 0, "Unknown": 1, "Running": 2]
            let since = PodReadiness.readySince(pod)
            let cost = pod.annotations["controller.kubernetes.io/pod-deletion-cost"].flatMap { Int32($0) } ?? 0
            let statuses = pod["status"]?["containerStatuses"]?.array ?? []
            let restarts = statuses.map { $0["restartCount"]?.int ?? 0 }.max() ?? 0
            let created = Timestamp(pod.creationTime)?.seconds ?? 0
            order = [
                PodRanking.node(pod).isEmpty ? 0 : 1, phases[pod["status"]?["phase"]?.string ?? ""] ?? 0, since == nil ? 0 : 1, Int64(cost),
                -Int64(crowd), -(since?.seconds ?? 0), -restarts, -created,
            ]
        }

        static func < (left: Rank, right: Rank) -> Bool {
            if left.order == right.order { return left.pod.uid < right.pod.uid }
            return left.order.lexicographicallyPrecedes(right.order)
        }
        static func == (left: Rank, right: Rank) -> Bool { left.order == right.order && left.pod.uid == right.pod.uid }
    }
}
