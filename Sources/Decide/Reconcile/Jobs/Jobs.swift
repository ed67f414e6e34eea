public import JSONValue
public import KubeModel

/// A Job runs pods until enough of them have succeeded.
///
/// Pods keep the finalizer `batch.kubernetes.io/job-tracking` until they are counted in the Job's status, so that one
/// that is deleted is neither lost nor counted twice: first the status names its UID, then the finalizer goes, and when
/// the pod is seen without it, the UID becomes a number.
///
/// Source: Kubernetes documentation, "Jobs"; KEP-2307 (tracking), KEP-2214 (Indexed), KEP-3329 (failure policy),
/// KEP-3850 (back-off per index), KEP-3939 (pod replacement), KEP-3998 (success policy), KEP-2232 (suspend).
public enum Jobs {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")
    /// The resource that is written.
    public static let pods = ReplicaSets.pods
    /// The most pods that one pass makes or deletes, and the most that wait to be counted.
    static let burst = 500

    /// What one look at a Job and its pods leads to.
    public struct Outcome: Hashable, Sendable {
        /// Pods taken over and let go.
        public var claims: [Change] = []
        /// The pods to make.
        public var creations: [JSON] = []
        /// The pods to delete.
        public var deletions: [JSON] = []
        /// How its pods have failed so far; kept for the next look.
        public var backoff = JobBackoff()
        var pass: JobPass

        /// The writes that follow when the pods were made and deleted: status, and finalizers of pods that are counted.
        ///
        /// - Parameters:
        ///   - created: how many pods were made.
        ///   - deleted: the UIDs of those that were deleted.
        /// - Returns: the writes in their order, with events and when to look again.
        public func settle(created: Int, deleted: Set<String>) -> Plan { pass.settle(created: created, deleted: deleted) }
    }

    /// Whether this controller has to do with the Job.
    public static func isOurs(_ job: JSON) -> Bool {
        let manager = job["spec"]?["managedBy"]?.string
        return manager == nil || manager == JobFacts.manager
    }

    /// Whether the Job is over: nothing is made or counted any more.
    public static func isFinished(_ job: JSON) -> Bool {
        ["Complete", "Failed"].contains { Conditions.find($0, in: job["status"])?["status"]?.string == "True" }
    }

    /// What one look at a Job leads to.
    ///
    /// - Parameters:
    ///   - job: the Job, as it is now.
    ///   - pods: the pods of its namespace that it controls or selects.
    ///   - backoff: what the last look found; nil when there was none.
    ///   - now: the moment, for deadlines and back-off.
    /// - Returns: what to claim, make and delete; ``Outcome/settle(created:deleted:)`` then says the rest.
    public static func plan(_ job: JSON, pods: [JSON], backoff: JobBackoff?, now: Timestamp) -> Outcome {
        let owner = OwnerReference.controlling(job, apiVersion: "batch/v1", kind: "Job")
        let selector = LabelSelector(object: job["spec"]?["selector"])
        var claims: [Change] = []
        var owned: [JSON] = []
        for pod in pods {
            switch Claim.decide(pod, of: Self.pods, owner: owner, ownerIsBeingDeleted: job.isBeingDeleted, selector: selector) {
            case .owned: owned.append(pod)
            case .adopt(let change):
                claims.append(tracked(change))
                owned.append(pod)
            case .release(let change): claims.append(change)
            // A Job that is being deleted lets its pods go, selected or not.
            case .other: if pod.controller?.uid == job.uid { owned.append(pod) }
            }
        }
        var pass = JobPass(job, pods: owned, backoff: backoff, now: now)
        pass.judge()
        var outcome = Outcome(claims: claims, backoff: pass.backoff, pass: pass)
        if isFinished(job) { return outcome }
        if pass.verdict != nil {
            outcome.deletions = Array(pass.active.prefix(burst))
        } else if !job.isBeingDeleted {
            let (creations, deletions) = pass.balance(owner: owner)
            outcome.creations = creations
            outcome.deletions = deletions
        }
        outcome.pass = pass
        return outcome
    }

    /// An adopted pod is counted like one that was made.
    private static func tracked(_ change: Change) -> Change {
        guard case .patch(let target, let form, var patch, let manager) = change else { return change }
        patch[path: "metadata", "finalizers"] = [.string(JobFacts.finalizer)]
        return .patch(target, form, patch, manager: manager)
    }

    /// Whether a pod waits for a Job to count it.
    public static func isTracked(_ pod: JSON) -> Bool { pod.finalizers.contains(JobFacts.finalizer) }

    /// Lets a pod go.
    public static func release(_ pod: JSON) -> Change {
        .patch(
            Target(pods, pod), .strategic,
            ["metadata": ["$deleteFromPrimitiveList/finalizers": [.string(JobFacts.finalizer)], "uid": .string(pod.uid)]], manager: "")
    }
}
