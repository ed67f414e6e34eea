import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct JobTests {
    @Test("a job of some completions runs as many pods at a time as it may, and is complete when enough have succeeded") func completes() {
        var world = JobWorld(["completions": 3, "parallelism": 2])
        world.settle()
        #expect(world.active.count == 2)
        #expect(world.status["active"]?.int == 2)
        #expect(world.status["startTime"]?.string == Samples.now.description)
        #expect(world.pods.values.allSatisfy { $0.finalizers == ["batch.kubernetes.io/job-tracking"] && $0.controller?.kind == "Job" })
        world.end(world.active[0], "Succeeded")
        world.settle()
        #expect(world.status["succeeded"]?.int == 1)
        #expect(world.active.count == 2)
        for name in world.active { world.end(name, "Succeeded") }
        world.settle()
        #expect(world.status["succeeded"]?.int == 3)
        #expect(world.status["active"] == nil)
        #expect(world.isTrue("SuccessCriteriaMet") && world.isTrue("Complete"))
        #expect(world.reason("Complete") == "CompletionsReached")
        #expect(world.status["completionTime"]?.string == Samples.now.description)
        #expect(world.status["uncountedTerminatedPods"] == [:])
        #expect(world.pods.values.allSatisfy { $0.finalizers.isEmpty })
        #expect(world.notices == [Notice(reason: "Completed", message: "Job completed")])
    }

    @Test("a work queue makes no new pods once one has succeeded, and is complete when the rest has ended") func workQueue() {
        var world = JobWorld(["parallelism": 3])
        world.settle()
        world.end(world.active[0], "Succeeded")
        world.settle()
        #expect(world.active.count == 2)
        #expect(!world.isTrue("Complete"))
        for name in world.active { world.end(name, "Succeeded") }
        world.settle()
        #expect(world.isTrue("Complete"))
        #expect(world.status["succeeded"]?.int == 3)
    }

    @Test("a job that needs nothing is complete at once") func empty() {
        var world = JobWorld(["completions": 0])
        world.settle()
        #expect(world.isTrue("Complete"))
        #expect(world.pods.isEmpty)
    }

    @Test("a pod that failed is replaced after a pause that doubles, and too many of them end the job") func backoff() {
        var world = JobWorld(["completions": 1, "backoffLimit": 2])
        world.settle()
        for pause in [10, 20] as [Int64] {
            world.end(world.active[0], "Failed", code: 1)
            world.settle()
            #expect(world.active.isEmpty)
            #expect(world.again == pause)
            world.now = world.now.adding(seconds: pause - 1)
            world.settle()
            #expect(world.active.isEmpty)
            world.now = world.now.adding(seconds: 1)
            world.settle()
            #expect(world.active.count == 1)
        }
        world.end(world.active[0], "Failed", code: 1)
        world.settle()
        #expect(world.status["failed"]?.int == 3)
        #expect(world.isTrue("FailureTarget") && world.isTrue("Failed"))
        #expect(world.reason("Failed") == "BackoffLimitExceeded")
        #expect(world.notices == [Notice(isWarning: true, reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit")])
    }

    @Test("restarts within a pod count towards the limit") func restarts() {
        var world = JobWorld(["completions": 1, "backoffLimit": 2])
        world.job[path: "spec", "template", "spec", "restartPolicy"] = "OnFailure"
        world.settle()
        let name = world.active[0]
        world.pods[name]?["status"] = ["phase": "Running", "containerStatuses": [["name": "c", "restartCount": 1]]]
        world.settle()
        #expect(world.active == [name])
        world.pods[name]?["status"] = ["phase": "Running", "containerStatuses": [["name": "c", "restartCount": 2]]]
        world.settle()
        #expect(world.active.isEmpty)
        #expect(world.isTrue("FailureTarget"))
        // The pod still runs: the job is over when it has ended.
        #expect(!world.isTrue("Failed"))
        #expect(world.status["terminating"]?.int == 1)
        world.terminate(name)
        world.settle()
        #expect(world.reason("Failed") == "BackoffLimitExceeded")
        #expect(world.status["failed"]?.int == 1)
    }

    @Test("a job that is active for too long is ended") func deadline() {
        var world = JobWorld(["completions": 1, "activeDeadlineSeconds": 60])
        world.settle()
        #expect(world.again == 60)
        world.now = world.now.adding(seconds: 60)
        world.settle()
        let name = world.names[0]
        world.terminate(name)
        world.settle()
        #expect(world.reason("Failed") == "DeadlineExceeded")
        #expect(world.status["failed"]?.int == 1)
    }

    @Test("an indexed job runs each index once, tells the pods theirs, and makes a lost one again") func indexed() {
        var world = JobWorld(["completions": 4, "parallelism": 3, "completionMode": "Indexed"])
        world.settle()
        #expect(world.indexes == ["0", "1", "2"])
        let first = world.pods[world.active[0]]
        #expect(first?["metadata"]?["generateName"]?.string == "j-0-")
        #expect(first?["spec"]?["hostname"]?.string == "j-0")
        #expect(first?.labels["batch.kubernetes.io/job-completion-index"] == "0")
        let variable = first?["spec"]?["containers"]?[at: 0]?["env"]?[at: 0]
        #expect(variable?["name"] == "JOB_COMPLETION_INDEX")
        #expect(variable?[path: "valueFrom", "fieldRef", "fieldPath"] == "metadata.labels['batch.kubernetes.io/job-completion-index']")
        for name in world.active where name.hasPrefix("j-1-") || name.hasPrefix("j-2-") { world.end(name, "Succeeded") }
        world.settle()
        #expect(world.indexes == ["0", "3"])
        #expect(world.status["completedIndexes"] == "1,2")
        let lost = world.active[0]
        world.delete(lost)
        world.settle()
        world.now = world.now.adding(seconds: 60)
        world.settle()
        #expect(world.indexes == ["0", "3"])
        #expect(!world.active.contains(lost))
        for name in world.active { world.end(name, "Succeeded") }
        world.settle()
        #expect(world.status["completedIndexes"] == "0-3")
        #expect(world.status["succeeded"]?.int == 4)
    }

    @Test("a second pod of an index goes, and so does one whose index is none of the job's") func duplicates() {
        var world = JobWorld(["completions": 3, "parallelism": 3, "completionMode": "Indexed"])
        world.settle()
        var copy = world.pods[world.active[0]] ?? [:]
        copy[path: "metadata", "uid"] = "uid-copy"
        copy[path: "metadata", "name"] = "copy"
        copy[path: "metadata", "creationTimestamp"] = .string(world.now.adding(seconds: 5).description)
        world.pods["copy"] = copy
        copy[path: "metadata", "uid"] = "uid-far"
        copy[path: "metadata", "name"] = "far"
        copy[path: "metadata", "annotations", "batch.kubernetes.io/job-completion-index"] = "7"
        world.pods["far"] = copy
        world.settle()
        #expect(world.pods["copy"]?.isBeingDeleted ?? true)
        #expect(world.pods["far"]?.isBeingDeleted ?? true)
        #expect(world.indexes == ["0", "1", "2"])
    }

    @Test("with a limit for each index, indexes fail on their own and the rest goes on") func perIndex() {
        var world = JobWorld(["completions": 2, "parallelism": 2, "completionMode": "Indexed", "backoffLimitPerIndex": 1, "backoffLimit": 2_147_483_647])
        world.settle()
        for _ in 0..<2 {
            for name in world.active where name.hasPrefix("j-0-") { world.end(name, "Failed", code: 1) }
            world.settle()
            world.now = world.now.adding(seconds: 60)
            world.settle()
        }
        #expect(world.status["failedIndexes"] == "0")
        #expect(world.indexes == ["1"])
        for name in world.active { world.end(name, "Succeeded") }
        world.settle()
        #expect(world.reason("Failed") == "FailedIndexes")
        #expect(world.status["completedIndexes"] == "1")
        #expect(world.status["failed"]?.int == 2)
    }

    @Test("the pod that replaces a failed one of its index says how often that failed") func indexAttempts() {
        var world = JobWorld(["completions": 1, "completionMode": "Indexed", "backoffLimitPerIndex": 3])
        world.settle()
        #expect(world.pods[world.active[0]]?.annotations["batch.kubernetes.io/job-index-failure-count"] == "0")
        world.end(world.active[0], "Failed", code: 1)
        world.settle()
        #expect(world.again == 10)
        world.now = world.now.adding(seconds: 10)
        world.settle()
        #expect(world.pods[world.active[0]]?.annotations["batch.kubernetes.io/job-index-failure-count"] == "1")
    }

    @Test("a failure policy ignores, counts, or ends the job", arguments: [
        ("Ignore", 42 as Int64, nil as String?), ("FailJob", 42, "PodFailurePolicy"), ("FailJob", 1, nil), ("Count", 42, "BackoffLimitExceeded"),
    ]) func failurePolicy(action: String, code: Int64, reason: String?) {
        let rule: JSON = ["action": .string(action), "onExitCodes": ["containerName": "c", "operator": "In", "values": [42]]]
        var world = JobWorld(["completions": 1, "backoffLimit": reason == nil && code == 1 ? 1 : 0, "podFailurePolicy": ["rules": [rule]]])
        world.settle()
        world.end(world.active[0], "Failed", code: code)
        world.settle()
        #expect(world.reason("Failed") == reason)
        if reason == "PodFailurePolicy" {
            #expect(
                Conditions.find("Failed", in: world.status)?["message"]?.string
                    == "Container c for pod d/j-1 failed with exit code 42 matching FailJob rule at index 0")
        }
        if reason == nil {
            world.now = world.now.adding(seconds: 10)
            world.settle()
            #expect(world.active.count == 1)
            #expect(world.status["failed"]?.int == (action == "Ignore" ? nil : 1))
        }
    }

    @Test("a failure policy looks at the conditions of the pod too") func conditionPolicy() {
        let rule: JSON = ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]]
        var world = JobWorld(["completions": 1, "backoffLimit": 0, "podFailurePolicy": ["rules": [rule]]])
        world.settle()
        world.end(world.active[0], "Failed", code: 137, condition: "DisruptionTarget")
        world.settle()
        #expect(!world.isTrue("Failed"))
        #expect(world.status["failed"] == nil)
    }

    @Test("a success policy ends an indexed job before all indexes have succeeded") func successPolicy() {
        var world = JobWorld([
            "completions": 3, "parallelism": 3, "completionMode": "Indexed", "successPolicy": ["rules": [["succeededIndexes": "1-2", "succeededCount": 1]]],
        ])
        world.settle()
        for name in world.active where name.hasPrefix("j-0-") { world.end(name, "Succeeded") }
        world.settle()
        #expect(!world.isTrue("SuccessCriteriaMet"))
        for name in world.active where name.hasPrefix("j-2-") { world.end(name, "Succeeded") }
        world.settle()
        #expect(world.isTrue("SuccessCriteriaMet") && !world.isTrue("Complete"))
        for name in world.names where world.pods[name]?.isBeingDeleted == true { world.terminate(name) }
        world.settle()
        #expect(world.reason("Complete") == "SuccessPolicy")
        #expect(world.status["succeeded"]?.int == 2)
        #expect(world.status["failed"] == nil)
    }

    @Test("a suspended job has no pods, and its time begins when it goes on") func suspend() {
        var world = JobWorld(["completions": 1, "suspend": true])
        world.settle()
        #expect(world.pods.isEmpty)
        #expect(world.isTrue("Suspended"))
        #expect(world.status["startTime"] == nil)
        world.now = world.now.adding(seconds: 100)
        world.job[path: "spec", "suspend"] = false
        world.settle()
        #expect(world.active.count == 1)
        #expect(world.status["startTime"]?.string == world.now.description)
        world.job[path: "spec", "suspend"] = true
        world.settle()
        #expect(world.active.isEmpty)
        #expect(world.notices.map(\.reason) == ["Suspended", "Resumed", "Suspended"])
    }

    @Test("with the replacement policy Failed, a pod on its way out is replaced when it has ended", arguments: [true, false]) func replacement(
        onlyFailed: Bool
    ) {
        var world = JobWorld(["completions": 1, "podReplacementPolicy": onlyFailed ? "Failed" : "TerminatingOrFailed"])
        world.settle()
        let name = world.active[0]
        world.pods[name]?["status"] = ["phase": "Running"]
        world.delete(name)
        world.settle()
        world.now = world.now.adding(seconds: 30)
        world.settle()
        #expect(world.active.count == (onlyFailed ? 0 : 1))
        world.terminate(name)
        world.settle()
        world.now = world.now.adding(seconds: 30)
        world.settle()
        #expect(world.active.count == 1)
        #expect(world.status["failed"]?.int == 1)
    }

    @Test("a job of another manager, and one that has ended, make no pods") func leftAlone() {
        let foreign = JobWorld(["managedBy": "example.com/mine"])
        #expect(!Jobs.isOurs(foreign.job))
        var ended = JobWorld(["completions": 3], status: ["conditions": [["type": "Complete", "status": "True"]]])
        ended.settle()
        #expect(ended.pods.isEmpty)
    }

    @Test("whatever is deleted, and wherever the controller is stopped, each pod is counted once", arguments: 0..<60 as Range<UInt64>) func counting(
        seed: UInt64
    ) {
        var random = Seeded(seed)
        var world = JobWorld(["completions": 8, "parallelism": 3, "backoffLimit": 100, "podReplacementPolicy": "Failed"])
        var succeeded = Set<String>()
        var failed = Set<String>()
        for _ in 0..<400 where !world.isTrue("Complete") {
            world.now = world.now.adding(seconds: Int64.random(in: 0...300, using: &random))
            if let name = world.names.randomElement(using: &random) {
                let isActive = world.active.contains(name)
                switch Int.random(in: 0..<5, using: &random) {
                case 0 where isActive, 1 where isActive:
                    world.end(name, "Succeeded")
                    succeeded.insert(name)
                case 2 where isActive:
                    world.end(name, "Failed", code: 1)
                    failed.insert(name)
                case 3:
                    world.delete(name)
                    if !succeeded.contains(name) {
                        world.end(name, "Failed", code: 137)
                        failed.insert(name)
                    }
                    if world.pods[name]?.finalizers.isEmpty == true { world.pods[name] = nil }
                default: break
                }
            }
            // Stopped in the middle, and started anew without memory, from time to time.
            world.look(writes: Int.random(in: 0...3, using: &random))
            if Bool.random(using: &random) { world.backoff = nil }
        }
        world.settle()
        #expect(world.isTrue("Complete"))
        #expect(world.status["succeeded"]?.int == Int64(succeeded.count))
        #expect(world.status["failed"]?.int ?? 0 == Int64(failed.count))
        #expect(succeeded.count == 8)
    }

    @Test("indexes are written as a job's status has them", arguments: [
        ([], ""), ([3], "3"), ([1, 0], "0,1"), ([5, 1, 3, 4, 9], "1,3-5,9"),
    ] as [([Int], String)]) func indexText(indexes: [Int], text: String) {
        let set = CompletionIndexes(indexes)
        #expect(set.description == text)
        #expect(CompletionIndexes(text, below: 100) == set)
        #expect(set.count == indexes.count)
        #expect((0..<12).allSatisfy { set.contains($0) == indexes.contains($0) })
        #expect(set.gaps(below: 12, atMost: 100) == (0..<12).filter { !indexes.contains($0) })
        #expect(set.gaps(below: 12, atMost: 2).count == 2)
    }

    @Test("a text of indexes that is none is read as far as it is one") func hostileIndexes() {
        #expect(CompletionIndexes("9-1,x,-5,1-2-3,4,7-99999999999999", below: 10).description == "4,7-9")
    }
}

/// A generator that makes the same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
