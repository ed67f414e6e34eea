import JSONValue
import KubeModel

/// The status of a Job, and the finalizers of the pods that it has counted.
extension JobPass {
    func settle(created: Int, deleted: Set<String>) -> Plan {
        let job = facts.job
        var plan = Plan(again: again)
        if isDone {
            plan.changes = pods.filter(facts.hasFinalizer).map(Jobs.release)
            plan.again = nil
            return plan
        }
        var status = facts.status
        let running = active.filter { !deleted.contains($0.uid) }
        if status["startTime"] == nil, !facts.isSuspended { status["startTime"] = .string(now.description) }
        setCount("active", running.count + created, &status)
        status["ready"] = JSON(running.count { PodReadiness.readySince($0) != nil })
        let leaving = terminating + active.count - running.count
        status["terminating"] = JSON(leaving)
        // A Job is not over while pods run, or while an older look may have left some out.
        let ending = running.isEmpty && created == 0 ? verdict ?? completion : nil
        // What it would have told about suspension waits while the Job is ending.
        if ending == nil, verdict == nil, !job.isBeingDeleted { noteSuspension(&status, &plan.notices) }
        let released = count(ending, &status)
        if let ending { conclude(ending, leaving: leaving, &status, &plan.notices) }
        if status != facts.status {
            var object = job
            object["status"] = status
            plan.changes.append(.replace(Target(Jobs.resource, job, subresource: "status"), object))
        }
        plan.changes += released.map(Jobs.release)
        return plan
    }

    private func setCount(_ key: String, _ value: Int, _ status: inout JSON) { status[key] = value == 0 ? nil : JSON(value) }

    private var completion: Verdict? {
        isSatisfied && !facts.job.isBeingDeleted
            ? Verdict(isFailure: false, reason: "CompletionsReached", message: "Reached expected number of succeeded pods") : nil
    }

    private func noteSuspension(_ status: inout JSON, _ notices: inout [Notice]) {
        let present = Conditions.find("Suspended", in: status)
        if facts.isSuspended, present?["status"]?.string != "True" {
            set("Suspended", "True", reason: "JobSuspended", message: "Job suspended", &status)
            notices.append(Notice(reason: "Suspended", message: "Job suspended"))
        } else if !facts.isSuspended, let present, present["status"]?.string != "False" {
            set("Suspended", "False", reason: "JobResumed", message: "Job resumed", &status)
            notices.append(Notice(reason: "Resumed", message: "Job resumed"))
            // The time while it was suspended does not count.
            status["startTime"] = .string(now.description)
        }
    }

    private func set(_ type: String, _ value: String, reason: String, message: String, _ status: inout JSON) {
        Conditions.remove(type, from: &status)
        let time = JSON.string(now.description)
        let condition: JSON = [
            "type": .string(type), "status": .string(value), "lastProbeTime": time, "lastTransitionTime": time, "reason": .string(reason),
            "message": .string(message),
        ]
        status["conditions"] = .array((status["conditions"]?.array ?? []) + [condition])
    }

    // MARK: Counting

    /// Moves what ended into the status; answers the pods whose finalizer goes once the status is written.
    private func count(_ ending: Verdict?, _ status: inout JSON) -> [JSON] {
        let tracked = Set(pods.lazy.filter(facts.hasFinalizer).map(\.uid))
        // In the order of the status, so that a look without news writes nothing.
        var lists: [String: [String]] = [:]
        for (key, number) in [("succeeded", "succeeded"), ("failed", "failed")] {
            let listed = facts.status["uncountedTerminatedPods"]?[key]?.strings ?? []
            lists[key] = listed.filter(tracked.contains)
            setCount(number, Int(clamping: facts.job.statusCount(number)) + listed.count - (lists[key]?.count ?? 0), &status)
        }
        var released: [JSON] = []
        for pod in pods where facts.hasFinalizer(pod) && mayRelease(pod, ending) {
            if (lists["succeeded"]?.count ?? 0) + (lists["failed"]?.count ?? 0) >= Jobs.burst { break }
            released.append(pod)
            if JobFacts.hasSucceeded(pod), !uncountedFailed.contains(pod.uid) {
                if !facts.isIndexed, !uncountedSucceeded.contains(pod.uid) { lists["succeeded", default: []].append(pod.uid) }
            } else if facts.hasFailed(pod) || ending?.isFailure == true {
                // When the Job has failed, so has every pod that had not ended.
                if !uncountedFailed.contains(pod.uid), facts.isValid(pod), counts(pod) { lists["failed", default: []].append(pod.uid) }
            }
        }
        if facts.isIndexed {
            setCount("succeeded", succeededIndexes.count, &status)
            let text = succeededIndexes.description
            status["completedIndexes"] = text.isEmpty ? nil : .string(text)
            if facts.backoffLimitPerIndex != nil { status["failedIndexes"] = .string(failedIndexes.description) }
        }
        var uncounted: JSON = [:]
        for key in ["succeeded", "failed"] { if let list = lists[key], !list.isEmpty { uncounted[key] = JSON(list) } }
        status["uncountedTerminatedPods"] = uncounted
        return released
    }

    private func mayRelease(_ pod: JSON, _ ending: Verdict?) -> Bool {
        if facts.job.isBeingDeleted || ending != nil || JobFacts.hasSucceeded(pod) { return true }
        guard facts.hasFailed(pod) else { return false }
        return facts.index(pod).map { held[$0]?.uid != pod.uid } ?? true
    }

    // MARK: The end

    /// Says that the Job is about to be over, and that it is when nothing of it is left to be counted or to end.
    private func conclude(_ ending: Verdict, leaving: Int, _ status: inout JSON, _ notices: inout [Notice]) {
        let interim = ending.isFailure ? "FailureTarget" : "SuccessCriteriaMet"
        if Conditions.find(interim, in: status)?["status"]?.string != "True" {
            set(interim, "True", reason: ending.reason, message: ending.message, &status)
        }
        guard leaving == 0, status["uncountedTerminatedPods"]?.isEmptyValue == true else { return }
        // A Job that was over before it began, such as one of no completions, began as well.
        if status["startTime"] == nil { status["startTime"] = .string(now.description) }
        set(ending.isFailure ? "Failed" : "Complete", "True", reason: ending.reason, message: ending.message, &status)
        if ending.isFailure { return notices.append(Notice(isWarning: true, reason: ending.reason, message: ending.message)) }
        status["completionTime"] = .string(now.description)
        if let completions = facts.completions, Int(clamping: status["succeeded"]?.int ?? 0) > completions {
            notices.append(Notice(isWarning: true, reason: "TooManySucceededPods", message: "Too many succeeded pods running after completion count reached"))
        }
        notices.append(Notice(reason: "Completed", message: "Job completed"))
    }
}
