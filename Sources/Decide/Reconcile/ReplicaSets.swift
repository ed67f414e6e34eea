public import JSONValue
public import KubeModel

/// A ReplicaSet has as many pods as it wants, and says how they are.
///
/// Source: Kubernetes documentation, "ReplicaSet"; Kubernetes `replicaset` controller.
public enum ReplicaSets {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "replicasets")
    /// The resource that is written.
    public static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
    /// The most pods that one pass makes or deletes.
    public static let burst = 500

    /// What one look at a ReplicaSet and its pods leads to.
    public struct Outcome: Hashable, Sendable {
        /// Pods taken over and let go.
        public var claims: [Change] = []
        /// The pods that count, after the claims.
        public var active: [JSON] = []
        /// Pods on their way out.
        public var terminating = 0
        /// The pod to make, and how often.
        public var pod: JSON = .null
        /// How many pods to make.
        public var creations = 0
        /// The pods to delete, the least useful first.
        public var deletions: [JSON] = []

        /// Whether no pod has to be made or deleted; a failure of the pass is none of the ReplicaSet then.
        public var isBalanced: Bool { creations == 0 && deletions.isEmpty }
    }

    /// Whether a pod still counts.
    public static func isActive(_ pod: JSON) -> Bool { !pod.isBeingDeleted && !isFinished(pod) }

    /// Whether a pod has ended.
    public static func isFinished(_ pod: JSON) -> Bool {
        let phase = pod["status"]?["phase"]?.string
        return phase == "Succeeded" || phase == "Failed"
    }

    /// How many pods a ReplicaSet wants.
    public static func replicas(_ object: JSON) -> Int64 { object["spec"]?["replicas"]?.int ?? 1 }

    /// What one look at a ReplicaSet leads to.
    ///
    /// - Parameters:
    ///   - set: the ReplicaSet, as it is now.
    ///   - pods: the pods of its namespace that it controls or selects.
    ///   - siblings: the pods of the ReplicaSets with the same controller, by which it spreads deletions over nodes.
    /// - Returns: what to claim, make and delete; at most ``burst`` pods at a time.
    public static func plan(_ set: JSON, pods: [JSON], siblings: [JSON]) -> Outcome {
        var outcome = Outcome()
        let owner = OwnerReference.controlling(set, apiVersion: "apps/v1", kind: "ReplicaSet")
        let selector = LabelSelector(object: set["spec"]?["selector"])
        for pod in pods where !isFinished(pod) {
            if pod.isBeingDeleted {
                if pod.controller?.uid == set.uid { outcome.terminating += 1 }
                continue
            }
            let claim = Claim.decide(pod, of: Self.pods, owner: owner, ownerIsBeingDeleted: set.isBeingDeleted, selector: selector)
            switch claim {
            case .owned: outcome.active.append(pod)
            case .adopt(let change):
                outcome.claims.append(change)
                outcome.active.append(pod)
            case .release(let change): outcome.claims.append(change)
            case .other: break
            }
        }
        if set.isBeingDeleted { return outcome }
        let surplus = outcome.active.count - Int(clamping: replicas(set))
        if surplus < 0 {
            outcome.creations = min(-surplus, burst)
            outcome.pod = pod(of: set, owner: owner)
        } else if surplus > 0 {
            outcome.deletions = Array(PodRanking.sorted(outcome.active, siblings: siblings).prefix(min(surplus, burst)))
        }
        return outcome
    }

    static func pod(of set: JSON, owner: OwnerReference) -> JSON {
        let template = set["spec"]?["template"]
        var metadata: JSON = ["generateName": .string(set.name + "-"), "namespace": .string(set.namespace)]
        for key in ["labels", "annotations", "finalizers"] { metadata[key] = template?["metadata"]?[key] }
        metadata["ownerReferences"] = [owner.json]
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template?["spec"] ?? [:]]
    }

    /// What failed of a pass over the pods.
    public struct Failure: Hashable, Sendable {
        /// `FailedCreate` or `FailedDelete`.
        public var reason: String
        /// What the server said.
        public var message: String
        /// A failure with the reason and message of the condition `ReplicaFailure`.
        public init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// The write that brings the status up to date; none when it is.
    public static func status(of set: JSON, active: [JSON], terminating: Int, failure: Failure?, now: Timestamp) -> Plan {
        let template = LabelSelector(
            (set["spec"]?["template"]?["metadata"]?["labels"]?.stringMap ?? [:]).map { .in($0.key, [$0.value]) })
        let wait = set["spec"]?["minReadySeconds"]?.int ?? 0
        var labelled: Int64 = 0
        var ready: Int64 = 0
        var available: Int64 = 0
        var again: Int64?
        for pod in active {
            if template.matches(pod.labels) { labelled += 1 }
            guard let since = PodReadiness.readySince(pod) else { continue }
            ready += 1
            let left = wait == 0 ? 0 : since.seconds + wait - now.seconds
            if left <= 0 { available += 1 } else { again = min(again ?? left, left) }
        }
        var status = set["status"] ?? [:]
        status["replicas"] = JSON(active.count)
        status["observedGeneration"] = .int(max(set.generation, set.statusCount("observedGeneration")))
        for (key, value) in [("fullyLabeledReplicas", labelled), ("readyReplicas", ready), ("availableReplicas", available)] {
            status[key] = value == 0 ? nil : .int(value)
        }
        status["terminatingReplicas"] = JSON(terminating)
        if let failure {
            if Conditions.find("ReplicaFailure", in: status) == nil {
                Conditions.set(
                    "ReplicaFailure", "True", reason: failure.reason, message: failure.message, now: now, withUpdateTime: false, in: &status)
            }
        } else {
            Conditions.remove("ReplicaFailure", from: &status)
        }
        if status == set["status"] { return Plan(again: again) }
        var object = set
        object["status"] = status
        return Plan(changes: [.replace(Target(resource, set, subresource: "status"), object)], again: again)
    }
}
