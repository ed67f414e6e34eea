import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Makes the Jobs of CronJobs at their times.
struct CronJobController: Controller {
    static let identity = "cronjob-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers
    private let zones = ZoneFiles()

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.cronJobs.onChange { _, new in if let new { context.queue.add(Informer.key(new)) } }
        informers.jobs.onChange { old, new in
            guard let job = new ?? old, let owner = job.controller, owner.kind == "CronJob" else { return }
            context.queue.add(Informer.key(job.namespace, owner.name))
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let cronJob = informers.cronJobs[key] else { return nil }
        let jobs = informers.jobs.find(Informers.ownedBy(cronJob.uid))
        let zone = CronJobs.zoneName(cronJob).map { zones[$0] } ?? .utc
        var outcome = CronJobs.plan(cronJob, jobs: jobs, zone: zone, now: context.clock())
        for job in outcome.deletions { try await delete(job, of: cronJob) }
        var failure: StatusError?
        if let creation = outcome.creation {
            do {
                if let job = try await make(creation, for: cronJob) { outcome.started(job) }
            } catch let error as StatusError {
                failure = error
            }
        }
        if let change = outcome.change(from: cronJob) { try await write(change, seenBy: [informers.cronJobs]) }
        context.events.record(outcome.notices, about: cronJob)
        if let failure { throw failure }
        return outcome.again.map { .seconds($0) }
    }

    private func delete(_ job: JSON, of cronJob: JSON) async throws {
        do {
            try await write(.delete(Target(CronJobs.jobs, job), uid: job.uid, policy: "Background"), seenBy: [informers.jobs])
        } catch {
            let message = "Deleted job: \((error as? StatusError)?.message ?? "\(error)")"
            context.events.record([Notice(isWarning: true, reason: "FailedDelete", message: message)], about: cronJob)
            throw error
        }
        context.events.record([Notice(reason: "SuccessfulDelete", message: "Deleted job \(job.name)")], about: cronJob)
    }

    /// Makes the Job of a time. One of the same name was made by an earlier pass that could not say so any more.
    private func make(_ job: JSON, for cronJob: JSON) async throws -> JSON? {
        do {
            let made = try await write(.create(Target(CronJobs.jobs, namespace: job.namespace, name: ""), job), seenBy: [informers.jobs])
            context.events.record([Notice(reason: "SuccessfulCreate", message: "Created job \(job.name)")], about: cronJob)
            return made
        } catch let error as StatusError where error.reason == "AlreadyExists" {
            let present = try await context.client.get(CronJobs.jobs, namespace: job.namespace, name: job.name)
            return present.controller?.uid == cronJob.uid ? present : nil
        } catch let error as StatusError {
            if error.isEndingNamespace { return nil }
            context.events.record([Notice(isWarning: true, reason: "FailedCreate", message: "Error creating job: \(error.message)")], about: cronJob)
            throw error
        }
    }
}
