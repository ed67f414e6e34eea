import JSONValue
import KubeModel
import Scheduling

/// One look at a DaemonSet: which nodes lack a pod, and which pods are too many, old, or ended.
struct DaemonPass {
    let set: JSON
    let hash: String
    let now: Timestamp
    let minReadySeconds: Int64
    private let template: DaemonTemplate
    /// What each node is to the set, by name.
    let verdicts: [String: DaemonPlacement.Verdict]
    /// The pods of each node, the one that counts first.
    let pods: [String: [JSON]]
    private(set) var creations: [JSON] = []
    private(set) var deletions: [JSON] = []
    private(set) var notices: [Notice] = []
    private(set) var failures: DaemonSets.Failures
    private var again: Int64?

    init(_ set: JSON, hash: String, pods own: [JSON], nodes: [JSON], failures: DaemonSets.Failures, now: Timestamp) {
        self.set = set
        self.hash = hash
        self.now = now
        self.failures = failures
        minReadySeconds = set["spec"]?["minReadySeconds"]?.int ?? 0
        template = DaemonTemplate(set, hash: hash)
        let placement = DaemonPlacement(pod: template.pod)
        verdicts = Dictionary(nodes.map { ($0.name, placement.decide(NodeFacts($0))) }) { $1 }
        pods = Dictionary(grouping: own) { DaemonTemplate.node(of: $0) ?? "" }.mapValues { $0.sorted(by: Self.isBefore) }
    }

    /// Bound before waiting, then older before younger.
    private static func isBefore(_ left: JSON, _ right: JSON) -> Bool {
        func rank(_ pod: JSON) -> (Int, String, String) {
            ((pod["spec"]?["nodeName"]?.string ?? "").isEmpty ? 1 : 0, pod.creationTime, pod.name)
        }
        return rank(left) < rank(right)
    }

    var surge: Int { Portion.of(set[path: "spec", "updateStrategy", "rollingUpdate", "maxSurge"], desired, roundingUp: true) }
    var unavailable: Int {
        let value = Portion.of(set[path: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], desired, roundingUp: true)
        // Without either nothing would ever be updated.
        return value == 0 && surge == 0 ? 1 : value
    }
    private var allowsSurge: Bool { isRolling && surge > 0 }
    private var isRolling: Bool { self.set[path: "spec", "updateStrategy", "type"]?.string != "OnDelete" }
    private var desired: Int { verdicts.values.count { $0 == .runs } }

    func isNew(_ pod: JSON) -> Bool { pod.labels[ControllerRevisions.podLabel] == hash }

    mutating func isAvailable(_ pod: JSON) -> Bool {
        guard let left = PodReadiness.secondsToAvailable(pod, minReadySeconds: minReadySeconds, now: now) else { return false }
        if left > 0 { wake(after: left) }
        return left == 0
    }

    private mutating func wake(after seconds: Int64) { again = min(again ?? seconds, max(1, seconds)) }

    mutating func run() {
        for node in verdicts.keys.sorted() { manage(node) }
        // A pod that waits for a node that is gone will never run.
        for (node, pods) in pods.sorted(by: { $0.key < $1.key }) where verdicts[node] == nil {
            deletions += pods.filter { !$0.isBeingDeleted && ($0["spec"]?["nodeName"]?.string ?? "").isEmpty }
        }
        // What is to come must be seen before old pods are given up for it.
        if isRolling, creations.isEmpty, deletions.isEmpty { update() }
    }

    // MARK: One pod on each node

    private mutating func manage(_ node: String) {
        let here = pods[node] ?? []
        switch verdicts[node] {
        case .runs where here.isEmpty: creations.append(template.pod(for: node))
        case .runs, .stays: prune(here.filter { !$0.isBeingDeleted }, on: node)
        case .none?, nil: deletions += here.filter { !$0.isBeingDeleted }
        }
    }

    private mutating func prune(_ pods: [JSON], on node: String) {
        var running: [JSON] = []
        for pod in pods {
            switch pod["status"]?["phase"]?.string {
            case "Failed": giveUp(failed: pod, on: node)
            case "Succeeded":
                deletions.append(pod)
                notices.append(
                    Notice(reason: "SucceededDaemonPod", message: "Found succeeded daemon pod \(pod.namespace)/\(pod.name) on node \(node), will try to delete it"))
            default: running.append(pod)
            }
        }
        guard running.count > 1 else { return }
        guard allowsSurge else {
            deletions += running.dropFirst()
            return
        }
        // Two may be there while the new one is not available and the old one still is.
        let newest = running.first(where: isNew)
        let old = running.first { !isNew($0) }
        deletions += running.filter { $0.uid != newest?.uid && $0.uid != old?.uid }
        if let newest, let old, PodReadiness.readySince(old) == nil || isAvailable(newest) { deletions.append(old) }
    }

