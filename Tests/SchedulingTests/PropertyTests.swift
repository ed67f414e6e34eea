import JSONValue
import Scheduling
import Testing

@Suite("scheduling properties") struct PropertyTests {
    @Test("a snapshot depends on what is in it, not on how it came there", arguments: 0..<40 as Range<UInt64>)
    func incrementalIsRebuilt(seed: UInt64) {
        var random = Cluster(seed: seed)
        var walked = ClusterSnapshot()
        var present: [String: JSON] = [:]
        for _ in 0..<300 {
            let object = random.object()
            let key = "\(object["kind"]?.string ?? "")/\(object["metadata"]?["name"]?.string ?? "")"
            if random.below(3) == 0 {
                walked.remove(object)
                present[key] = nil
            } else {
                walked.put(object)
                present[key] = object
            }
        }
        var rebuilt = ClusterSnapshot()
        for key in present.keys.sorted() { if let object = present[key] { rebuilt.put(object) } }
        #expect(walked == rebuilt)
        for object in present.values { walked.remove(object) }
        #expect(walked == ClusterSnapshot())
    }

    @Test("no pod of equal or higher priority is driven away, and the pod fits once its victims are gone", arguments: 0..<150 as Range<UInt64>)
    func victimsAreLess(seed: UInt64) {
        var random = Cluster(seed: seed)
        let snapshot = random.snapshot(nodes: 4, pods: 24)
        let pod = PodFacts(random.pod(named: "new", on: nil))
        guard case .unschedulable(_, .nominate(let nomination), _) = Scheduler.decide(pod, in: snapshot, seed: seed) else { return }
        var after = snapshot
        #expect(!nomination.victims.isEmpty)
        for victim in nomination.victims {
            let facts = snapshot.entry(nomination.node)?.pods[victim]
            #expect(facts.map { $0.priority < pod.priority } == true, "\(victim)")
            after.remove(pod: victim)
        }
        guard case .bind(let placement) = Scheduler.decide(pod, in: after, seed: seed) else {
            Issue.record("seed \(seed): the pod does not fit after its victims are gone")
            return
        }
        #expect(placement.totals.keys.contains(nomination.node))
    }

    @Test("a node is found exactly when one by one search finds one", arguments: 0..<200 as Range<UInt64>)
    func bruteForceAgrees(seed: UInt64) {
        var random = Cluster(seed: seed)
        let objects = random.objects(nodes: 4, pods: 16)
        let pod = random.pod(named: "new", on: nil)
        let expected = BruteForce(objects).feasible(pod)
        var snapshot = ClusterSnapshot()
        for object in objects { snapshot.put(object) }
        switch Scheduler.decide(PodFacts(pod), in: snapshot, seed: seed) {
        case .bind(let placement):
            #expect(placement.totals.keys.sorted() == expected)
            #expect(expected.contains(placement.node))
        case .unschedulable(let error, _, _):
            #expect(expected.isEmpty, "\(error.message)")
            #expect(error.rejections.count == 4)
        case .gated: Issue.record("nothing gates the pod")
        }
    }

    @Test("the same seed decides the same, and other seeds reach every best node") func seedsDecideTies() {
        var snapshot = ClusterSnapshot()
        for name in ["a", "b", "c"] {
            snapshot.put(["kind": "Node", "metadata": ["name": .string(name)], "status": ["allocatable": ["pods": "9"]]])
        }
        let pod = PodFacts(["metadata": ["name": "p"]])
        let chosen = (0..<64 as Range<UInt64>).map { seed -> String in
            let first = Scheduler.decide(pod, in: snapshot, seed: seed)
            #expect(first == Scheduler.decide(pod, in: snapshot, seed: seed))
            if case .bind(let placement) = first { return placement.node }
            return ""
        }
        #expect(Set(chosen) == ["a", "b", "c"])
    }
}
