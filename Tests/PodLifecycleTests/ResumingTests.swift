import JSONValue
import KubeModel
import Testing

@testable import PodLifecycle

@Suite("a pod that ran before on a node that remembers nothing")
struct ResumingTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func pod(_ policy: String, _ statuses: JSON, initial: JSON = []) -> JSON {
        [
            "spec": ["restartPolicy": .string(policy), "containers": [["name": "main", "image": "i"]], "initContainers": [["name": "first", "image": "i"]]],
            "status": ["startTime": "2026-01-01T00:00:00Z", "containerStatuses": statuses, "initContainerStatuses": initial],
        ]
    }

    private static let running: JSON = ["running": ["startedAt": "2026-01-01T00:00:05Z"]]
    private static func ended(_ code: Int64) -> JSON {
        ["terminated": ["exitCode": .int(code), "reason": code == 0 ? "Completed" : "Error", "startedAt": "2026-01-01T00:00:05Z", "finishedAt": "2026-01-01T00:01:00Z", "containerID": "kastell://old"]]
    }

    struct Case: Sendable {
        var policy: String
        var state: JSON
        var last: JSON = [:]
        var count: Int64
        var expected: Int64
        var lastCode: Int64?
        var isStarted = true
    }

    @Test(
        "the count goes on, with one more for a run that is over",
        arguments: [
            Case(policy: "Always", state: running, count: 0, expected: 1, lastCode: 137),
            Case(policy: "Never", state: running, count: 0, expected: 0, lastCode: nil, isStarted: false),
            Case(policy: "Always", state: running, last: ended(3), count: 4, expected: 5, lastCode: 137),
            Case(policy: "Always", state: ended(0), count: 2, expected: 3, lastCode: 0),
            Case(policy: "OnFailure", state: ended(1), count: 2, expected: 3, lastCode: 1),
            Case(policy: "OnFailure", state: ended(0), count: 2, expected: 2, lastCode: nil, isStarted: false),
            Case(policy: "Never", state: ended(1), count: 0, expected: 0, lastCode: nil, isStarted: false),
            Case(policy: "Always", state: ["waiting": ["reason": "CrashLoopBackOff"]], last: ended(7), count: 5, expected: 6, lastCode: 7),
            Case(policy: "Always", state: ["waiting": ["reason": "ContainerCreating"]], last: ended(7), count: 5, expected: 5, lastCode: 7),
            Case(policy: "Always", state: ["waiting": ["reason": "ContainerCreating"]], count: 0, expected: 0, lastCode: nil),
        ])
    func counts(_ each: Case) {
        let pod = Self.pod(each.policy, [["name": "main", "restartCount": .int(each.count), "state": each.state, "lastState": each.last, "image": "i"]])
        var record = PodRecord(resuming: pod, now: Self.now)
        #expect(record.startTime == Timestamp("2026-01-01T00:00:00Z"))
        #expect(record.sandbox == .absent)
        record.sandbox = .ready(podIPs: ["10.0.0.1"])
        record.isInitialized = true
        let step = PodLifecycle.step(pod: pod, record: record, now: Self.now)
        let starts = step.actions.filter { if case .start("main", _, _) = $0 { true } else { false } }
        #expect(starts.isEmpty != each.isStarted)
        for start in starts { record.began(start) }
        record.started("main", at: Self.now)
        #expect(each.isStarted ? record.containers["main"]?.restartCount == each.expected : true)
        #expect(PodRecord(resuming: pod, now: Self.now).containers["main"]?.restartCount ?? 0 == each.expected)
        if each.isStarted { #expect(record.containers["main"]?.lastExit?.code == each.lastCode) }
    }

    @Test("init containers are run again, and counted")
    func initial() {
        let pod = Self.pod("Never", [], initial: [["name": "first", "restartCount": 0, "state": Self.ended(0)]])
        let record = PodRecord(resuming: pod, now: Self.now)
        #expect(!record.isInitialized)
        #expect(record.containers["first"]?.state == .absent)
        #expect(record.containers["first"]?.restartCount == 1)
        #expect(record.containers["first"]?.lastExit?.containerID == "kastell://old")
    }

    @Test("a pod that never ran begins like any other")
    func fresh() {
        let record = PodRecord(resuming: ["spec": ["containers": [["name": "main"]]], "status": ["phase": "Pending"]], now: Self.now)
        #expect(record == PodRecord(startTime: Self.now))
    }
}
