import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Keeps one pod of each DaemonSet on every node that takes one.
struct DaemonSetController: Controller {
    static let identity = "daemon-set-controller"
    let context: ControllerContext
    private let informers: Informers
    private let failures = Memory<DaemonSets.Failures>()

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        let failures = failures
        informers.daemonSets.onChange { old, new in
            if let set = new { context.queue.add(Informer.key(set)) } else if let set = old { failures[set.uid] = nil }
        }
        @Sendable func wake(_ object: JSON) {
            if let owner = object.controller {
                if owner.kind == "DaemonSet" { context.queue.add(Informer.key(object.namespace, owner.name)) }
            } else {
                for set in informers.daemonSets.find(Informers.inNamespace(object.namespace))
                where LabelSelector(object: set["spec"]?["selector"]).matches(object.labels) {
                    context.queue.add(Informer.key(set))
                }
            }
        }
        for informer in [informers.pods, informers.revisions] {
            informer.onChange { old, new in for object in [old, new].compactMap({ $0 }) { wake(object) } }
        }
        informers.nodes.onChange { old, new in
            if let old, let new, old["metadata"]?["labels"] == new["metadata"]?["labels"], old["spec"] == new["spec"] { return }
            for set in informers.daemonSets.all where DaemonSets.concerns(set, before: old, after: new) { context.queue.add(Informer.key(set)) }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let set = informers.daemonSets[key] else { return nil }
        func related(_ informer: Informer) -> [JSON] {
            informer.find(Informers.ownedBy(set.uid)) + informer.find(Informers.withoutOwner(set.namespace))
        }
        let outcome = DaemonSets.plan(
            set, pods: related(informers.pods), revisions: related(informers.revisions), nodes: informers.nodes.all, failures: failures[set.uid],
            now: context.clock())
        let seers = [informers.pods, informers.revisions, informers.daemonSets]
        for claim in outcome.claims { try await claimPod(claim, seenBy: seers) }
        // Pods carry the hash of their revision: without it none is made.
        guard try await renew(outcome.revision, of: set, resource: DaemonSets.resource, seenBy: seers) else { return nil }
        failures[set.uid] = outcome.failures
        let made = await makePods(outcome.creations, for: set, seenBy: [informers.pods])
        let deleted = await deletePods(outcome.deletions, for: set, seenBy: [informers.pods])
        let again = try await carryOut(outcome.plan, about: set, seenBy: seers)
        try made.throwFailure()
        try deleted.throwFailure()
        return again
    }
}

extension Controller {
    /// Makes or renews the revision of a set's template; answers whether the pass can go on.
    func renew(_ revision: Change?, of set: JSON, resource: GroupVersionResource, seenBy informers: [Informer]) async throws -> Bool {
        guard let revision else { return true }
        do {
            try await write(revision, seenBy: informers)
            return true
        } catch let error as StatusError where error.reason == "AlreadyExists" {
            guard case .create(let target, let object) = revision else { throw error }
            let present = try await context.client.get(target.resource, namespace: target.namespace, name: object.name)
            guard let change = ControllerRevisions.creationFailed(set, of: resource, revision: object, present: present) else { return true }
            try await write(change, seenBy: informers)
            return false
        } catch let error as StatusError where error.isEndingNamespace {
            return false
        }
    }
}
