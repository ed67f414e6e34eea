import JSONValue
import KubeModel

/// One pass of the deployment controller: the step that brings a rollout nearer to its end.
///
/// A pass makes the same step as upstream's and writes the status that follows from what it saw; what the step leads to
/// is seen at the next pass.
struct Rollout {
    let deployment: JSON
    let facts: DeploymentFacts
    let judge: DeploymentStatus
    let owner: OwnerReference
    let pods: [JSON]
    private(set) var plan = Plan()
    /// The ReplicaSet with the present template.
    private(set) var new: JSON?
    /// All others, older first.
    private(set) var old: [JSON]
    private var status: JSON
    private var annotations: [String: String]

    init(_ deployment: JSON, sets: [JSON], pods: [JSON], owner: OwnerReference, now: Timestamp) {
        self.deployment = deployment
        self.owner = owner
        self.pods = pods
        facts = DeploymentFacts(deployment)
        judge = DeploymentStatus(facts: facts, now: now)
        status = deployment["status"] ?? [:]
        annotations = deployment.annotations
        let sorted = sets.sorted(by: DeploymentFacts.isOlder)
        let template = facts.template
        new = sorted.first { DeploymentFacts.isSame($0["spec"]?["template"], template) }
        let uid = new?.uid
        old = sorted.filter { $0.uid != uid }
    }

    private var all: [JSON] { old + (new.map { [$0] } ?? []) }
    private var active: [JSON] { all.filter { ReplicaSets.replicas($0) > 0 } }

    mutating func run() {
        if deployment.isBeingDeleted {
            syncRevision(creating: false)
            return finish(judge.counted(all, new: new, from: status))
        }
        notePause()
        if facts.isPaused || isScalingEvent {
            syncRevision(creating: false)
            scale()
            if facts.isPaused { cleanUp() }
            return finish(judge.counted(all, new: new, from: status))
        }
        if facts.isRolling { roll() } else { recreate() }
        finish(judge.rollout(all, new: new, from: status))
    }

    // MARK: The steps

    private mutating func roll() {
        syncRevision(creating: true)
        if growNew() { return }
        if shrinkOld() { return }
        if judge.isComplete(deployment["status"] ?? [:]) { cleanUp() }
    }

    private mutating func recreate() {
        syncRevision(creating: false)
        var isScaled = false
        for set in old where ReplicaSets.replicas(set) > 0 {
            resize(set, to: 0)
            isScaled = true
        }
        if isScaled || oldPodsRun { return }
        if new == nil { syncRevision(creating: true) }
        _ = growNew()
        if judge.isComplete(deployment["status"] ?? [:]) { cleanUp() }
    }

    private var oldPodsRun: Bool {
        if old.contains(where: { $0.statusCount("replicas") > 0 }) { return true }
        let uids = Set(old.map(\.uid))
        return pods.contains { pod in uids.contains(pod.controller?.uid ?? "") && !ReplicaSets.isFinished(pod) }
    }

    /// Brings the new ReplicaSet nearer to its size; whether it had to.
    private mutating func growNew() -> Bool {
        guard let new else { return false }
        let size = ReplicaSets.replicas(new)
        if size == facts.replicas { return false }
        let wanted = size > facts.replicas ? facts.replicas : newSize(beside: old, size: size)
        if wanted == size { return false }
        resize(new, to: wanted)
        return true
    }

    /// How large the new ReplicaSet may be while the old ones have their pods.
    private func newSize(beside old: [JSON], size: Int64) -> Int64 {
        guard facts.isRolling else { return facts.replicas }
        let current = old.reduce(size) { $0 + ReplicaSets.replicas($1) }
        let most = facts.replicas + facts.maxSurge
        if current >= most { return size }
        return size + min(most - current, facts.replicas - size)
    }

    /// Takes pods from the old ReplicaSets, unhealthy ones first, as far as enough stay available.
    private mutating func shrinkOld() -> Bool {
        let old = self.old.filter { ReplicaSets.replicas($0) > 0 }
        guard !old.isEmpty else { return false }
        let total = all.reduce(Int64(0)) { $0 + ReplicaSets.replicas($1) }
        let least = facts.replicas - facts.maxUnavailable
        let unavailable = new.map { ReplicaSets.replicas($0) - $0.statusCount("availableReplicas") } ?? 0
        let most = total - least - unavailable
        if most <= 0 { return false }
        var sizes = old.map(ReplicaSets.replicas)
        var removed: Int64 = 0
        for (index, set) in old.enumerated() where removed < most {
            let surplus = min(most - removed, max(0, sizes[index] - set.statusCount("availableReplicas")))
            sizes[index] -= surplus
            removed += surplus
        }
        let available = all.reduce(Int64(0)) { $0 + $1.statusCount("availableReplicas") }
        var spare = available - least
        for index in old.indices where spare > 0 {
            let taken = min(spare, sizes[index])
            sizes[index] -= taken
            spare -= taken
            removed += taken
        }
        for (index, set) in old.enumerated() where sizes[index] != ReplicaSets.replicas(set) { resize(set, to: sizes[index]) }
        return removed > 0
    }

