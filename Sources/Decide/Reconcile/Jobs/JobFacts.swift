import JSONValue
import KubeModel

/// What the fields of a Job mean.
struct JobFacts: Hashable, Sendable {
    /// Holds a pod of a Job until it was counted.
    static let finalizer = "batch.kubernetes.io/job-tracking"
    /// The completion index of a pod, as annotation and as label.
    static let indexKey = "batch.kubernetes.io/job-completion-index"
    /// How often the index of a pod had failed before it.
    static let failureCountKey = "batch.kubernetes.io/job-index-failure-count"
    /// How often it had failed in a way that does not count.
    static let ignoredCountKey = "batch.kubernetes.io/job-index-ignored-failure-count"
    /// The value of `managedBy` that means this controller.
    static let manager = "kubernetes.io/job-controller"

    let job: JSON
    init(_ job: JSON) { self.job = job }

    var spec: JSON { job["spec"] ?? [:] }
    var status: JSON { job["status"] ?? [:] }
    var parallelism: Int { Int(clamping: spec["parallelism"]?.int ?? 1) }
    /// Nil for a work queue, which is done when one pod succeeds.
    var completions: Int? { spec["completions"]?.int.map { Int(clamping: $0) } }
    var isIndexed: Bool { spec["completionMode"]?.string == "Indexed" }
    var isSuspended: Bool { spec["suspend"]?.bool ?? false }
    var backoffLimit: Int { Int(clamping: spec["backoffLimit"]?.int ?? 6) }
    var backoffLimitPerIndex: Int? { isIndexed ? spec["backoffLimitPerIndex"]?.int.map { Int(clamping: $0) } : nil }
    var failurePolicy: JobFailurePolicy? { spec["podFailurePolicy"].map(JobFailurePolicy.init) }
    /// Whether a pod is replaced only when it has ended, and not already when it is on its way out.
    var replacesOnlyFailed: Bool { spec["podReplacementPolicy"]?.string == "Failed" || spec["podFailurePolicy"]?.object != nil }
    var startTime: Timestamp? { status["startTime"]?.string.flatMap { Timestamp($0) } }

    /// Seconds until the Job has been active for too long, not more than 0 when it has; nil when it may go on for ever.
    func deadline(at now: Timestamp) -> Int64? {
        guard let limit = spec["activeDeadlineSeconds"]?.int, let start = startTime, !isSuspended else { return nil }
        return start.adding(seconds: limit).seconds - now.seconds
    }

    /// The index of a pod; nil when it has none of the Job's.
    func index(_ pod: JSON) -> Int? {
        guard let index = pod.annotations[Self.indexKey].flatMap({ Int($0) }), index >= 0, index < completions ?? 0 else { return nil }
        return index
    }

    /// Whether the pod counts as one of the Job's: in an indexed Job only with an index.
    func isValid(_ pod: JSON) -> Bool { !isIndexed || index(pod) != nil }

    func hasFinalizer(_ pod: JSON) -> Bool { pod.finalizers.contains(Self.finalizer) }

    /// Whether the pod has failed, or will never say that it did: it is on its way out, and is replaced at once.
    func hasFailed(_ pod: JSON) -> Bool {
        let phase = pod["status"]?["phase"]?.string
        if phase == "Failed" { return true }
        if replacesOnlyFailed { return false }
        return pod.isBeingDeleted && phase != "Succeeded"
    }

    static func hasSucceeded(_ pod: JSON) -> Bool { pod["status"]?["phase"]?.string == "Succeeded" }

    static func count(_ pod: JSON, _ key: String) -> Int { pod.annotations[key].flatMap { Int32($0) }.map { max(0, Int($0)) } ?? 0 }

    /// When a pod ended, as far as its status tells.
    static func finishTime(_ pod: JSON) -> Timestamp {
        let status = pod["status"]
        let ends = ((status?["containerStatuses"]?.array ?? []) + (status?["initContainerStatuses"]?.array ?? [])).compactMap {
            $0[path: "state", "terminated", "finishedAt"]?.string.flatMap { Timestamp($0) }
        }
        if let last = ends.max() { return last }
        let ready = Conditions.find("Ready", in: status)
        let since = ready?["status"]?.string == "True" ? nil : ready?["lastTransitionTime"]?.string
        if let since = since.flatMap({ Timestamp($0) }) { return since }
        // The deletion was asked for its grace period before.
        let deletion = pod["metadata"]?["deletionTimestamp"]?.string.flatMap { Timestamp($0) }
        let grace = pod["metadata"]?["deletionGracePeriodSeconds"]?.int ?? 0
        return deletion?.adding(seconds: -grace) ?? Timestamp(pod.creationTime) ?? Timestamp(seconds: 0)
    }
}
