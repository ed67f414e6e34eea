import JSONValue
import KubeModel
import Reconcile

/// A Job, its pods and a clock: the plans of the controller are carried out on values.
struct JobWorld {
    var job: JSON
    var pods: [String: JSON] = [:]
    var now = Samples.now
    var backoff: JobBackoff?
    var notices: [Notice] = []
    var again: Int64?
    private var made = 0

    init(_ spec: JSON, status: JSON = [:]) {
        var whole: JSON = [
            "parallelism": 1, "backoffLimit": 6, "selector": ["matchLabels": ["batch.kubernetes.io/controller-uid": "job"]],
            "template": [
                "metadata": ["labels": ["batch.kubernetes.io/controller-uid": "job"]],
                "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]],
            ],
        ]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        job = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j", "namespace": "d", "uid": "job", "resourceVersion": "1"],
            "spec": whole, "status": status,
        ]
    }

    var status: JSON { job["status"] ?? [:] }
    var names: [String] { pods.keys.sorted() }
    var active: [String] { names.filter { pods[$0].map(ReplicaSets.isActive) ?? false } }
    var indexes: [String] { active.compactMap { pods[$0]?.annotations["batch.kubernetes.io/job-completion-index"] }.sorted() }
    func isTrue(_ type: String) -> Bool { Conditions.find(type, in: status)?["status"]?.string == "True" }
    func reason(_ type: String) -> String? { Conditions.find(type, in: status)?["reason"]?.string }

    /// One look; answers whether anything was written.
    ///
    /// - Parameter writes: how many of the last writes are carried out before the controller is stopped.
    @discardableResult
    mutating func look(writes: Int = .max) -> Bool {
        let outcome = Jobs.plan(job, pods: pods.values.sorted { $0.name < $1.name }, backoff: backoff, now: now)
        backoff = outcome.backoff
        for pod in outcome.creations { create(pod) }
        for pod in outcome.deletions { delete(pod.name) }
        let plan = outcome.settle(created: outcome.creations.count, deleted: Set(outcome.deletions.map(\.uid)))
        for change in plan.changes.prefix(writes) { carryOut(change) }
        notices += plan.notices
        again = plan.again
        return !(outcome.creations.isEmpty && outcome.deletions.isEmpty && plan.changes.isEmpty)
    }

    /// Looks until there is nothing to do.
    mutating func settle() {
        for _ in 0..<50 where !look() { return }
        fatalError("the job never comes to rest: \(job)")
    }

    private mutating func create(_ pod: JSON) {
        made += 1
        var pod = pod
        let name = (pod["metadata"]?["generateName"]?.string ?? "") + String(made)
        pod[path: "metadata", "name"] = .string(name)
        pod[path: "metadata", "uid"] = .string("uid-" + name)
        pod[path: "metadata", "creationTimestamp"] = .string(now.description)
        pod["status"] = ["phase": "Pending"]
        pods[name] = pod
    }

    mutating func delete(_ name: String) {
        guard var pod = pods[name] else { return }
        pod[path: "metadata", "deletionTimestamp"] = .string(now.adding(seconds: 30).description)
        pod[path: "metadata", "deletionGracePeriodSeconds"] = 30
        pods[name] = pod
    }

    /// What the kubelet does at the end of a deletion.
    mutating func terminate(_ name: String) {
        if pods[name]?.isBeingDeleted == true, pods[name]?.finalizers.isEmpty == true { pods[name] = nil } else { end(name, "Failed", code: 137) }
    }

    mutating func end(_ name: String, _ phase: String, code: Int64 = 0, condition: String? = nil) {
        pods[name]?["status"] = [
            "phase": .string(phase),
            "containerStatuses": [["name": "c", "state": ["terminated": ["exitCode": .int(code), "finishedAt": .string(now.description)]]]],
            "conditions": condition.map { [["type": .string($0), "status": "True"]] } ?? [],
        ]
    }

    private mutating func carryOut(_ change: Change) {
        switch change {
        case .replace(_, let object): job = object
        case .patch(let target, _, let patch, _):
            guard patch["metadata"]?["$deleteFromPrimitiveList/finalizers"] != nil, var pod = pods[target.name] else { return }
            pod["metadata"]?["finalizers"] = nil
            pods[target.name] = pod.isBeingDeleted && ReplicaSets.isFinished(pod) ? nil : pod
        default: break
        }
    }
}