    // MARK: Scaling

    /// Whether the wanted number of pods changed since the ReplicaSets were last sized.
    private var isScalingEvent: Bool {
        active.contains { set in
            set.annotations[DeploymentFacts.desiredKey].flatMap { Int64($0) }.map { $0 != facts.replicas } ?? false
        }
    }

    /// Resizes without moving the rollout: one active ReplicaSet gets it all, several share in proportion.
    private mutating func scale() {
        let active = self.active
        if active.count <= 1, let only = active.first ?? new ?? old.last {
            if ReplicaSets.replicas(only) != facts.replicas { resize(only, to: facts.replicas) }
            return
        }
        if let new, isSaturated(new) {
            for set in old where ReplicaSets.replicas(set) > 0 { resize(set, to: 0) }
            return
        }
        guard facts.isRolling else { return }
        let total = active.reduce(Int64(0)) { $0 + ReplicaSets.replicas($1) }
        let allowed = facts.replicas > 0 ? facts.replicas + facts.maxSurge : 0
        let toAdd = allowed - total
        let ordered = active.sorted { left, right in
            let (a, b) = (ReplicaSets.replicas(left), ReplicaSets.replicas(right))
            if a != b { return a > b }
            return toAdd > 0 ? DeploymentFacts.isOlder(right, left) : DeploymentFacts.isOlder(left, right)
        }
        var added: Int64 = 0
        var sizes = ordered.map { set -> Int64 in
            let size = ReplicaSets.replicas(set)
            let share = toAdd == 0 ? 0 : proportion(set, toAdd: toAdd, added: added)
            added += share
            return size + share
        }
        if toAdd != 0, !sizes.isEmpty { sizes[0] = max(0, sizes[0] + toAdd - added) }
        for (set, size) in zip(ordered, sizes) { resize(set, to: size) }
    }

    private func isSaturated(_ set: JSON) -> Bool {
        let desired = set.annotations[DeploymentFacts.desiredKey].flatMap { Int64($0) }
        return ReplicaSets.replicas(set) == facts.replicas && desired == facts.replicas && set.statusCount("availableReplicas") == facts.replicas
    }

    private func proportion(_ set: JSON, toAdd: Int64, added: Int64) -> Int64 {
        let size = ReplicaSets.replicas(set)
        if size == 0 || toAdd == added { return 0 }
        let share = fraction(set, size: size)
        return toAdd > 0 ? min(share, toAdd - added) : max(share, toAdd - added)
    }

    private func fraction(_ set: JSON, size: Int64) -> Int64 {
        if facts.replicas == 0 { return -size }
        let before = set.annotations[DeploymentFacts.maximumKey].flatMap { Int64($0) } ?? 0
        let base = before == 0 ? deployment.statusCount("replicas") : before
        if base == 0 { return 0 }
        // The base is an annotation, which clients can set to anything.
        let most = Double(Int32.max)
        let scaled = Double(size) * Double(facts.replicas + facts.maxSurge) / Double(base)
        return Int64(max(-most, min(scaled.rounded(.toNearestOrAwayFromZero), most))) - size
    }

    /// Gives a ReplicaSet a size, and the annotations that say for which size of the Deployment that was.
    private mutating func resize(_ set: JSON, to size: Int64) {
        let from = ReplicaSets.replicas(set)
        let wanted = sizeAnnotations
        let isAnnotated = wanted.allSatisfy { set.annotations[$0.key] == $0.value }
        if from == size, isAnnotated { return }
        var object = set
        object[path: "spec", "replicas"] = .int(size)
        object[path: "metadata", "annotations"] = JSON(set.annotations.merging(wanted) { $1 })
        put(object)
        if from != size {
            plan.notices.append(
                Notice(
                    reason: "ScalingReplicaSet",
                    message: "Scaled \(size > from ? "up" : "down") replica set \(set.name) from \(from) to \(size)"))
        }
    }

    private var sizeAnnotations: [String: String] {
        [DeploymentFacts.desiredKey: String(facts.replicas), DeploymentFacts.maximumKey: String(facts.replicas + facts.maxSurge)]
    }

    /// Writes a ReplicaSet and goes on with what was written.
    private mutating func put(_ set: JSON) {
        let target = Target(Deployments.sets, set)
        plan.changes.removeAll { if case .replace(target, _) = $0 { true } else { false } }
        plan.changes.append(.replace(target, set))
        if set.uid == new?.uid { new = set }
        if let at = old.firstIndex(where: { $0.uid == set.uid }) { old[at] = set }
    }

    // MARK: Revisions

