import JSONValue
import KubeModel
import Reconcile

/// Pods and revisions of a set, and a clock: plans are carried out on values.
struct SetWorld {
    var set: JSON
    var pods: [String: JSON] = [:]
    var revisions: [String: JSON] = [:]
    var claims: [String: JSON] = [:]
    var nodes: [JSON] = []
    var now = Samples.now
    var notices: [Notice] = []
    var again: Int64?
    private var made = 0
    private var failures: DaemonSets.Failures?

    init(_ set: JSON, nodes: [JSON] = []) {
        self.set = set
        self.nodes = nodes
    }

    var status: JSON { self.set["status"] ?? [:] }
    var names: [String] { pods.keys.sorted() }
    func counts(_ keys: [String]) -> [Int64] { keys.map { status[$0]?.int ?? 0 } }
    /// The images of the pods, by node or by name.
    var images: [String: [String]] {
        Dictionary(grouping: pods.values.filter { !$0.isBeingDeleted }) { $0["spec"]?["nodeName"]?.string ?? $0.name }
            .mapValues { $0.map { $0["spec"]?["containers"]?[at: 0]?["image"]?.string ?? "" }.sorted() }
    }

    mutating func update(image: String) {
        set[path: "spec", "template", "spec", "containers"] = [["name": "c", "image": .string(image)]]
        set[path: "metadata", "generation"] = .int(set.generation + 1)
    }

    /// One look at a DaemonSet; answers whether anything was written.
    @discardableResult
    mutating func look() -> Bool {
        let outcome = DaemonSets.plan(
            set, pods: Array(pods.values), revisions: Array(revisions.values), nodes: nodes, failures: failures, now: now)
        failures = outcome.failures
        if let change = outcome.revision { carryOut(change) }
        for change in outcome.claims { carryOut(change) }
        for pod in outcome.creations { create(pod) }
        for pod in outcome.deletions { delete(pod.name) }
        for change in outcome.plan.changes { carryOut(change) }
        notices += outcome.plan.notices
        again = outcome.plan.again
        return outcome.revision != nil || !(outcome.creations.isEmpty && outcome.deletions.isEmpty && outcome.plan.changes.isEmpty)
    }

    /// Looks until there is nothing to do.
    mutating func settle() {
        for _ in 0..<50 where !look() { return }
        fatalError("the set never comes to rest: \(set)")
    }

    mutating func create(_ pod: JSON) {
        made += 1
        var pod = pod
        let name = pod["metadata"]?["name"]?.string ?? (pod["metadata"]?["generateName"]?.string ?? "") + String(made)
        pod[path: "metadata", "name"] = .string(name)
        pod[path: "metadata", "uid"] = .string("uid-\(name)-\(made)")
        pod[path: "metadata", "creationTimestamp"] = .string(now.description)
        pod["status"] = ["phase": "Pending"]
        pods[name] = pod
    }

    /// What the scheduler does for pods that name their node.
    mutating func bind() {
        for (name, pod) in pods where pod["spec"]?["nodeName"] == nil {
            let terms = pod[path: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]
            pods[name]?[path: "spec", "nodeName"] = terms?[at: 0]?["matchFields"]?[at: 0]?["values"]?[at: 0]
        }
    }

    /// What the kubelet says.
    mutating func ready(_ name: String, _ isReady: Bool = true) {
        pods[name]?["status"] = [
            "phase": "Running",
            "conditions": [["type": "Ready", "status": isReady ? "True" : "False", "lastTransitionTime": .string(now.description)]],
        ]
    }

    mutating func allReady() {
        bind()
        for name in names where pods[name]?.isBeingDeleted == false { ready(name) }
    }

    mutating func delete(_ name: String) { pods[name]?[path: "metadata", "deletionTimestamp"] = .string(now.description) }

    /// The deletions that were asked for come to their end.
    mutating func reap() { pods = pods.filter { !$0.value.isBeingDeleted } }

    mutating func carryOut(_ change: Change) {
        switch change {
        case .create(let target, var object):
            object[path: "metadata", "uid"] = .string("uid-" + object.name)
            object[path: "metadata", "creationTimestamp"] = .string(now.description)
            switch target.resource.resource {
            case "controllerrevisions": revisions[object.name] = object
            case "persistentvolumeclaims": claims[object.name] = object
            default: create(object)
            }
        case .replace(let target, let object):
            switch target.resource.resource {
            case "controllerrevisions": revisions[object.name] = object
            case "persistentvolumeclaims": claims[object.name] = object
            case "pods": pods[object.name] = object
            default: set = object
            }
        case .delete(let target, _, _):
            switch target.resource.resource {
            case "controllerrevisions": revisions[target.name] = nil
            case "persistentvolumeclaims": claims[target.name] = nil
            default: delete(target.name)
            }
        case .patch(let target, _, let patch, _):
            if target.resource.resource == "pods", let owners = patch["metadata"]?["ownerReferences"] {
                pods[target.name]?[path: "metadata", "ownerReferences"] = owners
            }
        case .deleteCollection: break
        }
    }
}
