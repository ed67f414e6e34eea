import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Runs the pods of Jobs, and counts how they end.
struct JobController: Controller {
    static let identity = "job-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers
    /// How the pods of each Job have failed, by its UID.
    private let backoffs = Memory<JobBackoff>()

    /// Before the key of a pod whose Job may be gone.
    private static let orphan = "pod:"

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        let backoffs = backoffs
        informers.jobs.onChange { old, new in
            if let job = new { return context.queue.add(Informer.key(job)) }
            guard let job = old else { return }
            backoffs[job.uid] = nil
            for pod in informers.pods.find(Informers.ownedBy(job.uid)) { context.queue.add(Self.orphan + Informer.key(pod)) }
        }
        informers.pods.onChange { old, new in
            for pod in [old, new].compactMap({ $0 }) {
                if let owner = pod.controller {
                    if owner.kind == "Job" { context.queue.add(Informer.key(pod.namespace, owner.name)) }
                } else if new != nil {
                    for job in informers.jobs.find(Informers.inNamespace(pod.namespace))
                    where LabelSelector(object: job["spec"]?["selector"]).matches(pod.labels) {
                        context.queue.add(Informer.key(job))
                    }
                }
            }
            if let pod = new, Jobs.isTracked(pod), informers.job(of: pod) == nil { context.queue.add(Self.orphan + Informer.key(pod)) }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        if key.hasPrefix(Self.orphan) { return try await releaseOrphan(String(key.dropFirst(Self.orphan.count))) }
        guard let job = informers.jobs[key], Jobs.isOurs(job) else { return nil }
        let pods = informers.pods.find(Informers.ownedBy(job.uid)) + informers.pods.find(Informers.withoutOwner(job.namespace))
        let outcome = Jobs.plan(job, pods: pods, backoff: backoffs[job.uid], now: context.clock())
        backoffs[job.uid] = Jobs.isFinished(job) ? nil : outcome.backoff
        for claim in outcome.claims { try await claimPod(claim, seenBy: [informers.pods]) }
        let made = await makePods(outcome.creations, for: job, seenBy: [informers.pods])
        let deleted = await deletePods(outcome.deletions, for: job, seenBy: [informers.pods])
        let plan = outcome.settle(created: made.made.count, deleted: deleted.deleted)
        // The finalizers go only once the status that names their pods is written.
        for change in plan.changes {
            if change.target.resource == Jobs.resource {
                try await write(change, seenBy: [informers.jobs])
            } else {
                try await claimPod(change, seenBy: [informers.pods])
            }
        }
        context.events.record(plan.notices, about: job)
        try made.throwFailure()
        try deleted.throwFailure()
        return plan.again.map { .seconds($0) }
    }

    /// Lets a pod go that no Job will ever count.
    private func releaseOrphan(_ key: String) async throws -> Duration? {
        guard let pod = informers.pods[key], Jobs.isTracked(pod) else { return nil }
        if let owner = pod.controller, owner.kind == "Job" {
            if informers.job(of: pod) != nil { return nil }
            // The informers of pods and of Jobs do not see the same moment.
            do {
                if try await context.client.get(Jobs.resource, namespace: pod.namespace, name: owner.name).uid == owner.uid { return .seconds(1) }
            } catch let error as StatusError where error.code == 404 {}
        } else if pod.controller == nil, !pod.isBeingDeleted {
            let jobs = informers.jobs.find(Informers.inNamespace(pod.namespace))
            // One that a Job selects is adopted.
            if jobs.contains(where: { LabelSelector(object: $0["spec"]?["selector"]).matches(pod.labels) && !$0.isBeingDeleted }) { return nil }
        }
        try await claimPod(Jobs.release(pod), seenBy: [informers.pods])
        return nil
    }
}

extension Informers {
    /// The Job that controls a pod.
    fileprivate func job(of pod: JSON) -> JSON? {
        guard let owner = pod.controller, owner.kind == "Job", let job = jobs[Informer.key(pod.namespace, owner.name)], job.uid == owner.uid else {
            return nil
        }
        return job
    }
}
