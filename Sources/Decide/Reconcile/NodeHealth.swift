public import JSONValue
public import KubeModel
import Scheduling

/// A node that is not heard of any more is not known to be well, and its taints say how it is.
///
/// Source: Kubernetes documentation, "Nodes", node heartbeats and node controller; "Taint Nodes by Condition".
public enum NodeHealth {
    /// The resource.
    public static let resource = GroupVersionResource(group: "", version: "v1", resource: "nodes")
    /// The leases by which nodes are heard of, in the namespace `kube-node-lease`.
    public static let leases = GroupVersionResource(group: "coordination.k8s.io", version: "v1", resource: "leases")
    /// Where those leases are.
    public static let leaseNamespace = "kube-node-lease"
    /// Seconds of silence after which nothing is known of a node (`--node-monitor-grace-period`).
    public static let grace: Int64 = 50
    /// The same for a node that has never said how it is (`--node-startup-grace-period`).
    static let startupGrace: Int64 = 60

    /// Whether the node says that it is well.
    public static func isReady(_ node: JSON) -> Bool { Conditions.find("Ready", in: node["status"])?["status"]?.string == "True" }

    /// What one look at a node leads to.
    ///
    /// - Parameters:
    ///   - node: the node, as it is now.
    ///   - silence: seconds since the node was last heard of.
    ///   - grace: seconds of silence after which nothing is known of it.
    ///   - isDisrupted: no node of the cluster is well. Then it is rather the control plane that hears nothing, and no
    ///     pod is driven away.
    ///   - now: the moment, for conditions and taints that change.
    /// - Returns: the writes of taints and conditions; when to look again while the node is within its grace.
    public static func plan(_ node: JSON, silence: Int64, grace: Int64 = NodeHealth.grace, isDisrupted: Bool, now: Timestamp) -> Plan {
        var plan = Plan()
        var known = node
        let ready = Conditions.find("Ready", in: node["status"])
        let grace = ready == nil ? grace + startupGrace - Self.grace : grace
        if silence < grace {
            plan.again = grace - silence
        } else {
            forget(&known, now: now, &plan)
        }
        let wanted = NodeTaints.reconciled(known, now: now) ?? (known["spec"]?["taints"]?.array ?? []).map { Taint($0) }
        let kept = wanted.filter { !(isDisrupted && $0.effect == .noExecute && NodeTaints.isReadiness($0)) }
        let before = node["spec"]?["taints"]?.array ?? []
        if kept != before.map({ Taint($0) }) {
            // The version keeps taints that others set meanwhile.
            var patch: JSON = ["spec": ["taints": kept.isEmpty ? .null : .array(kept.map(\.json))]]
            patch["metadata"] = ["resourceVersion": node["metadata"]?["resourceVersion"] ?? .null, "uid": .string(node.uid)]
            plan.changes.insert(.patch(Target(resource, node), .merge, patch, manager: ""), at: 0)
        }
        return plan
    }

    /// Sets the conditions of a node that is silent to Unknown.
    private static func forget(_ node: inout JSON, now: Timestamp, _ plan: inout Plan) {
        var changed: [JSON] = []
        for type in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            let present = Conditions.find(type, in: node["status"])
            if present?["status"]?.string == "Unknown" { continue }
            var condition: JSON = present ?? ["type": .string(type), "lastHeartbeatTime": node["metadata"]?["creationTimestamp"] ?? .null]
            condition["status"] = "Unknown"
            condition["reason"] = present == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"
            condition["message"] = present == nil ? "Kubelet never posted node status." : "Kubelet stopped posting node status."
            condition["lastTransitionTime"] = .string(now.description)
            changed.append(condition)
            if type == "Ready" { plan.notices.append(Notice(reason: "NodeNotReady", message: "Node \(node.name) status is now: NodeNotReady")) }
        }
        guard !changed.isEmpty else { return }
        let types = Set(changed.compactMap { $0["type"]?.string })
        let others = (node["status"]?["conditions"]?.array ?? []).filter { !types.contains($0["type"]?.string ?? "") }
        node[path: "status", "conditions"] = .array(others + changed)
        plan.changes.append(
            .patch(Target(resource, node, subresource: "status"), .strategic, ["status": ["conditions": .array(changed)]], manager: ""))
    }

    /// What says of a pod that it is not ready, since nothing is known of its node; none when it is not said to be.
    public static func unready(_ pod: JSON, now: Timestamp) -> Change? {
        guard var condition = Conditions.find("Ready", in: pod["status"]), condition["status"]?.string == "True" else { return nil }
        condition["status"] = "False"
        condition["reason"] = "NodeNotReady"
        condition["lastTransitionTime"] = .string(now.description)
        return .patch(
            Target(ReplicaSets.pods, pod, subresource: "status"), .strategic,
            ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": [condition]]], manager: "")
    }
}
