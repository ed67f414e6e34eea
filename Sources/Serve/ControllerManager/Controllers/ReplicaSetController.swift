import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Makes and deletes the pods of ReplicaSets.
struct ReplicaSetController: Controller {
    static let identity = "replicaset-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.replicaSets.onChange { old, new in if let set = new ?? old { context.queue.add(Informer.key(set)) } }
        informers.pods.onChange { old, new in
            for pod in [old, new].compactMap({ $0 }) {
                if let owner = pod.controller {
                    if owner.kind == "ReplicaSet" { context.queue.add(Informer.key(pod.namespace, owner.name)) }
                } else if new != nil {
                    for set in informers.replicaSets.find(Informers.inNamespace(pod.namespace))
                    where LabelSelector(object: set["spec"]?["selector"]).matches(pod.labels) {
                        context.queue.add(Informer.key(set))
                    }
                }
            }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let set = informers.replicaSets[key] else { return nil }
        let own = informers.pods.find(Informers.ownedBy(set.uid))
        let free = informers.pods.find(Informers.withoutOwner(set.namespace))
        let outcome = ReplicaSets.plan(set, pods: own + free, siblings: siblings(of: set, own: own))
        for claim in outcome.claims { try await claimPod(claim, seenBy: [informers.pods]) }
        // Either creations or deletions are asked for.
        let writes =
            outcome.creations > 0
            ? await makePods(Array(repeating: outcome.pod, count: outcome.creations), for: set, seenBy: [informers.pods])
            : await deletePods(outcome.deletions, for: set, seenBy: [informers.pods])
        let plan = ReplicaSets.status(
            of: set, active: outcome.active, terminating: outcome.terminating, failure: writes.failure, now: context.clock())
        let again = try await carryOut(plan, about: set, seenBy: [informers.replicaSets])
        try writes.throwFailure()
        return again
    }

    /// The pods of every ReplicaSet with the same controller.
    private func siblings(of set: JSON, own: [JSON]) -> [JSON] {
        guard let owner = set.controller else { return own }
        return informers.replicaSets.find(Informers.ownedBy(owner.uid)).flatMap { informers.pods.find(Informers.ownedBy($0.uid)) }
    }
}
