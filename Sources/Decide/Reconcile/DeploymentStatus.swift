import JSONValue
import KubeModel

/// The status of a Deployment as it follows from its ReplicaSets.
struct DeploymentStatus {
    let facts: DeploymentFacts
    let now: Timestamp

    /// The counts, and whether enough pods are available.
    func counted(_ sets: [JSON], new: JSON?, from present: JSON) -> JSON {
        func sum(_ field: String) -> Int64 { sets.reduce(0) { $0 + $1.statusCount(field) } }
        let available = sum("availableReplicas")
        let wanted = sets.reduce(Int64(0)) { $0 + ReplicaSets.replicas($1) }
        var status = present
        status["observedGeneration"] = .int(facts.object.generation)
        let counts = [
            ("replicas", sum("replicas")), ("updatedReplicas", new?.statusCount("replicas") ?? 0), ("readyReplicas", sum("readyReplicas")),
            ("availableReplicas", available), ("unavailableReplicas", max(0, wanted - available)),
        ]
        for (key, value) in counts { status[key] = value == 0 ? nil : .int(value) }
        status["terminatingReplicas"] = .int(sum("terminatingReplicas"))
        let isAvailable = available >= facts.replicas - facts.maxUnavailable
        set(
            "Available", isAvailable ? "True" : "False", reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            message: isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.", in: &status)
        return status
    }

    func set(_ type: String, _ value: String, reason: String, message: String, in status: inout JSON) {
        Conditions.set(type, value, reason: reason, message: message, now: now, withUpdateTime: true, in: &status)
    }

    func isComplete(_ status: JSON) -> Bool {
        let wanted = facts.replicas
        return ["updatedReplicas", "replicas", "availableReplicas"].allSatisfy { (status[$0]?.int ?? 0) == wanted }
            && (status["observedGeneration"]?.int ?? 0) >= facts.object.generation
    }

    private func isProgressing(_ status: JSON) -> Bool {
        let old = facts.object["status"] ?? [:]
        func of(_ status: JSON, _ field: String) -> Int64 { status[field]?.int ?? 0 }
        return of(status, "updatedReplicas") > of(old, "updatedReplicas")
            || of(status, "replicas") - of(status, "updatedReplicas") < of(old, "replicas") - of(old, "updatedReplicas")
            || of(status, "readyReplicas") > of(old, "readyReplicas") || of(status, "availableReplicas") > of(old, "availableReplicas")
    }

    private func isTimedOut(_ status: JSON) -> Bool {
        guard let deadline = facts.progressDeadline, let condition = Conditions.find("Progressing", in: status) else { return false }
        switch condition["reason"]?.string {
        case "NewReplicaSetAvailable": return false
        case "ProgressDeadlineExceeded": return true
        default: break
        }
        guard let since = Timestamp(condition["lastUpdateTime"]?.string ?? "") else { return false }
        return now > since.adding(seconds: deadline)
    }

    /// The status during a rollout: the counts, and how the rollout goes.
    func rollout(_ sets: [JSON], new: JSON?, from present: JSON) -> JSON {
        var status = counted(sets, new: new, from: present)
        if facts.progressDeadline == nil { Conditions.remove("Progressing", from: &status) }
        let current = Conditions.find("Progressing", in: present)
        let isDone =
            (status["replicas"]?.int ?? 0) == (status["updatedReplicas"]?.int ?? 0) && current?["reason"]?.string == "NewReplicaSetAvailable"
        if facts.progressDeadline != nil, !isDone {
            let subject = new.map { "ReplicaSet \"\($0.name)\"" } ?? "Deployment \"\(facts.object.name)\""
            if isComplete(status) {
                set("Progressing", "True", reason: "NewReplicaSetAvailable", message: "\(subject) has successfully progressed.", in: &status)
            } else if isProgressing(status) {
                // Taken out first, so that every step of progress moves lastUpdateTime.
                let since = current?["status"]?.string == "True" ? current?["lastTransitionTime"]?.string : nil
                Conditions.remove("Progressing", from: &status)
                status["conditions"] = .array(
                    (status["conditions"]?.array ?? []) + [
                        [
                            "type": "Progressing", "status": "True", "lastUpdateTime": .string(now.description),
                            "lastTransitionTime": .string(since ?? now.description), "reason": "ReplicaSetUpdated",
                            "message": .string("\(subject) is progressing."),
                        ]
                    ])
            } else if isTimedOut(status) {
                set("Progressing", "False", reason: "ProgressDeadlineExceeded", message: "\(subject) has timed out progressing.", in: &status)
            }
        }
        let failures = ([new].compactMap { $0 } + sets).compactMap { Conditions.find("ReplicaFailure", in: $0["status"]) }
        if let failure = failures.first {
            set(
                "ReplicaFailure", failure["status"]?.string ?? "True", reason: failure["reason"]?.string ?? "",
                message: failure["message"]?.string ?? "", in: &status)
        } else {
            Conditions.remove("ReplicaFailure", from: &status)
        }
        return status
    }

    /// Seconds until a rollout that stands still is out of time.
    func deadline(_ status: JSON) -> Int64? {
        guard let deadline = facts.progressDeadline, !isComplete(status), let condition = Conditions.find("Progressing", in: status),
            !["NewReplicaSetAvailable", "ProgressDeadlineExceeded"].contains(condition["reason"]?.string),
            let since = Timestamp(condition["lastUpdateTime"]?.string ?? "")
        else { return nil }
        return max(1, since.seconds + deadline - now.seconds + 1)
    }
}
