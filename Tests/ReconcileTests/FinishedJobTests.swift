import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct FinishedJobTests {
    /// What a Job is like, and what becomes of it.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var life: Int64?
        var condition = "Complete"
        var isTrue = true
        var endedAgo: Int64 = 0
        var isBeingDeleted = false
        var goes = false
        var again: Int64?
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "without a life it stays", life: nil, endedAgo: 1_000_000),
        Case(name: "with a life of nothing it goes at once", life: 0, goes: true),
        Case(name: "it stays until its life is over", life: 100, endedAgo: 40, again: 60),
        Case(name: "it goes when its life is over", life: 100, endedAgo: 100, goes: true),
        Case(name: "a failed one goes as well", life: 10, condition: "Failed", endedAgo: 11, goes: true),
        Case(name: "one that is suspended has not ended", life: 0, condition: "Suspended", endedAgo: 100),
        Case(name: "a condition that is false ends nothing", life: 0, isTrue: false, endedAgo: 100),
        Case(name: "one that is going already is left alone", life: 0, endedAgo: 100, isBeingDeleted: true),
    ]

    @Test("a finished job goes when its time is over", arguments: cases) func life(_ example: Case) {
        var job: JSON = ["metadata": ["name": "j", "namespace": "d", "uid": "u"], "spec": [:]]
        if let life = example.life { job[path: "spec", "ttlSecondsAfterFinished"] = .int(life) }
        if example.isBeingDeleted { job[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        job["status"] = [
            "conditions": [
                [
                    "type": .string(example.condition), "status": example.isTrue ? "True" : "False",
                    "lastTransitionTime": .string(Samples.now.adding(seconds: -example.endedAgo).description),
                ]
            ]
        ]
        let plan = FinishedJobs.plan(job, now: Samples.now)
        #expect(plan.again == example.again)
        #expect(plan.changes == (example.goes ? [.delete(Target(FinishedJobs.resource, job), uid: "u", policy: "Foreground")] : []))
    }
}
