import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct DeploymentTests {
    @Test("a new deployment gets a ReplicaSet of full size, its revision and a notice") func first() throws {
        let plan = Deployments.plan(Samples.deployment(3), sets: [], pods: [], now: Samples.now)
        let set = try #require(plan.created.first)
        let hash = try #require(set.labels["pod-template-hash"])
        #expect(set.name == "web-" + hash)
        #expect(set["spec"]?["replicas"]?.int == 3)
        #expect(set["spec"]?["selector"]?["matchLabels"]?["pod-template-hash"]?.string == hash)
        #expect(set["spec"]?["template"]?["metadata"]?["labels"]?["pod-template-hash"]?.string == hash)
        #expect(set.annotations["deployment.kubernetes.io/revision"] == "1")
        #expect(set.annotations["deployment.kubernetes.io/max-replicas"] == "4")
        #expect(set.controller?.uid == "dep")
        #expect(plan.notices.map(\.message) == ["Scaled up replica set \(set.name) from 0 to 3"])
        #expect(Conditions.find("Available", in: plan.status)?["reason"]?.string == "MinimumReplicasUnavailable")
        #expect(Conditions.find("Progressing", in: plan.status)?["reason"]?.string == "NewReplicaSetCreated")
    }

    /// Sizes before, available pods before, and the sizes after one step.
    struct Step: CustomTestStringConvertible, Sendable {
        var wanted: Int64
        var old: (size: Int64, available: Int64)
        var new: (size: Int64, available: Int64)
        var after: [String: Int64]
        var strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"]]
        var testDescription: String { "\(wanted) wanted, old \(old), new \(new)" }
    }

    static let steps: [Step] = [
        Step(wanted: 4, old: (4, 4), new: (0, 0), after: ["new": 1]),
        Step(wanted: 4, old: (4, 4), new: (1, 0), after: ["old": 3]),
        Step(wanted: 4, old: (3, 3), new: (1, 0), after: ["new": 2]),
        Step(wanted: 4, old: (3, 3), new: (2, 2), after: ["old": 1]),
        Step(wanted: 4, old: (4, 1), new: (1, 1), after: ["old": 2]),
        Step(wanted: 3, old: (3, 3), new: (0, 0), after: ["new": 1], strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]),
        Step(wanted: 3, old: (3, 3), new: (1, 0), after: [:], strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]),
        // Neither surge nor unavailability would never end: one pod may be missing.
        Step(wanted: 3, old: (3, 3), new: (0, 0), after: ["old": 2], strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 0, "maxUnavailable": 0]]),
        Step(wanted: 3, old: (3, 3), new: (0, 0), after: ["old": 0], strategy: ["type": "Recreate"]),
    ]

    @Test("a rollout takes the step that surge and unavailability allow", arguments: steps) func rolling(_ step: Step) {
        let deployment = Samples.deployment(step.wanted, image: "b", strategy: step.strategy)
        let sets = [
            Samples.set("old", image: "a", size: step.old.size, available: step.old.available, desired: step.wanted),
            Samples.set("new", image: "b", size: step.new.size, available: step.new.available, revision: 2, desired: step.wanted),
        ]
        let plan = Deployments.plan(deployment, sets: sets, pods: [], now: Samples.now)
        let changed = plan.sizes.filter { $0.value != ($0.key == "old" ? step.old.size : step.new.size) }
        #expect(changed == step.after)
    }

    @Test(
        "annotations and percentages that are beyond every count lead to some plan, and bring nothing down",
        arguments: ["9223372036854775807", "-9223372036854775808", "9223372036854775806", "0", "-1"], ["1", "9223372036854775807"])
    func extremes(annotation: String, percent: String) {
        for replicas in [0, 1, 3, Int64(Int32.max)] {
            let deployment = Samples.deployment(
                replicas, image: "b",
                strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": .string(percent + "%"), "maxUnavailable": .string(percent + "%")]])
            var sets = [
                Samples.set("old", image: "a", size: Int64(Int32.max), available: 1, desired: 3),
                Samples.set("new", image: "b", size: 2, available: 2, revision: 2, desired: 3),
            ]
            for index in sets.indices {
                for key in ["revision", "desired-replicas", "max-replicas"] {
                    sets[index][path: "metadata", "annotations", "deployment.kubernetes.io/" + key] = .string(annotation)
                }
            }
            for given in [sets, [sets[0]], [sets[1]]] { _ = Deployments.plan(deployment, sets: given, pods: [], now: Samples.now) }
        }
    }

    @Test("Recreate waits until the last old pod is gone") func recreate() {
        let deployment = Samples.deployment(2, image: "b", strategy: ["type": "Recreate"])
        let old = Samples.set("old", image: "a", size: 0, available: 0, desired: 2)
        let waiting = Deployments.plan(deployment, sets: [old], pods: [Samples.pod("p", owner: "old")], now: Samples.now)
        #expect(waiting.created.isEmpty)
        let done = Deployments.plan(deployment, sets: [old], pods: [Samples.pod("p", phase: "Failed", owner: "old")], now: Samples.now)
        #expect(done.created.first?["spec"]?["replicas"]?.int == 2)
        #expect(done.created.first?.annotations["deployment.kubernetes.io/revision"] == "2")
    }

    @Test("a paused deployment scales its ReplicaSets in proportion") func proportional() {
        var deployment = Samples.deployment(20, image: "b", strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 0, "maxUnavailable": 1]])
        deployment[path: "spec", "paused"] = true
        var old = Samples.set("old", image: "a", size: 8, available: 8, desired: 10)
        var new = Samples.set("new", image: "b", size: 2, available: 2, revision: 2, desired: 10)
        for key in ["old", "new"] {
            if key == "old" { old[path: "metadata", "annotations", "deployment.kubernetes.io/max-replicas"] = "10" }
            if key == "new" { new[path: "metadata", "annotations", "deployment.kubernetes.io/max-replicas"] = "10" }
        }
        let plan = Deployments.plan(deployment, sets: [old, new], pods: [], now: Samples.now)
        #expect(plan.sizes == ["old": 16, "new": 4])
        #expect(Conditions.find("Progressing", in: plan.status)?["reason"]?.string == "DeploymentPaused")
    }

    @Test("a template of the past takes up its ReplicaSet with a new revision and a history") func undo() throws {
        let sets = [
            Samples.set("first", image: "a", size: 0, available: 0, desired: 1),
            Samples.set("second", image: "b", size: 1, available: 1, revision: 2, desired: 1),
        ]
        let plan = Deployments.plan(Samples.deployment(1, image: "a"), sets: sets, pods: [], now: Samples.now)
        #expect(plan.created.isEmpty)
        guard case .replace(_, let object) = try #require(plan.changes.first) else { return #expect(Bool(false)) }
        #expect(object.name == "first")
        #expect(object.annotations["deployment.kubernetes.io/revision"] == "3")
        #expect(object.annotations["deployment.kubernetes.io/revision-history"] == "1")
    }

    @Test("the oldest empty ReplicaSets beyond the history are deleted") func history() {
        let full = Samples.deployment(1, image: "z", status: ["replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "observedGeneration": 1])
        let sets = (1...4).map { Samples.set("s\($0)", image: "i\($0)", size: 0, available: 0, revision: $0, desired: 1) }
            + [Samples.set("now", image: "z", size: 1, available: 1, revision: 5, desired: 1)]
        let plan = Deployments.plan(full, sets: sets, pods: [], now: Samples.now)
        let deleted = plan.changes.compactMap { if case .delete(let target, _, _) = $0 { target.name } else { nil } }
        #expect(deleted == ["s1", "s2"])
        #expect(Conditions.find("Progressing", in: plan.status)?["message"]?.string == "ReplicaSet \"now\" has successfully progressed.")
    }

    @Test("a rollout without progress is out of time after its deadline") func deadline() {
        let started = Samples.now.adding(seconds: -601)
        let condition: JSON = [
            "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": .string(started.description),
            "lastTransitionTime": .string(started.description), "message": "",
        ]
        let status: JSON = ["replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1, "observedGeneration": 1, "conditions": [condition]]
        let set = Samples.set("s", image: "a", size: 1, available: 0, desired: 1)
        let late = Deployments.plan(Samples.deployment(1, status: status), sets: [set], pods: [], now: Samples.now)
        #expect(Conditions.find("Progressing", in: late.status)?["reason"]?.string == "ProgressDeadlineExceeded")
        let early = Deployments.plan(Samples.deployment(1, status: status), sets: [set], pods: [], now: started.adding(seconds: 10))
        #expect(Conditions.find("Progressing", in: early.status)?["reason"]?.string == "ReplicaSetUpdated")
        #expect(early.again == 591)
    }

    @Test("a name that another template has makes the hash another") func collision() throws {
        let deployment = Samples.deployment(1)
        let first = try #require(Deployments.plan(deployment, sets: [], pods: [], now: Samples.now).created.first)
        let foreign = Samples.set(first.name, image: "other", size: 1, available: 1, desired: 1)
        let error = StatusError.alreadyExists(GroupResource(group: "apps", resource: "replicasets"), name: first.name)
        let plan = Deployments.creationFailed(deployment, set: first, error: error, present: foreign, now: Samples.now)
        #expect(plan.status?["collisionCount"]?.int == 1)
        let second = try #require(
            Deployments.plan(Samples.deployment(1, status: ["collisionCount": 1]), sets: [], pods: [], now: Samples.now).created.first)
        #expect(second.name != first.name)
    }
}