    private mutating func giveUp(failed pod: JSON, on node: String) {
        let wait = failures.wait(node, now: now)
        if wait > 0 { return wake(after: wait) }
        // What failed half an hour ago has nothing to do with it.
        let recent = failures.nodes[node].flatMap { $0.last.adding(seconds: 1800) < now ? nil : $0 }
        failures.nodes[node] = .init(count: (recent?.count ?? 0) + 1, last: now)
        deletions.append(pod)
        notices.append(
            Notice(
                isWarning: true, reason: "FailedDaemonPod",
                message: "Found failed daemon pod \(pod.namespace)/\(pod.name) on node \(node), will try to kill it"))
    }

    // MARK: Updates

    /// The new and the old pod of a node; nil when there are more, which are no business of an update.
    private func pair(_ pods: [JSON]) -> (new: JSON?, old: JSON?)? {
        let present = pods.filter { !$0.isBeingDeleted }
        let new = present.filter(isNew)
        let old = present.filter { !isNew($0) }
        return new.count > 1 || old.count > 1 ? nil : (new.first, old.first)
    }

    private mutating func update() { if allowsSurge { updateBySurge() } else { updateInPlace() } }

    /// Deletes as many old pods as may be missing at a time; those that are of no use anyway do not count.
    private mutating func updateInPlace() {
        var missing = 0
        var candidates: [JSON] = []
        for node in pods.keys.sorted() where verdicts[node] != nil {
            switch pair(pods[node] ?? []) {
            case nil, (nil, nil)?, (.some, .some)?: missing += 1
            case (let new?, nil)?: if !isAvailable(new) { missing += 1 }
            case (nil, let old?)?:
                if isAvailable(old) {
                    candidates.append(old)
                } else {
                    missing += 1
                    deletions.append(old)
                }
            }
        }
        deletions += candidates.prefix(max(0, unavailable - missing))
    }

    /// Makes the new pod beside the old one, and gives that up when the new one is available.
    private mutating func updateBySurge() {
        var surging = 0
        var candidates: [String] = []
        for node in pods.keys.sorted() where verdicts[node] != nil {
            switch pair(pods[node] ?? []) {
            case nil: surging += 1
            case (_, nil)?: continue
            case (nil, let old?)?:
                guard verdicts[node] == .runs else { continue }
                if isAvailable(old) { candidates.append(node) } else { creations.append(template.pod(for: node)) }
            case (let new?, let old?)?: if isAvailable(new) { deletions.append(old) } else { surging += 1 }
            }
        }
        creations += candidates.prefix(max(0, surge - surging)).map(template.pod)
    }

    // MARK: Status

    mutating func status() -> Plan {
        var counts: [String: Int64] = [:]
        for (node, verdict) in verdicts {
            let first = pods[node]?.first
            guard verdict == .runs else {
                if first != nil { counts["numberMisscheduled", default: 0] += 1 }
                continue
            }
            counts["desiredNumberScheduled", default: 0] += 1
            guard let pod = first else { continue }
            counts["currentNumberScheduled", default: 0] += 1
            if PodReadiness.readySince(pod) != nil { counts["numberReady", default: 0] += 1 }
            if isAvailable(pod) { counts["numberAvailable", default: 0] += 1 }
            if isNew(pod) { counts["updatedNumberScheduled", default: 0] += 1 }
        }
        counts["numberUnavailable"] = (counts["desiredNumberScheduled"] ?? 0) - (counts["numberAvailable"] ?? 0)
        var status = set["status"] ?? [:]
        for key in ["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"] { status[key] = .int(counts[key] ?? 0) }
        for key in ["updatedNumberScheduled", "numberAvailable", "numberUnavailable"] { status[key] = counts[key].flatMap { $0 == 0 ? nil : .int($0) } }
        status["observedGeneration"] = .int(set.generation)
        var plan = Plan(notices: notices, again: again)
        if status != set["status"] {
            var object = set
            object["status"] = status
            plan.changes.append(.replace(Target(DaemonSets.resource, set, subresource: "status"), object))
        }
        return plan
    }
}
