import JSONValue
import KubeModel

/// One look at a Job and its pods.
struct JobPass: Hashable, Sendable {
    /// How the Job ends.
    struct Verdict: Hashable, Sendable {
        var isFailure: Bool
        var reason: String
        var message: String
    }

    let facts: JobFacts
    let pods: [JSON]
    let now: Timestamp
    var backoff: JobBackoff
    /// Pods that have neither ended nor are on their way out.
    let active: [JSON]
    /// How many are on their way out.
    let terminating: Int
    /// The UIDs that the status names and has not counted.
    let uncountedSucceeded: Set<String>
    let uncountedFailed: Set<String>
    private(set) var succeeded = 0
    private(set) var failed = 0
    let indexesBefore: CompletionIndexes
    private(set) var succeededIndexes = CompletionIndexes()
    private(set) var failedIndexes = CompletionIndexes()
    /// The last failed pod of each index that is to be tried again: it stays until the next one is made, since it tells
    /// how often the index failed.
    private(set) var held: [Int: JSON] = [:]
    var verdict: Verdict?
    /// Seconds after which to look again.
    var again: Int64?

    init(_ job: JSON, pods: [JSON], backoff: JobBackoff?, now: Timestamp) {
        facts = JobFacts(job)
        self.pods = pods
        self.now = now
        active = pods.filter(ReplicaSets.isActive)
        terminating = pods.count { $0.isBeingDeleted && !ReplicaSets.isFinished($0) }
        let uncounted = facts.status["uncountedTerminatedPods"]
        uncountedSucceeded = Set(uncounted?["succeeded"]?.strings ?? [])
        uncountedFailed = Set(uncounted?["failed"]?.strings ?? [])
        indexesBefore = CompletionIndexes(facts.status["completedIndexes"]?.string ?? "", below: facts.completions ?? 0)
        self.backoff = backoff ?? JobBackoff()
        self.backoff.note(pods, facts)
    }

    var isSatisfied: Bool { facts.completions.map { succeeded >= $0 } ?? (succeeded > 0) }
    var isDone: Bool { Jobs.isFinished(facts.job) }

    private func isTrue(_ type: String) -> JSON? {
        Conditions.find(type, in: facts.status).flatMap { $0["status"]?.string == "True" ? $0 : nil }
    }

    /// The pods that ended and are in no number and no list of the status yet.
    private func newlyEnded(_ isOfKind: (JSON) -> Bool) -> [JSON] {
        pods.filter { pod in
            facts.hasFinalizer(pod) && facts.isValid(pod) && isOfKind(pod) && !uncountedSucceeded.contains(pod.uid)
                && !uncountedFailed.contains(pod.uid)
        }
    }

    func counts(_ pod: JSON) -> Bool { facts.failurePolicy.map { $0.judge(pod) != .ignore } ?? true }

    /// Counts what ended, and finds out whether the Job is over.
    mutating func judge() {
        let newSucceeded = newlyEnded(JobFacts.hasSucceeded)
        let newFailed = newlyEnded(facts.hasFailed)
        succeeded = Int(clamping: facts.job.statusCount("succeeded")) + uncountedSucceeded.count + newSucceeded.count
        failed = Int(clamping: facts.job.statusCount("failed")) + uncountedFailed.count + newFailed.count(where: counts)
        if facts.isIndexed {
            let fresh = pods.filter { facts.hasFinalizer($0) && JobFacts.hasSucceeded($0) }.compactMap(facts.index)
            succeededIndexes = indexesBefore.union(CompletionIndexes(fresh))
            succeeded = succeededIndexes.count
        }
        if facts.backoffLimitPerIndex != nil { judgeIndexes() }
        verdict = conditionVerdict ?? policyVerdict ?? limitVerdict ?? indexVerdict ?? successVerdict
        if verdict == nil, let left = facts.deadline(at: now) { wake(after: left) }
    }

    mutating func wake(after seconds: Int64) { again = min(again ?? seconds, max(1, seconds)) }

