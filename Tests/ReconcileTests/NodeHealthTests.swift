import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct NodeHealthTests {
    static func node(_ conditions: [(String, String)], taints: JSON = [], cordoned: Bool = false) -> JSON {
        [
            "metadata": ["name": "a", "uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"],
            "spec": ["taints": taints, "unschedulable": .bool(cordoned)],
            "status": ["conditions": .array(conditions.map { ["type": .string($0.0), "status": .string($0.1), "reason": "r", "message": "m"] })],
        ]
    }

    static let well = [("Ready", "True"), ("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False")]

    /// The taints after a look, as `key:effect`; nil when they are not written.
    private func taints(_ plan: Plan) -> [String]? {
        for case .patch(let target, _, let patch, _) in plan.changes where target.subresource.isEmpty {
            #expect(patch["metadata"]?["resourceVersion"] == "7")
            return (patch["spec"]?["taints"]?.array ?? []).map { "\($0["key"]?.string ?? ""):\($0["effect"]?.string ?? "")" }
        }
        return nil
    }

    private func conditions(_ plan: Plan) -> [String: String] {
        var result: [String: String] = [:]
        for case .patch(let target, _, let patch, _) in plan.changes where target.subresource == "status" {
            for condition in patch["status"]?["conditions"]?.array ?? [] { result[condition["type"]?.string ?? ""] = condition["reason"]?.string }
        }
        return result
    }

    @Test("a node that is heard of keeps its conditions, and its taints follow from them", arguments: [
        (Self.well, nil as [String]?), ([("Ready", "False")], ["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"]),
        ([("Ready", "True"), ("MemoryPressure", "True")], ["node.kubernetes.io/memory-pressure:NoSchedule"]),
        ([("Ready", "True"), ("DiskPressure", "True"), ("PIDPressure", "True")], ["node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/pid-pressure:NoSchedule"]),
        ([("Ready", "True"), ("NetworkUnavailable", "True")], ["node.kubernetes.io/network-unavailable:NoSchedule"]),
    ]) func heard(conditions: [(String, String)], wanted: [String]?) {
        let plan = NodeHealth.plan(Self.node(conditions), silence: 10, isDisrupted: false, now: Samples.now)
        #expect(taints(plan) == wanted)
        #expect(self.conditions(plan).isEmpty)
        #expect(plan.again == 40)
    }

    @Test("after 50 seconds of silence nothing is known, and the node is unreachable") func silent() {
        let quiet = NodeHealth.plan(Self.node(Self.well), silence: 49, isDisrupted: false, now: Samples.now)
        #expect(quiet.changes.isEmpty && quiet.again == 1)
        let plan = NodeHealth.plan(Self.node(Self.well), silence: 50, isDisrupted: false, now: Samples.now)
        #expect(conditions(plan) == ["Ready": "NodeStatusUnknown", "MemoryPressure": "NodeStatusUnknown", "DiskPressure": "NodeStatusUnknown", "PIDPressure": "NodeStatusUnknown"])
        #expect(taints(plan) == ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"])
        #expect(plan.notices == [Notice(reason: "NodeNotReady", message: "Node a status is now: NodeNotReady")])
    }

    @Test("a node that never said how it is has a minute") func newborn() {
        #expect(NodeHealth.plan(Self.node([]), silence: 59, isDisrupted: false, now: Samples.now).changes.isEmpty)
        let plan = NodeHealth.plan(Self.node([]), silence: 60, isDisrupted: false, now: Samples.now)
        #expect(conditions(plan)["Ready"] == "NodeStatusNeverUpdated")
    }

    @Test("a node that comes back loses its taints, and keeps those of others") func back() {
        let present: JSON = [
            ["key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"], ["key": "mine", "effect": "NoExecute"],
            ["key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"],
        ]
        let plan = NodeHealth.plan(Self.node(Self.well, taints: present), silence: 0, isDisrupted: false, now: Samples.now)
        #expect(taints(plan) == ["mine:NoExecute"])
    }

    @Test("when no node is well, none is made to lose its pods") func disrupted() {
        let plan = NodeHealth.plan(Self.node(Self.well), silence: 50, isDisrupted: true, now: Samples.now)
        #expect(taints(plan) == ["node.kubernetes.io/unreachable:NoSchedule"])
        let present: JSON = [["key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"], ["key": "node.kubernetes.io/unreachable", "effect": "NoExecute"]]
        let unknown = Self.well.map { ($0.0, "Unknown") }
        #expect(taints(NodeHealth.plan(Self.node(unknown, taints: present), silence: 500, isDisrupted: true, now: Samples.now)) == ["node.kubernetes.io/unreachable:NoSchedule"])
        #expect(taints(NodeHealth.plan(Self.node(unknown, taints: present), silence: 500, isDisrupted: false, now: Samples.now)) == nil)
    }

    @Test("a pod of an unknown node is not ready, and is said to be once") func unready() {
        let pod = Samples.pod("p", node: "a", readySince: "2026-01-01T00:00:00Z")
        guard case .patch(_, _, let patch, _)? = NodeHealth.unready(pod, now: Samples.now) else { return #expect(Bool(false), "nothing is said") }
        #expect(patch["status"]?["conditions"]?[at: 0]?["status"] == "False")
        #expect(NodeHealth.unready(Samples.pod("p", node: "a"), now: Samples.now) == nil)
    }

    @Test("of pods that ended the oldest are too many") func garbage() {
        let pods = (1...5).map { number -> JSON in
            var pod = Samples.pod("p\(number)", phase: "Succeeded")
            pod[path: "metadata", "creationTimestamp"] = .string("2026-01-0\(number)T00:00:00Z")
            return pod
        }
        #expect(PodGarbage.surplus(pods.reversed(), threshold: 3).map(\.name) == ["p1", "p2"])
        #expect(PodGarbage.surplus(pods, threshold: 5).isEmpty)
        #expect(PodGarbage.surplus(pods, threshold: 0).isEmpty)
        #expect(PodGarbage.farewell(pods[0], message: "m", now: Samples.now) == nil)
        #expect(PodGarbage.farewell(Samples.pod("p"), message: "m", now: Samples.now) != nil)
        var leaving = Samples.pod("p")
        leaving[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        #expect(PodGarbage.isUnscheduled(leaving) && !PodGarbage.isUnscheduled(Samples.pod("p")))
    }
}
