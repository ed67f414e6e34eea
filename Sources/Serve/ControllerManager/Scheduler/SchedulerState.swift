import JSONValue
import KubeModel
import Scheduling

/// What the scheduler has seen of the cluster, and the pods that wait. Decisions are made here, one at a time, so that
/// each sees what the one before it took.
actor SchedulerState {
    /// What to do next.
    enum Step: Sendable {
        case decided(pod: JSON, facts: PodFacts, SchedulingDecision)
        /// Nothing is ready; look again then at the latest.
        case idle(until: ContinuousClock.Instant?)
    }

    static let schedulerName = "default-scheduler"

    private var snapshot = ClusterSnapshot()
    private var queue = SchedulingQueue()
    /// Pods that were given a node which the API has not confirmed yet.
    private var assumed: [PodKey: String] = [:]
    private var unsynced: Set<GroupVersionResource>

    init(resources: [GroupVersionResource]) { unsynced = Set(resources) }

    // MARK: Seeing

    /// Takes in what is there of a resource, all of it.
    func replace(_ resource: GroupVersionResource, before: [JSON], with objects: [JSON]) {
        for object in before { forget(object) }
        for object in objects { note(object) }
        unsynced.remove(resource)
        queue.clusterChanged(now: .now)
    }

    /// - Parameter isNews: whether anything that scheduling reads has changed.
    func put(_ object: JSON, isNews: Bool) {
        note(object)
        // A pod without a node takes nothing and gives nothing.
        let isFree = object["kind"] == "Pod" && (object["spec"]?["nodeName"]?.string ?? "").isEmpty
        if isNews, !isFree { queue.clusterChanged(now: .now) }
    }

    func remove(_ object: JSON) {
        forget(object)
        queue.clusterChanged(now: .now)
    }

    private func note(_ object: JSON) {
        guard object["kind"] == "Pod" else { return snapshot.put(object) }
        let facts = PodFacts(object)
        if facts.isFinished {
            assumed[facts.key] = nil
            snapshot.remove(pod: facts.key)
            return queue.remove(facts.key)
        }
        if facts.nodeName.isEmpty {
            // An older view than our own decision must not undo it.
            if assumed[facts.key] != nil { return }
            snapshot.put(pod: facts)
            let isOurs = facts.schedulerName == Self.schedulerName && !facts.isTerminating && facts.schedulingGates.isEmpty
            if isOurs { queue.put(object, facts) } else { queue.remove(facts.key) }
        } else {
            assumed[facts.key] = nil
            snapshot.put(pod: facts)
            queue.remove(facts.key)
        }
    }

    private func forget(_ object: JSON) {
        if object["kind"] == "Pod" {
            let key = PodFacts(object).key
            assumed[key] = nil
            queue.remove(key)
        }
        snapshot.remove(object)
    }

    // MARK: Deciding

    /// Decides about the next pod.
    func step(seed: UInt64) -> Step {
        // Before everything was listed, a node or a pod that is missing proves nothing.
        guard unsynced.isEmpty else { return .idle(until: .now + .milliseconds(50)) }
        guard let (pod, facts) = queue.next(now: .now) else { return .idle(until: queue.deadline) }
        let decision = Scheduler.decide(facts, in: snapshot, seed: seed)
        if case .bind(let placement) = decision, placement.volumes.isEmpty { assume(pod, on: placement.node) }
        return .decided(pod: pod, facts: facts, decision)
    }

    /// Counts a pod on its node before the API has said so.
    private func assume(_ pod: JSON, on node: String) {
        var bound = pod
        bound[path: "spec", "nodeName"] = .string(node)
        let facts = PodFacts(bound)
        assumed[facts.key] = node
        snapshot.put(pod: facts)
    }

    /// A binding was refused: the pod has no node.
    func bindingFailed(_ pod: JSON) {
        let facts = PodFacts(pod)
        if assumed.removeValue(forKey: facts.key) != nil { snapshot.put(pod: facts) }
        queue.backOff(facts.key, now: .now)
    }

    /// No node takes the pod now.
    func park(_ key: PodKey) { queue.park(key, now: .now) }

    /// A pod as the snapshot knows it was nominated: those after it leave it the room.
    func nominate(_ pod: JSON, _ node: String) {
        var nominated = pod
        nominated[path: "status", "nominatedNodeName"] = node.isEmpty ? nil : .string(node)
        snapshot.put(pod: PodFacts(nominated))
    }
}