    private mutating func judgeIndexes() {
        let before = CompletionIndexes(facts.status["failedIndexes"]?.string ?? "", below: facts.completions ?? 0)
        let fresh = pods.filter { facts.hasFinalizer($0) && facts.hasFailed($0) && endsIndex($0) }.compactMap(facts.index)
        failedIndexes = before.union(CompletionIndexes(fresh))
        let running = Set(active.compactMap(facts.index))
        for pod in pods where facts.hasFinalizer(pod) && facts.hasFailed(pod) {
            guard let index = facts.index(pod), !running.contains(index), !succeededIndexes.contains(index), !failedIndexes.contains(index) else {
                continue
            }
            if let other = held[index], Self.attempts(other) > Self.attempts(pod) { continue }
            held[index] = pod
        }
    }

    static func attempts(_ pod: JSON) -> Int { JobFacts.count(pod, JobFacts.failureCountKey) + JobFacts.count(pod, JobFacts.ignoredCountKey) }

    /// Whether the index of this failed pod is not tried again.
    private func endsIndex(_ pod: JSON) -> Bool {
        switch facts.failurePolicy?.judge(pod) {
        case .failIndex: true
        case .ignore: false
        case .count, .failJob, nil: JobFacts.count(pod, JobFacts.failureCountKey) >= facts.backoffLimitPerIndex ?? .max
        }
    }

    // MARK: Why a Job is over

    /// What an earlier pass decided stands.
    private var conditionVerdict: Verdict? {
        for (type, isFailure) in [("SuccessCriteriaMet", false), ("FailureTarget", true)] {
            guard let condition = isTrue(type) else { continue }
            return Verdict(isFailure: isFailure, reason: condition["reason"]?.string ?? "", message: condition["message"]?.string ?? "")
        }
        return nil
    }

    private var policyVerdict: Verdict? {
        guard let policy = facts.failurePolicy else { return nil }
        for pod in pods where facts.hasFailed(pod) && facts.isValid(pod) {
            if case .failJob(let message) = policy.judge(pod) { return Verdict(isFailure: true, reason: "PodFailurePolicy", message: message) }
        }
        return nil
    }

    private var limitVerdict: Verdict? {
        if failed > facts.backoffLimit || exceedsRestarts {
            return Verdict(isFailure: true, reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit")
        }
        if let left = facts.deadline(at: now), left <= 0 {
            return Verdict(isFailure: true, reason: "DeadlineExceeded", message: "Job was active longer than specified deadline")
        }
        return nil
    }

    /// Containers that are started anew in their pod count as failures too.
    private var exceedsRestarts: Bool {
        guard facts.spec[path: "template", "spec", "restartPolicy"]?.string == "OnFailure" else { return false }
        var restarts = 0
        for pod in active {
            for key in ["initContainerStatuses", "containerStatuses"] {
                for status in pod["status"]?[key]?.array ?? [] { restarts += Int(clamping: min(status["restartCount"]?.int ?? 0, 1 << 31)) }
            }
        }
        return facts.backoffLimit == 0 ? restarts > 0 : restarts >= facts.backoffLimit
    }

    private var indexVerdict: Verdict? {
        guard facts.backoffLimitPerIndex != nil, failedIndexes.count > 0 else { return nil }
        if let most = facts.spec["maxFailedIndexes"]?.int, failedIndexes.count > Int(clamping: most) {
            return Verdict(
                isFailure: true, reason: "MaxFailedIndexesExceeded", message: "Job has exceeded the specified maximal number of failed indexes")
        }
        if failedIndexes.count + succeededIndexes.count >= facts.completions ?? 0 {
            return Verdict(isFailure: true, reason: "FailedIndexes", message: "Job has failed indexes")
        }
        return nil
    }

    private var successVerdict: Verdict? {
        guard facts.isIndexed, let completions = facts.completions,
            let message = JobSuccessPolicy.met(facts.spec["successPolicy"], succeeded: succeededIndexes, completions: completions)
        else { return nil }
        return Verdict(isFailure: false, reason: "SuccessPolicy", message: message)
    }
}
