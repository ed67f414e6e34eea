import JSONValue
import KubeModel

/// One look at a StatefulSet.
struct StatefulPass {
    let set: JSON
    let now: Timestamp
    private let names: StatefulPods
    /// The revision of the present template, and the one that the set had before the update to it.
    let updateRevision: JSON
    let currentRevision: JSON
    /// The pods by number.
    private let pods: [Int: JSON]
    private(set) var steps: [StatefulSets.Step] = []
    private var again: Int64?

    init(_ set: JSON, history: RevisionHistory, pods own: [JSON], now: Timestamp) {
        self.set = set
        self.now = now
        names = StatefulPods(set: set)
        updateRevision = history.current
        let current = set["status"]?["currentRevision"]?.string
        currentRevision = history.revisions.first { $0.name == current } ?? history.current
        pods = Dictionary(own.map { (StatefulPods.ordinal($0, of: set) ?? 0, $0) }) { left, _ in left }
    }

    private var replicas: Int { Int(clamping: min(self.set["spec"]?["replicas"]?.int ?? 1, Int64(Int32.max))) }
    private var start: Int { Int(clamping: min(self.set["spec"]?[path: "ordinals", "start"]?.int ?? 0, Int64(Int32.max))) }
    private var wanted: Range<Int> { start..<start + replicas }
    private var isOrdered: Bool { self.set["spec"]?["podManagementPolicy"]?.string != "Parallel" }
    private var isRolling: Bool { self.set[path: "spec", "updateStrategy", "type"]?.string != "OnDelete" }
    private var rolling: JSON? { self.set[path: "spec", "updateStrategy", "rollingUpdate"] }
    private var partition: Int { Int(clamping: rolling?["partition"]?.int ?? 0) }
    private var minReadySeconds: Int64 { self.set["spec"]?["minReadySeconds"]?.int ?? 0 }

    private func isReady(_ pod: JSON) -> Bool { pod["status"]?["phase"]?.string == "Running" && PodReadiness.readySince(pod) != nil }

    private mutating func isAvailable(_ pod: JSON) -> Bool {
        guard isReady(pod), let left = PodReadiness.secondsToAvailable(pod, minReadySeconds: minReadySeconds, now: now) else { return false }
        if left > 0 { again = min(again ?? left, left) }
        return left == 0
    }

    private mutating func isHealthy(_ pod: JSON) -> Bool { !pod.isBeingDeleted && isAvailable(pod) }
    private func revision(_ pod: JSON) -> String { pod.labels[ControllerRevisions.podLabel] ?? "" }

    /// Which revision a pod that is made now is from.
    private func revision(for ordinal: Int) -> JSON {
        let isOld = isRolling && (rolling == nil ? ordinal < start + Int(set.statusCount("currentReplicas")) : ordinal < start + partition)
        return isOld ? currentRevision : updateRevision
    }

    mutating func run(_ claim: (String) -> JSON?) {
        let condemned = pods.keys.filter { !wanted.contains($0) }.sorted(by: >)
        // Of unhealthy pods only the first may be given up while others are waited for.
        var firstUnhealthy: Int?
        for ordinal in pods.keys.sorted() + [wanted.first { pods[$0] == nil }].compactMap({ $0 }) {
            let isFine = pods[ordinal].map { isHealthy($0) } ?? false
            if !isFine { firstUnhealthy = min(firstUnhealthy ?? ordinal, ordinal) }
        }
        for ordinal in wanted { if steps.count >= StatefulSets.burst || !fill(ordinal, claim) { return } }
        for ordinal in condemned { if let pod = pods[ordinal] { keepOwners(ordinal, claim, of: pod) } }
        for ordinal in condemned { if !giveUp(ordinal, firstUnhealthy: firstUnhealthy) { return } }
        if isRolling { update() }
    }

    // MARK: Pods that are to be

    /// Sees to one number; answers whether the next ones may follow.
    private mutating func fill(_ ordinal: Int, _ claim: (String) -> JSON?) -> Bool {
        guard let pod = pods[ordinal] else {
            guard makeClaims(ordinal, claim) else { return false }
            let name = names.name(ordinal)
            steps.append(
                .init(
                    change: .create(Target(ReplicaSets.pods, namespace: set.namespace, name: ""), names.pod(ordinal, of: revision(for: ordinal))),
                    notice: Notice(reason: "SuccessfulCreate", message: "create Pod \(name) in StatefulSet \(set.name) successful"),
                    failure: Notice(isWarning: true, reason: "FailedCreate", message: "create Pod \(name) in StatefulSet \(set.name) failed error: ")))
            return !isOrdered
        }
        if ReplicaSets.isFinished(pod) {
            if !pod.isBeingDeleted {
                let hasFailed = pod["status"]?["phase"]?.string == "Failed"
                let what = hasFailed ? "failed" : "terminated"
                delete(
                    pod,
                    notice: Notice(
                        isWarning: hasFailed, reason: hasFailed ? "RecreatingFailedPod" : "RecreatingTerminatedPod",
                        message: "StatefulSet \(set.namespace)/\(set.name) is recreating \(what) Pod \(pod.name)"))
            }
            return !isOrdered
        }
        if pod["status"]?["phase"]?.string ?? "Pending" == "Pending", !pod.isBeingDeleted { _ = makeClaims(ordinal, claim) }
        if isOrdered, !isHealthy(pod) { return false }
        keepOwners(ordinal, claim, of: nil)
        return true
    }

