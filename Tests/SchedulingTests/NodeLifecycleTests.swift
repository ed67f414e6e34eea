import JSONValue
import KubeModel
import Scheduling
import Testing

@Suite("node life cycle") struct NodeLifecycleTests {
    let now = Timestamp(seconds: 1000)
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"

    func node(_ conditions: [(String, String)], taints: [Taint] = [], cordoned: Bool = false) -> JSON {
        [
            "metadata": ["name": "a"], "spec": ["taints": .array(taints.map(\.json)), "unschedulable": .bool(cordoned)],
            "status": ["conditions": .array(conditions.map { ["type": .string($0.0), "status": .string($0.1)] })],
        ]
    }

    @Test("conditions call for taints", arguments: [
        ("Ready", "True", []),
        ("Ready", "False", ["\(notReady):NoSchedule", "\(notReady):NoExecute"]),
        ("Ready", "Unknown", ["\(unreachable):NoSchedule", "\(unreachable):NoExecute"]),
        ("MemoryPressure", "True", ["node.kubernetes.io/memory-pressure:NoSchedule"]),
        ("MemoryPressure", "False", []),
        ("DiskPressure", "True", ["node.kubernetes.io/disk-pressure:NoSchedule"]),
        ("PIDPressure", "True", ["node.kubernetes.io/pid-pressure:NoSchedule"]),
        ("NetworkUnavailable", "True", ["node.kubernetes.io/network-unavailable:NoSchedule"]),
    ] as [(String, String, [String])])
    func conditionsTaint(condition: String, status: String, expected: [String]) {
        let taints = NodeTaints.desired(for: node([(condition, status)]))
        #expect(taints.map { "\($0.key):\($0.effect?.rawValue ?? "")" } == expected)
    }

    @Test("reconciling keeps foreign taints and times, and ends when nothing is to change") func taintsAreReconciled() throws {
        let mine = Taint(key: "mine", effect: .noExecute)
        let old = Taint(key: Self.notReady, effect: .noExecute, timeAdded: Timestamp(seconds: 5))
        let changed = try #require(NodeTaints.reconciled(node([("Ready", "False")], taints: [mine, old]), now: now))
        #expect(changed == [mine, old, Taint(key: Self.notReady, effect: .noSchedule, timeAdded: now)])
        #expect(NodeTaints.reconciled(node([("Ready", "False")], taints: changed), now: Timestamp(seconds: 2000)) == nil)
        #expect(NodeTaints.reconciled(node([("Ready", "True")], taints: changed), now: now) == [mine])
        let unheard = try #require(NodeTaints.reconciled(node([("Ready", "Unknown")], taints: [old]), now: now))
        #expect(unheard.allSatisfy { $0.key == Self.unreachable })
    }

    func pod(_ tolerations: JSON) -> PodFacts { PodFacts(["metadata": ["name": "p"], "spec": ["tolerations": tolerations]]) }
    func toleration(_ key: String, _ seconds: Int64?) -> JSON {
        var object: JSON = ["key": .string(key), "operator": "Exists", "effect": "NoExecute"]
        if let seconds { object["tolerationSeconds"] = .int(seconds) }
        return object
    }
    func pending(_ since: Int64, _ at: Int64) -> TaintEviction.Pending { .init(since: Timestamp(seconds: since), at: Timestamp(seconds: at)) }

    @Test("pods leave when their toleration ends") func podsLeave() {
        let a = Taint(key: "a", effect: .noExecute)
        let b = Taint(key: "b", effect: .noExecute)
        func verdict(_ tolerations: JSON, _ taints: [Taint], _ waiting: TaintEviction.Pending? = nil) -> TaintEviction.Verdict {
            TaintEviction.decide(pod(tolerations), taints: taints, pending: waiting, now: now)
        }
        #expect(verdict([], [a]) == .evictNow(a))
        #expect(verdict([], [Taint(key: "a", effect: .noSchedule)]) == .stay)
        #expect(verdict([toleration("a", nil)], [a]) == .stay)
        #expect(verdict([toleration("a", 300)], [a]) == .evict(pending(1000, 1300)))
        #expect(verdict([toleration("a", 300)], [a, b]) == .evictNow(b))
        #expect(verdict([toleration("a", 300), toleration("b", 60)], [a, b]) == .evict(pending(1000, 1060)))
        #expect(verdict([toleration("a", 0)], [a]) == .evictNow(nil))
        #expect(verdict([toleration("a", .max)], [a]) == .evict(pending(1000, 1000 + Int64(Int32.max))))
        // What began to wait keeps its time; the taint's going ends the wait.
        #expect(verdict([toleration("a", 300)], [a], pending(900, 1200)) == .evict(pending(900, 1200)))
        #expect(verdict([toleration("a", 300)], [], pending(900, 1200)) == .stay)
        #expect(verdict([toleration("a", 300)], [a], pending(600, 900)) == .evictNow(nil))
    }
}
