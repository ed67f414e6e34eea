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
        for claim in outcome.claims { try await claimPod(claim, for: set) }
        let failure = await balance(set, outcome)
        let plan = ReplicaSets.status(
            of: set, active: outcome.active, terminating: outcome.terminating, failure: failure, now: context.clock())
        let again = try await carryOut(plan, about: set, seenBy: [informers.replicaSets])
        if let failure { throw StatusError(code: 500, reason: failure.reason, message: failure.message) }
        return again
    }

    /// The pods of every ReplicaSet with the same controller.
    private func siblings(of set: JSON, own: [JSON]) -> [JSON] {
        guard let owner = set.controller else { return own }
        return informers.replicaSets.find(Informers.ownedBy(owner.uid)).flatMap { informers.pods.find(Informers.ownedBy($0.uid)) }
    }

    private func claimPod(_ claim: Change, for set: JSON) async throws {
        do {
            try await write(claim, seenBy: [informers.pods])
        } catch let error as StatusError where error.code == 404 || error.code == 422 {
            return  // gone, or another pod of the same name
        }
    }

    /// Makes or deletes pods; answers the first failure.
    private func balance(_ set: JSON, _ outcome: ReplicaSets.Outcome) async -> ReplicaSets.Failure? {
        if outcome.creations > 0 { return await create(outcome.creations, outcome.pod, for: set) }
        return await delete(outcome.deletions, for: set)
    }

    /// Makes pods in batches that double, so that a quota or a policy that refuses one is not asked for hundreds.
    private func create(_ count: Int, _ pod: JSON, for set: JSON) async -> ReplicaSets.Failure? {
        let creation = Change.create(Target(ReplicaSets.pods, namespace: set.namespace, name: ""), pod)
        var left = count
        var batch = 1
        while left > 0 {
            let size = min(batch, left)
            let failure = await withTaskGroup(of: ReplicaSets.Failure?.self) { group in
                for _ in 0..<size { group.addTask { await self.attempt(creation, for: set, verb: "Create") } }
                return await group.reduce(nil) { $0 ?? $1 }
            }
            if let failure { return failure }
            left -= size
            batch *= 2
        }
        return nil
    }

    private func delete(_ pods: [JSON], for set: JSON) async -> ReplicaSets.Failure? {
        var failure: ReplicaSets.Failure?
        for pod in pods {
            let deletion = Change.delete(Target(ReplicaSets.pods, pod), uid: pod.uid, policy: nil)
            if let failed = await attempt(deletion, for: set, verb: "Delete", name: pod.name) { failure = failure ?? failed }
        }
        return failure
    }

    private func attempt(_ change: Change, for set: JSON, verb: String, name: String = "") async -> ReplicaSets.Failure? {
        do {
            let result = try await write(change, seenBy: [informers.pods])
            let pod = name.isEmpty ? result?.name ?? "" : name
            context.events.record([Notice(reason: "Successful" + verb, message: "\(verb)d pod: \(pod)")], about: set)
            return nil
        } catch let error as StatusError where verb == "Create" && error.details?.causes.contains(where: { $0.reason == "NamespaceTerminating" }) == true {
            return nil
        } catch {
            let message = (error as? StatusError)?.message ?? "\(error)"
            let sentence = verb == "Create" ? "Error creating: \(message)" : "Error deleting: \(message)"
            context.events.record([Notice(isWarning: true, reason: "Failed" + verb, message: sentence)], about: set)
            return ReplicaSets.Failure(reason: "Failed" + verb, message: message)
        }
    }
}