    /// Gives the new ReplicaSet the highest revision, and makes it when there is none and `creating` says so.
    private mutating func syncRevision(creating: Bool) {
        let highest = old.map(DeploymentFacts.revision).max() ?? 0
        // An annotation too, which must not bring the controllers down.
        let revision = highest == .max ? highest : highest + 1
        guard let set = new else {
            if creating { makeSet(revision: revision) }
            return
        }
        var object = set
        object[path: "metadata", "annotations"] = JSON(setAnnotations(of: set, revision: revision, isNew: false))
        if object.annotations.isEmpty { object["metadata"]?["annotations"] = nil }
        if (object["spec"]?["minReadySeconds"]?.int ?? 0) != facts.minReadySeconds {
            object[path: "spec", "minReadySeconds"] = facts.minReadySeconds == 0 ? nil : .int(facts.minReadySeconds)
        }
        if object != set { put(object) }
        annotations[DeploymentFacts.revisionKey] = object.annotations[DeploymentFacts.revisionKey] ?? String(revision)
        if facts.progressDeadline != nil, Conditions.find("Progressing", in: status) == nil {
            judge.set(
                "Progressing", "True", reason: "FoundNewReplicaSet", message: "Found new replica set \"\(set.name)\"", in: &status)
        }
    }

    private func setAnnotations(of set: JSON, revision: Int64, isNew: Bool) -> [String: String] {
        var result = set.annotations
        for (key, value) in deployment.annotations where !DeploymentFacts.ownAnnotations.contains(key) { result[key] = value }
        let present = result[DeploymentFacts.revisionKey]
        if DeploymentFacts.revision(set) < revision {
            result[DeploymentFacts.revisionKey] = String(revision)
            if let present {
                var history = (result[DeploymentFacts.historyKey] ?? "").split(separator: ",").map(String.init) + [present]
                // The list is kept short, the oldest entries go first.
                while history.count > 1, history.joined(separator: ",").utf8.count > 2000 { history.removeFirst() }
                result[DeploymentFacts.historyKey] = history.joined(separator: ",")
            }
        }
        if isNew { result.merge(sizeAnnotations) { $1 } }
        return result
    }

    private mutating func makeSet(revision: Int64) {
        let hash = TemplateHash.compute(facts.template, collisions: deployment["status"]?["collisionCount"]?.int)
        var template = facts.template
        template[path: "metadata", "labels", DeploymentFacts.hashLabel] = .string(hash)
        var selector = facts.spec["selector"] ?? [:]
        selector[path: "matchLabels", DeploymentFacts.hashLabel] = .string(hash)
        let size = newSize(beside: old, size: 0)
        let name = String(deployment.name.prefix(253 - hash.utf8.count - 1)) + "-" + hash
        var object: JSON = [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string(name), "namespace": .string(deployment.namespace), "labels": template["metadata"]?["labels"] ?? [:],
                "ownerReferences": [owner.json],
            ],
            "spec": ["replicas": .int(size), "selector": selector, "template": template],
        ]
        if facts.minReadySeconds > 0 { object[path: "spec", "minReadySeconds"] = .int(facts.minReadySeconds) }
        object[path: "metadata", "annotations"] = JSON(setAnnotations(of: object, revision: revision, isNew: true))
        plan.changes.append(.create(Target(Deployments.sets, namespace: deployment.namespace, name: ""), object))
        if size > 0 {
            plan.notices.append(Notice(reason: "ScalingReplicaSet", message: "Scaled up replica set \(name) from 0 to \(size)"))
        }
        annotations[DeploymentFacts.revisionKey] = String(revision)
        if facts.progressDeadline != nil {
            judge.set("Progressing", "True", reason: "NewReplicaSetCreated", message: "Created new replica set \"\(name)\"", in: &status)
        }
        new = object
    }

    /// Deletes the oldest ReplicaSets beyond the history's length, if they are empty.
    private mutating func cleanUp() {
        guard let limit = facts.historyLimit else { return }
        let candidates = old.filter { !$0.isBeingDeleted }
        let surplus = candidates.count - limit
        guard surplus > 0 else { return }
        for set in candidates.sorted(by: { DeploymentFacts.revision($0) < DeploymentFacts.revision($1) }).prefix(surplus) {
            let isEmpty = ReplicaSets.replicas(set) == 0 && set.statusCount("replicas") == 0
            guard isEmpty, set.generation <= set.statusCount("observedGeneration") else { continue }
            plan.changes.append(.delete(Target(Deployments.sets, set), uid: set.uid, policy: nil))
        }
    }

    // MARK: Status

    private mutating func notePause() {
        guard facts.progressDeadline != nil else { return }
        let reason = Conditions.find("Progressing", in: status)?["reason"]?.string
        if reason == "ProgressDeadlineExceeded" { return }
        if facts.isPaused, reason != "DeploymentPaused" {
            judge.set("Progressing", "Unknown", reason: "DeploymentPaused", message: "Deployment is paused", in: &status)
        } else if !facts.isPaused, reason == "DeploymentPaused" {
            judge.set("Progressing", "Unknown", reason: "DeploymentResumed", message: "Deployment is resumed", in: &status)
        }
    }

    private mutating func finish(_ status: JSON) {
        if !facts.isPaused { plan.again = judge.deadline(status) }
        guard status != deployment["status"] || annotations != deployment.annotations else { return }
        var object = deployment
        object["status"] = status
        object[path: "metadata", "annotations"] = annotations.isEmpty ? nil : JSON(annotations)
        plan.changes.append(.replace(Target(Deployments.resource, deployment, subresource: "status"), object))
    }
}
