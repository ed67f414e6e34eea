import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Keeps the pods and the claims of StatefulSets.
struct StatefulSetController: Controller {
    static let identity = "statefulset-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.statefulSets.onChange { old, new in if let set = new ?? old { context.queue.add(Informer.key(set)) } }
        @Sendable func wake(_ object: JSON) {
            if let owner = object.controller {
                if owner.kind == "StatefulSet" { context.queue.add(Informer.key(object.namespace, owner.name)) }
            } else {
                for set in informers.statefulSets.find(Informers.inNamespace(object.namespace))
                where LabelSelector(object: set["spec"]?["selector"]).matches(object.labels) {
                    context.queue.add(Informer.key(set))
                }
            }
        }
        for informer in [informers.pods, informers.revisions] {
            informer.onChange { old, new in for object in [old, new].compactMap({ $0 }) { wake(object) } }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let set = informers.statefulSets[key] else { return nil }
        func related(_ informer: Informer) -> [JSON] {
            informer.find(Informers.ownedBy(set.uid)) + informer.find(Informers.withoutOwner(set.namespace))
        }
        let outcome = StatefulSets.plan(
            set, pods: related(informers.pods), revisions: related(informers.revisions),
            claim: { informers.volumeClaims[Informer.key(set.namespace, $0)] }, now: context.clock())
        let seers = [informers.pods, informers.revisions, informers.volumeClaims, informers.statefulSets]
        for claim in outcome.claims { try await claimPod(claim, seenBy: seers) }
        guard try await renew(outcome.revision, of: set, resource: StatefulSets.resource, seenBy: seers) else { return nil }
        var failure: StatusError?
        for step in outcome.steps {
            do {
                try await write(step.change, seenBy: seers)
                context.events.record([step.notice].compactMap { $0 }, about: set)
            } catch let error as StatusError {
                if error.isEndingNamespace { return nil }
                if var notice = step.failure {
                    notice.message += error.message
                    context.events.record([notice], about: set)
                }
                failure = error
                break
            }
        }
        let again = try await carryOut(outcome.plan, about: set, seenBy: seers)
        if let failure { throw failure }
        return again
    }
}
