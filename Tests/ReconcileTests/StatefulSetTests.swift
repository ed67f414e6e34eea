import JSONValue
import KubeModel
import Reconcile
import Testing

extension SetWorld {
    /// One look at a StatefulSet; answers whether anything was written.
    @discardableResult
    mutating func lookStateful() -> Bool {
        let outcome = StatefulSets.plan(
            set, pods: Array(pods.values), revisions: Array(revisions.values), claim: { [claims] in claims[$0] }, now: now)
        if let change = outcome.revision { carryOut(change) }
        for change in outcome.claims { carryOut(change) }
        for step in outcome.steps {
            carryOut(step.change)
            notices += [step.notice].compactMap { $0 }
        }
        for change in outcome.plan.changes { carryOut(change) }
        again = outcome.plan.again
        return outcome.revision != nil || !(outcome.steps.isEmpty && outcome.plan.changes.isEmpty)
    }

    mutating func settleStateful() {
        for _ in 0..<50 where !lookStateful() { return }
        fatalError("the set never comes to rest: \(set)")
    }

    /// All that is asked for happens at once, until there is nothing to do.
    mutating func converge() {
        for _ in 0..<50 {
            settleStateful()
            reap()
            let before = pods
            for name in names where pods[name]?["status"]?["phase"] != "Running" { ready(name) }
            if before == pods, !lookStateful() { return }
        }
    }
}

