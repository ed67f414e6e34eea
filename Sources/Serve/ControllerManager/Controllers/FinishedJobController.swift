import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Deletes Jobs that ended when their `ttlSecondsAfterFinished` is over.
struct FinishedJobController: Controller {
    static let identity = "ttl-after-finished-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.jobs.onChange { _, new in
            if let new, new["spec"]?["ttlSecondsAfterFinished"] != nil, FinishedJobs.finishTime(new) != nil {
                context.queue.add(Informer.key(new))
            }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let seen = informers.jobs[key] else { return nil }
        let plan = FinishedJobs.plan(seen, now: context.clock())
        if plan.changes.isEmpty { return plan.again.map { .seconds($0) } }
        // A deletion cannot be taken back: a life that was just prolonged must count, seen by the informer or not.
        let job = try await context.client.get(FinishedJobs.resource, namespace: seen.namespace, name: seen.name)
        return try await carryOut(FinishedJobs.plan(job, now: context.clock()), about: job, seenBy: [informers.jobs])
    }
}
