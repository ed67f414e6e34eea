public import JSONValue
public import KubeModel

/// Pods that nobody will end any more.
///
/// Source: Kubernetes documentation, "Pod Lifecycle", garbage collection of Pods.
public enum PodGarbage {
    /// So many pods that have ended are kept (`--terminated-pod-gc-threshold`).
    public static let threshold = 12500
    /// Seconds that a node must be gone before its pods are: one that is registered anew keeps them.
    public static let quarantine: Int64 = 40

    /// Whether no node will ever end the pod, since it has none.
    public static func isUnscheduled(_ pod: JSON) -> Bool { pod.isBeingDeleted && (pod["spec"]?["nodeName"]?.string ?? "").isEmpty }

    /// Whether an administrator has said that the pod's node is shut down for good.
    public static func isOutOfService(_ pod: JSON, node: JSON?) -> Bool {
        guard pod.isBeingDeleted, let node, !NodeHealth.isReady(node) else { return false }
        return (node["spec"]?["taints"]?.array ?? []).contains { $0["key"]?.string == "node.kubernetes.io/out-of-service" }
    }

    /// What is written of a pod before it goes: it failed, and why.
    public static func farewell(_ pod: JSON, message: String, now: Timestamp) -> Change? {
        if ReplicaSets.isFinished(pod) { return nil }
        let condition: JSON = [
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": .string(message),
            "lastTransitionTime": .string(now.description),
        ]
        return .patch(
            Target(ReplicaSets.pods, pod, subresource: "status"), .strategic,
            ["metadata": ["uid": .string(pod.uid)], "status": ["phase": "Failed", "conditions": [condition]]], manager: "")
    }

    /// The pods that have ended which are too many: the oldest.
    public static func surplus(_ ended: [JSON], threshold: Int = PodGarbage.threshold) -> [JSON] {
        let kept = ended.filter { !$0.isBeingDeleted }
        guard threshold > 0, kept.count > threshold else { return [] }
        return Array(kept.sorted { ($0.creationTime, $0.name) < ($1.creationTime, $1.name) }.prefix(kept.count - threshold))
    }
}