@Suite struct StatefulSetTests {
    static func set(_ spec: JSON = [:]) -> JSON {
        var whole: JSON = [
            "replicas": 3, "serviceName": "svc", "selector": ["matchLabels": ["app": "s"]], "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
            "template": ["metadata": ["labels": ["app": "s"]], "spec": ["containers": [["name": "c", "image": "a"]]]],
        ]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        return ["apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "web", "namespace": "d", "uid": "web", "generation": 1], "spec": whole]
    }

    static let data: JSON = [["metadata": ["name": "data"], "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]]]

    @Test("pods come one after another, each when the one before is ready, and go in the reverse order") func ordered() {
        var world = SetWorld(Self.set())
        for count in 1...3 {
            world.settleStateful()
            #expect(world.names == (0..<count).map { "web-\($0)" })
            world.ready(world.names[count - 1])
        }
        world.settleStateful()
        #expect(world.counts(["replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas", "observedGeneration"]) == [3, 3, 3, 3, 3, 1])
        #expect(world.status["currentRevision"] == world.status["updateRevision"])
        let pod = world.pods["web-1"]
        #expect(pod?.labels["statefulset.kubernetes.io/pod-name"] == "web-1")
        #expect(pod?.labels["apps.kubernetes.io/pod-index"] == "1")
        #expect(pod?.labels["controller-revision-hash"] == world.status["currentRevision"]?.string)
        #expect(pod?["spec"]?["hostname"] == "web-1")
        #expect(pod?["spec"]?["subdomain"] == "svc")
        #expect(world.notices.first?.message == "create Pod web-0 in StatefulSet web successful")
        world.set[path: "spec", "replicas"] = 1
        for left in [["web-0", "web-1"], ["web-0"]] {
            world.settleStateful()
            #expect(world.pods.values.count { $0.isBeingDeleted } == 1)
            world.reap()
            #expect(world.names == left)
        }
        world.settleStateful()
        #expect(world.status["replicas"]?.int == 1)
    }

    @Test("Parallel makes and gives up all at once") func parallel() {
        var world = SetWorld(Self.set(["podManagementPolicy": "Parallel"]))
        world.settleStateful()
        #expect(world.names == ["web-0", "web-1", "web-2"])
        world.set[path: "spec", "replicas"] = 0
        world.settleStateful()
        world.reap()
        #expect(world.pods.isEmpty)
    }

    @Test("a pod that is lost in the middle is made again before others follow, with its name and claim") func lost() {
        var world = SetWorld(Self.set(["volumeClaimTemplates": Self.data]))
        world.converge()
        #expect(world.claims.keys.sorted() == ["data-web-0", "data-web-1", "data-web-2"])
        #expect(world.claims["data-web-0"]?.labels == ["app": "s"])
        #expect(world.pods["web-1"]?["spec"]?["volumes"]?[at: 0]?["persistentVolumeClaim"]?["claimName"] == "data-web-1")
        world.pods["web-1"] = nil
        world.set[path: "spec", "replicas"] = 4
        world.settleStateful()
        #expect(world.names == ["web-0", "web-1", "web-2"])
        world.ready("web-1")
        world.settleStateful()
        #expect(world.names == ["web-0", "web-1", "web-2", "web-3"])
        #expect(world.claims.count == 4)
    }

    @Test("a pod that ended is made anew", arguments: [("Failed", "RecreatingFailedPod"), ("Succeeded", "RecreatingTerminatedPod")]) func ended(
        phase: String, reason: String
    ) {
        var world = SetWorld(Self.set(["replicas": 1]))
        world.converge()
        world.pods["web-0"]?["status"] = ["phase": .string(phase)]
        world.settleStateful()
        #expect(world.pods["web-0"]?.isBeingDeleted == true)
        #expect(world.notices.last?.reason == reason)
        world.reap()
        world.settleStateful()
        #expect(world.pods["web-0"]?["status"]?["phase"] == "Pending")
    }

    @Test("an update goes from the highest number down, as far as the partition, each pod after the one before is ready") func update() {
        var world = SetWorld(Self.set(["updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 1]]]))
        world.converge()
        let before = world.status["currentRevision"]
        world.update(image: "b")
        for name in ["web-2", "web-1"] {
            world.settleStateful()
            #expect(world.pods.values.filter { $0.isBeingDeleted }.map(\.name) == [name])
            world.reap()
            world.settleStateful()
            #expect(world.pods.values.allSatisfy { !$0.isBeingDeleted })
            world.ready(name)
        }
        world.settleStateful()
        #expect(world.images == ["web-0": ["a"], "web-1": ["b"], "web-2": ["b"]])
        #expect(world.counts(["currentReplicas", "updatedReplicas"]) == [1, 2])
        #expect(world.status["currentRevision"] == before && world.status["updateRevision"] != before)
        // A lost pod below the partition comes back as it was.
        world.pods["web-0"] = nil
        world.settleStateful()
        #expect(world.images["web-0"] == ["a"])
        world.ready("web-0")
        world.set[path: "spec", "updateStrategy", "rollingUpdate", "partition"] = 0
        world.converge()
        #expect(world.images == ["web-0": ["b"], "web-1": ["b"], "web-2": ["b"]])
        #expect(world.status["currentRevision"] == world.status["updateRevision"])
        #expect(world.counts(["currentReplicas"]) == [3])
    }

    @Test("with more that may be missing, an update takes that many at a time") func unavailable() {
        var world = SetWorld(
            Self.set(["replicas": 4, "podManagementPolicy": "Parallel", "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0, "maxUnavailable": 2]]]))
        world.converge()
        world.update(image: "b")
        world.settleStateful()
        #expect(world.pods.values.filter { $0.isBeingDeleted }.map(\.name).sorted() == ["web-2", "web-3"])
        world.converge()
        #expect(world.images.values.allSatisfy { $0 == ["b"] })
    }

    @Test("OnDelete changes only pods that someone deletes") func onDelete() {
        var world = SetWorld(Self.set(["updateStrategy": ["type": "OnDelete"]]))
        world.converge()
        world.update(image: "b")
        world.converge()
        #expect(world.images.values.allSatisfy { $0 == ["a"] })
        world.pods["web-1"] = nil
        world.converge()
        #expect(world.images == ["web-0": ["a"], "web-1": ["b"], "web-2": ["a"]])
    }

    @Test("pods must have been ready for long enough before others follow") func minReady() {
        var world = SetWorld(Self.set(["minReadySeconds": 10]))
        world.settleStateful()
        world.ready("web-0")
        world.settleStateful()
        #expect(world.names == ["web-0"])
        #expect(world.again == 10)
        #expect(world.counts(["readyReplicas", "availableReplicas"]) == [1, 0])
        world.now = world.now.adding(seconds: 10)
        world.settleStateful()
        #expect(world.names == ["web-0", "web-1"])
    }

    @Test("numbers begin where the set says, and pods outside go") func ordinals() {
        var world = SetWorld(Self.set(["replicas": 2, "ordinals": ["start": 5]]))
        world.converge()
        #expect(world.names == ["web-5", "web-6"])
        world.set[path: "spec", "ordinals"] = ["start": 6]
        world.converge()
        #expect(world.names == ["web-6", "web-7"])
    }

    @Test("claims go with the pod or with the set as the policy says", arguments: [
        ("Retain", "Retain", nil as String?, nil as String?), ("Delete", "Retain", "StatefulSet", "StatefulSet"), ("Retain", "Delete", nil, "Pod"),
        ("Delete", "Delete", "StatefulSet", "Pod"),
    ]) func retention(deleted: String, scaled: String, kept: String?, given: String?) {
        var world = SetWorld(
            Self.set([
                "replicas": 2, "volumeClaimTemplates": Self.data,
                "persistentVolumeClaimRetentionPolicy": ["whenDeleted": .string(deleted), "whenScaled": .string(scaled)],
            ]))
        world.converge()
        #expect(world.claims["data-web-0"]?.owners.first?.kind == kept)
        world.set[path: "spec", "replicas"] = 1
        world.settleStateful()
        #expect(world.claims["data-web-0"]?.owners.first?.kind == kept)
        #expect(world.claims["data-web-1"]?.owners.map(\.kind) == [given].compactMap { $0 })
        world.reap()
        // A new pod of the name waits until the claim of the old one is gone.
        world.set[path: "spec", "replicas"] = 2
        world.settleStateful()
        #expect((world.pods["web-1"] == nil) == (given == "Pod"))
    }

    @Test("a set that is going makes nothing, and only pods with its numbers are its own") func leftAlone() {
        var world = SetWorld(Self.set())
        world.set[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        #expect(!world.lookStateful() || world.pods.isEmpty)
        var other = SetWorld(Self.set(["replicas": 0]))
        for name in ["web-a", "web-01", "web-", "webs-1", "web-99999999999999999999"] {
            other.pods[name] = ["metadata": ["name": .string(name), "namespace": "d", "uid": .string(name), "labels": ["app": "s"]]]
        }
        other.settleStateful()
        #expect(other.pods.values.allSatisfy { $0.controller == nil && !$0.isBeingDeleted })
    }

    @Test("a number of replicas beyond all measure brings nothing down") func hostile() {
        var world = SetWorld(Self.set(["replicas": 2_147_483_647, "podManagementPolicy": "Parallel", "ordinals": ["start": 9_223_372_036_854_775_807]]))
        world.lookStateful()
        #expect(world.pods.count <= 501)
    }
}
