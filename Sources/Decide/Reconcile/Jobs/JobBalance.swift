import JSONValue
import KubeModel

/// Which pods a Job that is not over makes and deletes.
extension JobPass {
    /// Either creations or deletions, never both at a time.
    mutating func balance(owner: OwnerReference) -> (creations: [JSON], deletions: [JSON]) {
        if facts.isSuspended { return ([], Array(active.prefix(Jobs.burst))) }
        let wanted = wantedActive
        let surplus = removals(atLeast: max(0, active.count - wanted))
        if !surplus.isEmpty { return ([], Array(surplus.prefix(Jobs.burst))) }
        let leaving = facts.replacesOnlyFailed ? terminating : 0
        let missing = min(wanted - leaving - active.count, Jobs.burst)
        if missing <= 0 { return ([], []) }
        if facts.backoffLimitPerIndex == nil {
            let wait = backoff.remaining(at: now)
            if wait > 0 {
                wake(after: wait)
                return ([], [])
            }
        }
        guard facts.isIndexed else { return (Array(repeating: pod(index: nil, owner: owner), count: missing), []) }
        return (indexesToStart(atMost: missing).map { pod(index: $0, owner: owner) }, [])
    }

    private var wantedActive: Int {
        guard let completions = facts.completions else { return succeeded > 0 ? active.count : facts.parallelism }
        return max(0, min(completions - succeeded, facts.parallelism))
    }

    /// The pods that go: those whose index another one has or that have none, and then the least useful.
    private func removals(atLeast: Int) -> [JSON] {
        let sorted = PodRanking.sorted(active, siblings: [])
        guard facts.isIndexed else { return Array(sorted.prefix(atLeast)) }
        var taken = Set<Int>()
        var surplus: [JSON] = []
        var rest: [JSON] = []
        // The most useful pod keeps the index.
        for pod in sorted.reversed() {
            if let index = facts.index(pod), taken.insert(index).inserted { rest.append(pod) } else { surplus.append(pod) }
        }
        if surplus.count < atLeast { surplus += rest.reversed().prefix(atLeast - surplus.count) }
        return surplus
    }

    private mutating func indexesToStart(atMost most: Int) -> [Int] {
        var busy = active.compactMap(facts.index)
        if facts.replacesOnlyFailed { busy += pods.filter { $0.isBeingDeleted && !ReplicaSets.isFinished($0) }.compactMap(facts.index) }
        var closed = succeededIndexes.union(failedIndexes).union(CompletionIndexes(busy))
        if facts.backoffLimitPerIndex != nil {
            // An index that waits leaves its place to the next one.
            var waiting: [Int] = []
            for (index, pod) in held {
                let wait = indexBackoff(pod).remaining(at: now)
                if wait > 0 {
                    waiting.append(index)
                    wake(after: wait)
                }
            }
            closed = closed.union(CompletionIndexes(waiting))
        }
        return closed.gaps(below: facts.completions ?? 0, atMost: most)
    }

    private func indexBackoff(_ pod: JSON) -> JobBackoff { JobBackoff(failures: Self.attempts(pod) + 1, last: JobFacts.finishTime(pod)) }

    // MARK: The pod

    private func pod(index: Int?, owner: OwnerReference) -> JSON {
        let template = facts.spec["template"]
        // Room for the five letters that the server adds.
        let stem = (index.map { facts.job.name + "-\($0)" } ?? facts.job.name).prefix(57)
        var metadata: JSON = ["generateName": .string(stem + "-"), "namespace": .string(facts.job.namespace)]
        for key in ["labels", "annotations"] { metadata[key] = template?["metadata"]?[key] }
        let finalizers = (template?["metadata"]?["finalizers"]?.strings ?? []).filter { $0 != JobFacts.finalizer }
        metadata["finalizers"] = JSON(finalizers + [JobFacts.finalizer])
        metadata["ownerReferences"] = [owner.json]
        var spec = template?["spec"] ?? [:]
        if let index {
            metadata[path: "labels", JobFacts.indexKey] = .string(String(index))
            metadata[path: "annotations", JobFacts.indexKey] = .string(String(index))
            if facts.backoffLimitPerIndex != nil { annotateAttempts(&metadata, index: index) }
            if spec["hostname"] == nil || facts.isIndexed { spec["hostname"] = .string(facts.job.name + "-\(index)") }
            for key in ["initContainers", "containers"] { Self.addIndexVariable(&spec, key) }
        }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec]
    }

    private func annotateAttempts(_ metadata: inout JSON, index: Int) {
        var counted = 0
        var ignored = 0
        if let pod = held[index] {
            counted = JobFacts.count(pod, JobFacts.failureCountKey)
            ignored = JobFacts.count(pod, JobFacts.ignoredCountKey)
            if counts(pod) { counted += 1 } else { ignored += 1 }
        }
        metadata[path: "annotations", JobFacts.failureCountKey] = .string(String(counted))
        if ignored > 0 { metadata[path: "annotations", JobFacts.ignoredCountKey] = .string(String(ignored)) }
    }

    private static func addIndexVariable(_ spec: inout JSON, _ key: String) {
        guard let containers = spec[key]?.array else { return }
        let name = "JOB_COMPLETION_INDEX"
        spec[key] = .array(
            containers.map { container in
                let present = container["env"]?.array ?? []
                if present.contains(where: { $0["name"]?.string == name }) { return container }
                var container = container
                let source: JSON = ["fieldRef": ["fieldPath": .string("metadata.labels['\(JobFacts.indexKey)']")]]
                container["env"] = .array(present + [["name": .string(name), "valueFrom": source]])
                return container
            })
    }
}
