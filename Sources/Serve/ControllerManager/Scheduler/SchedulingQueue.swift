import HeapModule
import JSONValue
import KubeModel
import Scheduling

/// The pods that wait for a node, and whose turn it is. A value: time comes in.
///
/// A pod is ready, waits out its back-off, or is parked until the cluster changes in a way that may help it.
///
/// Source: kube-scheduler, "scheduling queue": back-off from 1 to 10 seconds, parked pods are looked at again after five
/// minutes at the latest.
struct SchedulingQueue: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum Place: Hashable, Sendable {
        case ready
        case backingOff(until: Instant)
        case parked(since: Instant)
        /// Being decided about or bound.
        case inWork
    }
    private struct Waiting: Sendable {
        var pod: JSON
        var facts: PodFacts
        var place: Place
        var attempts = 0
        var lastAttempt: Instant?
        /// The cluster changed while the pod was in work: a failure may be out of date already.
        var isOvertaken = false
        /// Tells a turn in the heap from one that is no longer meant.
        var turn: UInt64 = 0
    }
    /// One pod's turn: the most important first, then the one that waits longest.
    private struct Turn: Comparable {
        var priority: Int64
        var number: UInt64
        var key: PodKey

        static func < (left: Turn, right: Turn) -> Bool { (left.priority, right.number) < (right.priority, left.number) }
    }

    static let shortestBackOff = Duration.seconds(1)
    static let longestBackOff = Duration.seconds(10)
    static let longestParking = Duration.seconds(300)

    private var waiting: [PodKey: Waiting] = [:]
    private var turns = Heap<Turn>()
    private var turnNumber: UInt64 = 0
    private var backingOff: Set<PodKey> = []
    private var parked: Set<PodKey> = []
    private var inWork: Set<PodKey> = []
    /// When to look again though nothing happens, or earlier; nil when nothing waits for time to pass.
    private(set) var deadline: Instant?

    /// Adds a pod without a node, or takes in how it has changed.
    mutating func put(_ pod: JSON, _ facts: PodFacts) {
        guard var present = waiting[facts.key], present.facts.uid == facts.uid else {
            remove(facts.key)
            waiting[facts.key] = Waiting(pod: pod, facts: facts, place: .ready)
            makeReady(facts.key)
            return
        }
        // What the scheduler itself writes into a pod's status is no reason to look at it again.
        let isChanged = present.pod["spec"] != pod["spec"] || present.facts.labels != facts.labels
        present.pod = pod
        present.facts = facts
        if isChanged, present.place == .inWork { present.isOvertaken = true }
        waiting[facts.key] = present
        if isChanged, parked.contains(facts.key) { makeReady(facts.key) }
    }

    /// Forgets a pod that is bound, finished or gone.
    mutating func remove(_ key: PodKey) {
        waiting[key] = nil
        backingOff.remove(key)
        parked.remove(key)
        inWork.remove(key)
    }

    /// The next pod to decide about; nil when none is ready.
    mutating func next(now: Instant) -> (pod: JSON, facts: PodFacts)? {
        release(now: now)
        while let turn = turns.popMax() {
            guard var entry = waiting[turn.key], entry.place == .ready, entry.turn == turn.number else { continue }
            entry.place = .inWork
            entry.attempts += 1
            entry.lastAttempt = now
            entry.isOvertaken = false
            waiting[turn.key] = entry
            inWork.insert(turn.key)
            return (entry.pod, entry.facts)
        }
        return nil
    }

    /// Puts a pod that no node takes aside, until the cluster changes.
    mutating func park(_ key: PodKey, now: Instant) {
        guard var entry = waiting[key] else { return }
        if entry.isOvertaken { return backOff(key, now: now) }
        entry.place = .parked(since: now)
        waiting[key] = entry
        inWork.remove(key)
        parked.insert(key)
        look(at: now + Self.longestParking)
    }

    /// Lets a pod whose binding failed try again, after a while.
    mutating func backOff(_ key: PodKey, now: Instant) {
        guard var entry = waiting[key] else { return }
        parked.remove(key)
        inWork.remove(key)
        let exponent = min(max(entry.attempts - 1, 0), 4)
        let pause = min(Self.shortestBackOff * (1 << exponent), Self.longestBackOff)
        let until = (entry.lastAttempt ?? now) + pause
        if until <= now { return makeReady(key) }
        entry.place = .backingOff(until: until)
        waiting[key] = entry
        backingOff.insert(key)
        look(at: until)
    }

    private mutating func look(at moment: Instant) { deadline = min(deadline ?? moment, moment) }

    /// The cluster changed: parked pods may fit now.
    mutating func clusterChanged(now: Instant) {
        for key in parked { backOff(key, now: now) }
        for key in inWork { waiting[key]?.isOvertaken = true }
    }

    var count: Int { waiting.count }

    /// Makes ready whose time has come. Nothing is looked at before the first one's.
    private mutating func release(now: Instant) {
        guard let due = deadline, due <= now else { return }
        deadline = nil
        for key in backingOff {
            guard case .backingOff(let until)? = waiting[key]?.place else { continue }
            if until <= now { makeReady(key) } else { look(at: until) }
        }
        for key in parked {
            guard case .parked(let since)? = waiting[key]?.place else { continue }
            if since + Self.longestParking <= now { makeReady(key) } else { look(at: since + Self.longestParking) }
        }
    }

    private mutating func makeReady(_ key: PodKey) {
        backingOff.remove(key)
        parked.remove(key)
        inWork.remove(key)
        guard var entry = waiting[key] else { return }
        turnNumber += 1
        entry.place = .ready
        entry.turn = turnNumber
        waiting[key] = entry
        turns.insert(Turn(priority: entry.facts.priority, number: turnNumber, key: key))
    }
}
