public import JSONValue
public import KubeModel

/// The taints that follow from a node's conditions.
///
/// Source: Kubernetes documentation, "Taint Nodes by Condition", "Taint based Evictions".
public enum NodeTaints {
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"

    /// Each condition with the states in which it taints a node, and the taint's key.
    static let table: [(condition: String, status: String, key: String)] = [
        ("Ready", "False", notReady),
        ("Ready", "Unknown", unreachable),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ]

    /// The taints that the node's conditions, and its being cordoned, call for.
    public static func desired(for node: JSON) -> [Taint] {
        let conditions = node["status"]?["conditions"]?.array ?? []
        var taints: [Taint] = []
        for row in table where conditions.contains(where: { $0["type"]?.string == row.condition && $0["status"]?.string == row.status }) {
            taints.append(Taint(key: row.key, effect: .noSchedule))
            // A node that is not ready, or not heard of, is left by the pods that do not put up with that.
            if row.condition == "Ready" { taints.append(Taint(key: row.key, effect: .noExecute)) }
        }
        if node["spec"]?["unschedulable"]?.bool == true { taints.append(NodeUnschedulable.taint) }
        return taints
    }

    /// The node's taints after its conditions were looked at; nil when they are right already.
    ///
    /// Taints of other keys stay as they are, and in their order; a taint that stays keeps the time when it was added.
    public static func reconciled(_ node: JSON, now: Timestamp) -> [Taint]? {
        let present = (node["spec"]?["taints"]?.array ?? []).map { Taint($0) }
        let owned = Set(table.map(\.key) + [NodeUnschedulable.taint.key])
        let wanted = desired(for: node)
        func isOwned(_ taint: Taint) -> Bool { owned.contains(taint.key) && (taint.effect == .noSchedule || isExecuted(taint)) }
        var result = present.filter { taint in !isOwned(taint) || wanted.contains { $0.matches(taint) } }
        for taint in wanted where !present.contains(where: { $0.matches(taint) }) {
            var added = taint
            added.timeAdded = now
            result.append(added)
        }
        return result == present ? nil : result
    }

    /// Whether a taint tells of a node that is not ready or not heard of.
    public static func isReadiness(_ taint: Taint) -> Bool { taint.key == notReady || taint.key == unreachable }

    /// Of the owned keys only readiness has a `NoExecute` taint; one that a user set on another stays.
    private static func isExecuted(_ taint: Taint) -> Bool {
        taint.effect == .noExecute && isReadiness(taint)
    }
}
