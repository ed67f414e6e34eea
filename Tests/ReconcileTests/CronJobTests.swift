import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct CronJobTests {
    static let start = Timestamp("2026-11-26T07:27:46Z") ?? Timestamp(seconds: 0)

    static func cronJob(_ spec: JSON = [:], status: JSON = [:], created: String = "2026-11-26T07:20:00Z") -> JSON {
        var whole: JSON = [
            "schedule": "*/5 * * * *", "concurrencyPolicy": "Allow", "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
            "jobTemplate": ["metadata": ["labels": ["a": "b"], "annotations": ["c": "d"]], "spec": ["template": ["spec": [:]]]],
        ]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        return [
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": ["name": "cj", "namespace": "d", "uid": "cron", "creationTimestamp": .string(created)], "spec": whole, "status": status,
        ]
    }

    static func job(_ name: String, condition: String? = nil, at time: String = "2026-11-26T07:25:00Z") -> JSON {
        var status: JSON = ["startTime": .string(time)]
        if let condition { status["conditions"] = [["type": .string(condition), "status": "True"]] }
        if condition == "Complete" { status["completionTime"] = .string(time) }
        return [
            "metadata": [
                "name": .string(name), "namespace": "d", "uid": .string("uid-" + name),
                "ownerReferences": [["apiVersion": "batch/v1", "kind": "CronJob", "name": "cj", "uid": "cron", "controller": true]],
            ],
            "status": status,
        ]
    }

    static func reference(_ name: String) -> JSON { ["kind": "Job", "name": .string(name), "uid": .string("uid-" + name)] }

    @Test("at its time a job is made, named by the time, and the status says so") func makes() {
        let cronJob = Self.cronJob()
        var outcome = CronJobs.plan(cronJob, jobs: [], zone: .utc, now: Self.start)
        let made = outcome.creation
        #expect(made?.name == "cj-29927965")
        #expect(made?.labels == ["a": "b"])
        #expect(made?.annotations == ["c": "d", "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-26T07:25:00Z"])
        #expect(made?.controller?.uid == "cron")
        #expect(outcome.again == 134)
        #expect(outcome.change(from: cronJob) == nil)
        var job = made ?? [:]
        job[path: "metadata", "uid"] = "new"
        outcome.started(job)
        #expect(outcome.cronJob["status"]?["lastScheduleTime"] == "2026-11-26T07:25:00Z")
        #expect(outcome.cronJob["status"]?["active"]?[at: 0]?["uid"] == "new")
        #expect(outcome.change(from: cronJob) != nil)
        // Seen again, nothing is made for the same time.
        let again = CronJobs.plan(outcome.cronJob, jobs: [Self.job("cj-29927965")], zone: .utc, now: Self.start)
        #expect(again.creation == nil)
    }

    @Test("what holds a job back", arguments: [
        ("before the first time", Self.cronJob(created: "2026-11-26T07:26:00Z"), nil as String?),
        ("suspended", Self.cronJob(["suspend": true]), nil),
        ("made already", Self.cronJob(status: ["lastScheduleTime": "2026-11-26T07:25:00Z"]), nil),
        ("the deadline is over", Self.cronJob(["startingDeadlineSeconds": 100]), nil),
        ("no time of the calendar", Self.cronJob(["schedule": "0 0 31 2 *"]), nil),
        ("no schedule", Self.cronJob(["schedule": "whenever"]), "UnparseableSchedule"),
        ("the one before still runs", Self.cronJob(["concurrencyPolicy": "Forbid"], status: ["active": [Self.reference("old")]]), "JobAlreadyActive"),
    ]) func heldBack(name: String, cronJob: JSON, reason: String?) {
        let outcome = CronJobs.plan(cronJob, jobs: [Self.job("old")].filter { _ in reason == "JobAlreadyActive" }, zone: .utc, now: Self.start)
        #expect(outcome.creation == nil)
        #expect(outcome.notices.map(\.reason) == [reason].compactMap { $0 })
    }

    @Test("an unknown time zone is told, and nothing is made") func unknownZone() {
        let outcome = CronJobs.plan(Self.cronJob(["timeZone": "Nowhere/Town"]), jobs: [], zone: nil, now: Self.start)
        #expect(outcome.creation == nil)
        #expect(outcome.notices.map(\.message) == ["invalid timeZone: Nowhere/Town: unknown time zone Nowhere/Town"])
        #expect(CronJobs.zoneName(Self.cronJob(["timeZone": "Asia/Tokyo"])) == "Asia/Tokyo")
        #expect(CronJobs.zoneName(Self.cronJob(["schedule": "CRON_TZ=Asia/Tokyo 0 0 * * *"])) == "Asia/Tokyo")
        #expect(CronJobs.zoneName(Self.cronJob()) == nil)
    }

    @Test("a schedule is meant in its zone, and the job says so") func zone() {
        let zone = CronScheduleTests.berlin
        let outcome = CronJobs.plan(Self.cronJob(["schedule": "25 8 * * *"]), jobs: [], zone: zone, now: Self.start)
        #expect(outcome.creation?.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-11-26T08:25:00+01:00")
    }

    @Test("Replace deletes the job that still runs") func replace() {
        let cronJob = Self.cronJob(["concurrencyPolicy": "Replace"], status: ["active": [Self.reference("old")]])
        let outcome = CronJobs.plan(cronJob, jobs: [Self.job("old")], zone: .utc, now: Self.start)
        #expect(outcome.deletions.map(\.name) == ["old"])
        #expect(outcome.creation != nil)
        #expect(outcome.cronJob["status"]?["active"] == nil)
    }

    @Test("many missed times make one job, for the last of them, and a warning") func missed() {
        let outcome = CronJobs.plan(
            Self.cronJob(["schedule": "* * * * *"], created: "2020-01-01T00:00:00Z"), jobs: [], zone: .utc, now: Self.start)
        #expect(outcome.creation?.name == "cj-29927967")
        #expect(outcome.creation?.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-11-26T07:27:00Z")
        #expect(outcome.notices.map(\.reason) == ["TooManyMissedTimes"])
        let few = CronJobs.plan(
            Self.cronJob(["schedule": "* * * * *", "startingDeadlineSeconds": 200], created: "2020-01-01T00:00:00Z"), jobs: [], zone: .utc, now: Self.start)
        #expect(few.notices.isEmpty)
        #expect(few.creation != nil)
    }

    @Test("times that are close together once a year are found after many years") func sparse() {
        let outcome = CronJobs.plan(
            Self.cronJob(["schedule": "* * 1 1 *"], created: "2016-01-01T00:00:00Z"), jobs: [], zone: .utc, now: Self.start)
        #expect(outcome.creation?.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T23:59:00Z")
    }

    @Test("what ended leaves the list, is told, and the youngest are kept") func history() {
        let cronJob = Self.cronJob(
            ["suspend": true, "successfulJobsHistoryLimit": 1],
            status: ["active": [Self.reference("s2"), Self.reference("gone"), Self.reference("run")]])
        let jobs = [
            Self.job("s1", condition: "Complete", at: "2026-11-26T07:05:00Z"), Self.job("s2", condition: "Complete", at: "2026-11-26T07:10:00Z"),
            Self.job("f1", condition: "Failed", at: "2026-11-26T07:11:00Z"), Self.job("f2", condition: "Failed", at: "2026-11-26T07:12:00Z"), Self.job("run"),
            Self.job("stray"),
        ]
        let outcome = CronJobs.plan(cronJob, jobs: jobs, zone: .utc, now: Self.start)
        #expect(outcome.deletions.map(\.name) == ["s1", "f1"])
        #expect(outcome.cronJob["status"]?["active"]?.array?.map { $0["name"]?.string } == ["run"])
        #expect(outcome.cronJob["status"]?["lastSuccessfulTime"] == "2026-11-26T07:10:00Z")
        #expect(outcome.notices.map(\.message) == [
            "Saw completed job: s2, condition: Complete", "Saw a job that the controller did not create or forgot: stray", "Active job went missing: gone",
        ])
    }
}
