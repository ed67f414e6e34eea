public import JSONValue
public import KubeModel

/// A CronJob makes a Job at each time of its schedule.
///
/// Source: Kubernetes documentation, "CronJob"; batch/v1 API reference.
public enum CronJobs {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "batch", version: "v1", resource: "cronjobs")
    /// The resource that is written.
    public static let jobs = Jobs.resource
    /// The scheduled time of a Job, which its name has too.
    static let timeKey = "batch.kubernetes.io/cronjob-scheduled-timestamp"
    /// So many missed times are said to be too many.
    static let mostMissed: Int64 = 100

    /// What one look at a CronJob and its Jobs leads to.
    public struct Outcome: Hashable, Sendable {
        /// The CronJob with its status as it is now; the Job to make comes on top of that.
        public var cronJob: JSON
        /// The Jobs that go: of long ago, or in the way of the next one.
        public var deletions: [JSON] = []
        /// The Job to make.
        public var creation: JSON?
        /// For which time it is made.
        var scheduled: Timestamp?
        /// What there is to tell.
        public var notices: [Notice] = []
        /// Seconds until the next time of the schedule.
        public var again: Int64?

        /// The status after the Job was made.
        public mutating func started(_ job: JSON) {
            guard let scheduled else { return }
            let reference: JSON = [
                "kind": "Job", "namespace": .string(job.namespace), "name": .string(job.name), "uid": .string(job.uid), "apiVersion": "batch/v1",
                "resourceVersion": job["metadata"]?["resourceVersion"] ?? "",
            ]
            let others = CronJobs.active(cronJob).filter { $0["uid"]?.string != job.uid }
            cronJob[path: "status", "active"] = .array(others + [reference])
            cronJob[path: "status", "lastScheduleTime"] = .string(scheduled.description)
        }

        /// The write of the status; none when nothing changed.
        public func change(from before: JSON) -> Change? {
            if cronJob["status"] == before["status"] { return nil }
            return .replace(Target(CronJobs.resource, cronJob, subresource: "status"), cronJob)
        }
    }

    static func active(_ cronJob: JSON) -> [JSON] { cronJob["status"]?["active"]?.array ?? [] }

    /// The zone that the schedule is meant in; nil for UTC.
    public static func zoneName(_ cronJob: JSON) -> String? {
        cronJob["spec"]?["timeZone"]?.string ?? (try? CronSchedule(cronJob["spec"]?["schedule"]?.string ?? ""))?.zone
    }

    /// What one look at a CronJob leads to.
    ///
    /// - Parameters:
    ///   - cronJob: the CronJob, as it is now.
    ///   - jobs: the Jobs that it controls.
    ///   - zone: the rules of its zone; nil when the zone is not known.
    ///   - now: the moment, which decides what is due.
    /// - Returns: the Job to make, the Jobs that go, the status, and when to look again.
    public static func plan(_ cronJob: JSON, jobs: [JSON], zone: ZoneRules?, now: Timestamp) -> Outcome {
        var outcome = Outcome(cronJob: cronJob)
        takeStock(jobs, &outcome)
        cleanUp(jobs, &outcome)
        let spec = cronJob["spec"]
        if cronJob.isBeingDeleted { return outcome }
        guard let zone else {
            let name = zoneName(cronJob) ?? ""
            outcome.notices.append(Notice(isWarning: true, reason: "UnknownTimeZone", message: "invalid timeZone: \(name): unknown time zone \(name)"))
            return outcome
        }
        if spec?["suspend"]?.bool == true { return outcome }
        let text = spec?["schedule"]?.string ?? ""
        do {
            try start(CronSchedule(text), jobs, zone, now, &outcome)
        } catch {
            outcome.notices.append(Notice(isWarning: true, reason: "UnparseableSchedule", message: "unparseable schedule: \(text) : \(error)"))
        }
        return outcome
    }

    // MARK: The Jobs that are there

    private static func takeStock(_ jobs: [JSON], _ outcome: inout Outcome) {
        let before = active(outcome.cronJob)
        let listed = Set(before.compactMap { $0["uid"]?.string })
        var gone = Set<String>()
        for job in jobs.sorted(by: { $0.name < $1.name }) {
            let isFinished = Jobs.isFinished(job)
            if !listed.contains(job.uid), !isFinished {
                outcome.notices.append(
                    Notice(isWarning: true, reason: "UnexpectedJob", message: "Saw a job that the controller did not create or forgot: \(job.name)"))
            } else if listed.contains(job.uid), isFinished {
                gone.insert(job.uid)
                outcome.notices.append(
                    Notice(reason: "SawCompletedJob", message: "Saw completed job: \(job.name), condition: \(succeeded(job) ? "Complete" : "Failed")"))
            }
            if succeeded(job), let end = job["status"]?["completionTime"]?.string,
                end > outcome.cronJob["status"]?["lastSuccessfulTime"]?.string ?? ""
            {
                outcome.cronJob[path: "status", "lastSuccessfulTime"] = .string(end)
            }
        }
        let present = Set(jobs.map(\.uid))
        for entry in before {
            guard let uid = entry["uid"]?.string, !present.contains(uid) else { continue }
            gone.insert(uid)
            outcome.notices.append(Notice(reason: "MissingJob", message: "Active job went missing: \(entry["name"]?.string ?? "")"))
        }
        if !gone.isEmpty { setActive(before.filter { !gone.contains($0["uid"]?.string ?? "") }, &outcome) }
    }

    private static func setActive(_ entries: [JSON], _ outcome: inout Outcome) {
        outcome.cronJob[path: "status", "active"] = entries.isEmpty ? nil : .array(entries)
    }

    private static func succeeded(_ job: JSON) -> Bool { Conditions.find("Complete", in: job["status"])?["status"]?.string == "True" }

    /// Keeps the youngest Jobs that ended, as many of each kind as the limits say.
    private static func cleanUp(_ jobs: [JSON], _ outcome: inout Outcome) {
        let spec = outcome.cronJob["spec"]
        let ended = jobs.filter { Jobs.isFinished($0) && !$0.isBeingDeleted }
        for (key, isSuccess) in [("successfulJobsHistoryLimit", true), ("failedJobsHistoryLimit", false)] {
            guard let limit = spec?[key]?.int else { continue }
            let sorted = ended.filter { succeeded($0) == isSuccess }.sorted { age($0) < age($1) }
            outcome.deletions += sorted.prefix(max(0, sorted.count - Int(clamping: limit)))
        }
    }

    private static func age(_ job: JSON) -> (String, String) { (job["status"]?["startTime"]?.string ?? job.creationTime, job.name) }

    // MARK: The next Job

    private static func start(_ schedule: CronSchedule, _ jobs: [JSON], _ zone: ZoneRules, _ now: Timestamp, _ outcome: inout Outcome) {
        let cronJob = outcome.cronJob
        let spec = cronJob["spec"]
        let last = cronJob["status"]?["lastScheduleTime"]?.string.flatMap { Timestamp($0) }
        var earliest = last ?? Timestamp(cronJob.creationTime) ?? now
        let deadline = spec?["startingDeadlineSeconds"]?.int
        if let deadline { earliest = max(earliest, now.adding(seconds: -deadline)) }
        let due = schedule.last(after: earliest.seconds, notAfter: now.seconds, in: zone)
        // The next time counts from the one that is due, so that intervals keep their beat.
        if let next = schedule.next(after: due ?? earliest.seconds, in: zone) { outcome.again = max(1, next - now.seconds) }
        guard let due, due != last?.seconds else { return }
        noteMissed(schedule, zone, from: earliest.seconds, now: now.seconds, &outcome)
        let scheduled = Timestamp(seconds: due)
        if let deadline, scheduled.adding(seconds: deadline) < now {
            return outcome.notices.append(
                Notice(isWarning: true, reason: "MissSchedule", message: "Missed scheduled time to start a job: \(longForm(due))"))
        }
        let name = "\(cronJob.name)-\(due / 60)"
        if active(cronJob).contains(where: { $0["name"]?.string == name }) { return }
        let running = active(cronJob)
        switch spec?["concurrencyPolicy"]?.string {
        case "Forbid" where !running.isEmpty:
            return outcome.notices.append(
                Notice(
                    reason: "JobAlreadyActive",
                    message: "Not starting job because prior execution is running and concurrency policy is Forbid"))
        case "Replace":
            let names = Set(running.compactMap { $0["uid"]?.string })
            outcome.deletions += jobs.filter { names.contains($0.uid) }
            setActive([], &outcome)
        default: break
        }
        outcome.scheduled = scheduled
        outcome.creation = job(of: cronJob, named: name, at: due, zone)
    }

    private static func noteMissed(_ schedule: CronSchedule, _ zone: ZoneRules, from earliest: Int64, now: Int64, _ outcome: inout Outcome) {
        guard let first = schedule.next(after: earliest, in: zone), let second = schedule.next(after: first, in: zone) else { return }
        let missed = (now - first) / max(1, second - first) + 1
        guard missed > mostMissed else { return }
        outcome.notices.append(
            Notice(
                isWarning: true, reason: "TooManyMissedTimes",
                message: "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"))
    }

    private static func job(of cronJob: JSON, named name: String, at moment: Int64, _ zone: ZoneRules) -> JSON {
        let template = cronJob["spec"]?["jobTemplate"]
        var metadata: JSON = ["name": .string(name), "namespace": .string(cronJob.namespace)]
        metadata["labels"] = template?["metadata"]?["labels"]
        var annotations = template?["metadata"]?["annotations"]?.stringMap ?? [:]
        annotations[timeKey] = offsetForm(moment, zone.offset(at: moment))
        metadata["annotations"] = JSON(annotations)
        metadata["ownerReferences"] = [OwnerReference.controlling(cronJob, apiVersion: "batch/v1", kind: "CronJob").json]
        return ["apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template?["spec"] ?? [:]]
    }

    // MARK: Words

    private static func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// RFC 3339 with the offset of the zone.
    private static func offsetForm(_ moment: Int64, _ offset: Int64) -> String {
        let text = Timestamp(seconds: moment + offset).description
        if offset == 0 { return text }
        let minutes = abs(offset) / 60
        return text.dropLast() + (offset < 0 ? "-" : "+") + padded(minutes / 60) + ":" + padded(minutes % 60)
    }

    /// RFC 1123 with a numeric zone: `Thu, 26 Nov 2026 07:27:46 +0000`.
    private static func longForm(_ moment: Int64) -> String {
        let time = CivilTime(local: moment)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = "\(days[Int(time.weekday)]), \(padded(time.day)) \(months[Int(time.month) - 1]) \(time.year)"
        return "\(date) \(padded(time.hour)):\(padded(time.minute)):\(padded(((moment % 60) + 60) % 60)) +0000"
    }
}
