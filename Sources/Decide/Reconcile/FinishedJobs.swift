public import JSONValue
public import KubeModel

/// A Job that has ended goes by itself when its `ttlSecondsAfterFinished` is over, and takes its pods with it.
///
/// Source: Kubernetes documentation, "Automatic Cleanup for Finished Jobs"; KEP-592.
public enum FinishedJobs {
    /// The resource that is observed and deleted.
    public static let resource = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")

    /// When a Job ended; nil while it has not.
    public static func finishTime(_ job: JSON) -> Timestamp? {
        for type in ["Complete", "Failed"] {
            guard let condition = Conditions.find(type, in: job["status"]), condition["status"]?.string == "True" else { continue }
            return Timestamp(condition["lastTransitionTime"]?.string ?? "")
        }
        return nil
    }

    /// What one look at a Job leads to: nothing, another look when its time is over, or its deletion.
    public static func plan(_ job: JSON, now: Timestamp) -> Plan {
        guard !job.isBeingDeleted, let life = job["spec"]?["ttlSecondsAfterFinished"]?.int, let end = finishTime(job) else { return Plan() }
        let left = end.adding(seconds: life).seconds - now.seconds
        if left > 0 { return Plan(again: left) }
        return Plan(changes: [.delete(Target(resource, job), uid: job.uid, policy: "Foreground")])
    }
}