    /// Makes the claims that a pod lacks; answers whether none is in the way.
    private mutating func makeClaims(_ ordinal: Int, _ claim: (String) -> JSON?) -> Bool {
        for template in names.templates {
            let name = names.claimName(template, ordinal)
            if let present = claim(name) {
                // It is going with the pod of that name that was before.
                let isStale = present.owners.contains { $0.kind == "Pod" && $0.uid != pods[ordinal]?.uid }
                if present.isBeingDeleted || isStale { return false }
                continue
            }
            let subject = "Claim \(name) Pod \(names.name(ordinal)) in StatefulSet \(set.name)"
            steps.append(
                .init(
                    change: .create(Target(StatefulSets.claims, namespace: set.namespace, name: ""), names.claim(template, ordinal)),
                    notice: Notice(reason: "SuccessfulCreate", message: "create \(subject) success"),
                    failure: Notice(isWarning: true, reason: "FailedCreate", message: "create \(subject) failed error: ")))
        }
        return true
    }

    /// Gives the claims of a pod the owners that they are to have. `condemned` is the pod, when it is given up.
    private mutating func keepOwners(_ ordinal: Int, _ claim: (String) -> JSON?, of condemned: JSON?) {
        for template in names.templates {
            guard var present = claim(names.claimName(template, ordinal)), !present.isBeingDeleted,
                let owners = names.owners(of: present, pod: condemned)
            else { continue }
            present[path: "metadata", "ownerReferences"] = owners
            steps.append(.init(change: .replace(Target(StatefulSets.claims, present), present)))
        }
    }

    // MARK: Pods that are not to be

    private mutating func delete(_ pod: JSON, notice: Notice? = nil) {
        let subject = "delete Pod \(pod.name) in StatefulSet \(set.name)"
        steps.append(
            .init(
                change: .delete(Target(ReplicaSets.pods, pod), uid: pod.uid, policy: nil),
                notice: notice ?? Notice(reason: "SuccessfulDelete", message: "\(subject) successful"),
                failure: Notice(isWarning: true, reason: "FailedDelete", message: "\(subject) failed error: ")))
    }

    private mutating func giveUp(_ ordinal: Int, firstUnhealthy: Int?) -> Bool {
        guard let pod = pods[ordinal] else { return true }
        if pod.isBeingDeleted { return !isOrdered }
        if isOrdered, ordinal != firstUnhealthy, !isAvailable(pod) { return false }
        delete(pod)
        return !isOrdered
    }

    /// Gives up pods of an older revision, the highest number first, as many as may be missing at a time.
    private mutating func update() {
        let range = (min(start + partition, wanted.upperBound)..<wanted.upperBound).reversed()
        let most = rolling?["maxUnavailable"].map { max(1, Portion.of($0, replicas, roundingUp: false)) } ?? 1
        var missing = 0
        if most > 1 { for ordinal in wanted where !(pods[ordinal].map { isHealthy($0) } ?? false) { missing += 1 } }
        for ordinal in range {
            guard let pod = pods[ordinal] else { return }
            let isOld = revision(pod) != updateRevision.name
            if isOld, !pod.isBeingDeleted {
                // One that is missing already is no further loss.
                if isHealthy(pod) || most == 1 { missing += 1 }
                if missing > most { return }
                delete(pod)
                if most == 1 { return }
            } else if most == 1, !isHealthy(pod) {
                return
            }
        }
    }

    // MARK: Status

    mutating func status() -> Plan {
        var counts: [String: Int] = [:]
        for pod in pods.values {
            counts["replicas", default: 0] += 1
            if isReady(pod) { counts["readyReplicas", default: 0] += 1 }
            if isAvailable(pod) { counts["availableReplicas", default: 0] += 1 }
            if pod.isBeingDeleted { continue }
            if revision(pod) == currentRevision.name { counts["currentReplicas", default: 0] += 1 }
            if revision(pod) == updateRevision.name { counts["updatedReplicas", default: 0] += 1 }
        }
        var status = set["status"] ?? [:]
        status["observedGeneration"] = .int(set.generation)
        status["currentRevision"] = .string(currentRevision.name)
        status["updateRevision"] = .string(updateRevision.name)
        if status["collisionCount"] == nil { status["collisionCount"] = 0 }
        if isRolling, ["updatedReplicas", "readyReplicas", "replicas"].allSatisfy({ (counts[$0] ?? 0) == replicas }) {
            counts["currentReplicas"] = counts["updatedReplicas"]
            status["currentRevision"] = status["updateRevision"]
        }
        for key in ["replicas", "availableReplicas"] { status[key] = JSON(counts[key] ?? 0) }
        for key in ["readyReplicas", "currentReplicas", "updatedReplicas"] { status[key] = counts[key].flatMap { $0 == 0 ? nil : JSON($0) } }
        var plan = Plan(again: again)
        if status != set["status"] {
            var object = set
            object["status"] = status
            plan.changes.append(.replace(Target(StatefulSets.resource, set, subresource: "status"), object))
        }
        return plan
    }
}
