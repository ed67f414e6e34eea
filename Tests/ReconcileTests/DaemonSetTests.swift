import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct DaemonSetTests {
    static let statusKeys = ["desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable", "numberUnavailable", "numberMisscheduled"]

    static func set(_ spec: JSON = [:], pod: JSON = [:]) -> JSON {
        var podSpec: JSON = ["containers": [["name": "c", "image": "a"]]]
        for (key, value) in pod.object ?? [:] { podSpec[key] = value }
        var whole: JSON = [
            "selector": ["matchLabels": ["app": "d"]], "revisionHistoryLimit": 1,
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]],
            "template": ["metadata": ["labels": ["app": "d"]], "spec": podSpec],
        ]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        return [
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": [
                "name": "ds", "namespace": "d", "uid": "ds", "generation": 1, "annotations": ["deprecated.daemonset.template.generation": "1"],
            ], "spec": whole,
        ]
    }

    static func node(_ name: String, labels: JSON = [:], taints: JSON = [], cordoned: Bool = false) -> JSON {
        ["apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": labels], "spec": ["taints": taints, "unschedulable": .bool(cordoned)]]
    }

    static func taint(_ key: String, _ effect: String) -> JSON { ["key": .string(key), "effect": .string(effect)] }

    @Test("each node that takes a pod gets one, made for it alone") func placement() {
        let own: JSON = ["nodeSelector": ["disk": "ssd"], "tolerations": [["key": "mine", "operator": "Exists"]]]
        var world = SetWorld(Self.set(pod: own), nodes: [
            Self.node("a", labels: ["disk": "ssd"]), Self.node("b", labels: ["disk": "hdd"]),
            Self.node("c", labels: ["disk": "ssd"], taints: [Self.taint("mine", "NoExecute")]),
            Self.node("e", labels: ["disk": "ssd"], taints: [Self.taint("other", "NoSchedule")]),
            Self.node("f", labels: ["disk": "ssd"], taints: [Self.taint("node.kubernetes.io/unreachable", "NoExecute"), Self.taint("node.kubernetes.io/not-ready", "NoExecute")]),
            Self.node("g", labels: ["disk": "ssd"], taints: [Self.taint("node.kubernetes.io/unschedulable", "NoSchedule")], cordoned: true),
        ])
        world.settle()
        world.allReady()
        world.settle()
        #expect(world.images.keys.sorted() == ["a", "c", "f", "g"])
        #expect(world.counts(Self.statusKeys) == [4, 4, 4, 4, 4, 0, 0])
        #expect(world.status["observedGeneration"]?.int == 1)
        let pod = world.pods.values.first
        #expect(pod?.labels["pod-template-generation"] == "1")
        #expect(world.revisions.count == 1)
        #expect(pod?.labels["controller-revision-hash"] == world.revisions.values.first?.labels["controller-revision-hash"])
        #expect(world.revisions.values.first?["data"]?[path: "spec", "template", "$patch"] == "replace")
    }

    @Test("a term of the template's own keeps its labels and is narrowed to the node") func affinity() {
        let terms: JSON = [["matchExpressions": [["key": "disk", "operator": "In", "values": ["ssd"]]]], ["matchFields": [["key": "metadata.name", "operator": "In", "values": ["zzz"]]]]]
        let required: JSON = ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": terms]]
        var world = SetWorld(Self.set(pod: ["affinity": ["nodeAffinity": required]]), nodes: [Self.node("a", labels: ["disk": "ssd"])])
        world.settle()
        let made = world.pods.values.first?[path: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]?.array ?? []
        #expect(made.allSatisfy { $0["matchFields"] == [["key": "metadata.name", "operator": "In", "values": ["a"]]] })
        #expect(made.first?["matchExpressions"] == terms[at: 0]?["matchExpressions"])
    }

    @Test("what a node becomes decides about the pod on it", arguments: [
        (Self.taint("k", "NoSchedule"), 1, [0 as Int64, 1]), (Self.taint("k", "NoExecute"), 0, [0, 1]), (Self.taint("k", "PreferNoSchedule"), 1, [1, 0]),
    ]) func tainted(taint: JSON, left: Int, counts: [Int64]) {
        var world = SetWorld(Self.set(), nodes: [Self.node("a")])
        world.settle()
        world.allReady()
        world.settle()
        let before = world.nodes[0]
        world.nodes = [Self.node("a", taints: [taint])]
        #expect(DaemonSets.concerns(world.set, before: before, after: world.nodes[0]) == (counts[0] == 0))
        world.settle()
        #expect(world.counts(["desiredNumberScheduled", "numberMisscheduled"]) == counts)
        world.reap()
        #expect(world.pods.count == left)
    }

    @Test("a new node gets a pod, and what waits for a node that is gone goes") func nodes() {
        var world = SetWorld(Self.set(), nodes: [Self.node("a")])
        world.settle()
        world.allReady()
        world.nodes.append(Self.node("b"))
        world.settle()
        #expect(world.pods.count == 2)
        world.nodes.removeLast()
        world.settle()
        world.reap()
        #expect(world.images.keys.sorted() == ["a"])
    }

    @Test("a pod that failed is made anew, later each time") func failed() {
        var world = SetWorld(Self.set(), nodes: [Self.node("a")])
        world.settle()
        for pause in [1, 2, 4] as [Int64] {
            world.bind()
            let name = world.names[0]
            world.pods[name]?["status"] = ["phase": "Failed"]
            world.settle()
            #expect(world.pods[name]?.isBeingDeleted == true)
            world.reap()
            world.settle()
            world.bind()
            world.pods[world.names[0]]?["status"] = ["phase": "Failed"]
            world.settle()
            #expect(world.pods[world.names[0]]?.isBeingDeleted == false)
            #expect(world.again == pause)
            world.now = world.now.adding(seconds: pause)
        }
        #expect(world.notices.first?.reason == "FailedDaemonPod")
        #expect(world.notices.first?.message == "Found failed daemon pod d/ds-1 on node a, will try to kill it")
    }

    @Test("of two pods of a node the older one stays") func twins() {
        var world = SetWorld(Self.set(), nodes: [Self.node("a")])
        world.settle()
        world.allReady()
        var twin = world.pods[world.names[0]] ?? [:]
        twin[path: "metadata", "name"] = "twin"
        twin[path: "metadata", "uid"] = "twin"
        twin[path: "metadata", "creationTimestamp"] = .string(world.now.adding(seconds: 3).description)
        world.pods["twin"] = twin
        world.settle()
        world.reap()
        #expect(world.names == ["ds-1"])
    }

    @Test("a rolling update takes as many pods at a time as may be missing", arguments: [(JSON.int(1), 1), (.int(2), 2), ("50%", 2), ("34%", 2), ("100%", 4)])
    func rolling(unavailable: JSON, step: Int) {
        var world = SetWorld(
            Self.set(["updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": unavailable, "maxSurge": 0]]]),
            nodes: ["a", "b", "c", "d"].map { Self.node($0) })
        world.settle()
        world.allReady()
        world.settle()
        world.update(image: "b")
        var rounds = 0
        while world.status["updatedNumberScheduled"]?.int != 4 || world.status["observedGeneration"]?.int != 2 {
            world.settle()
            let leaving = world.pods.values.count { $0.isBeingDeleted }
            #expect(leaving <= step)
            if rounds == 0 { #expect(leaving == step) }
            world.reap()
            world.settle()
            world.allReady()
            world.settle()
            rounds += 1
            guard rounds < 10 else { break }
        }
        #expect(rounds == (4 + step - 1) / step)
        #expect(world.images.values.allSatisfy { $0 == ["b"] })
        #expect(world.revisions.count == 2)
    }

    @Test("an update does not go on while a new pod is not ready, but replaces old ones that are of no use") func stuck() {
        var world = SetWorld(Self.set(), nodes: ["a", "b", "c"].map { Self.node($0) })
        world.settle()
        world.allReady()
        world.settle()
        world.update(image: "b")
        world.settle()
        world.reap()
        world.settle()
        world.bind()
        world.settle()
        #expect(world.images.values.count { $0 == ["b"] } == 1)
        for name in world.names where world.pods[name]?["spec"]?["nodeName"] == "c" { world.ready(name, false) }
        world.settle()
        #expect(world.pods.values.filter { $0.isBeingDeleted }.compactMap { $0["spec"]?["nodeName"]?.string } == ["c"])
    }

    @Test("with surge the new pod comes first, and the old one goes when the new one is available") func surge() {
        var world = SetWorld(
            Self.set(["minReadySeconds": 5, "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]]]),
            nodes: ["a", "b"].map { Self.node($0) })
        world.settle()
        world.allReady()
        world.now = world.now.adding(seconds: 5)
        world.settle()
        world.update(image: "b")
        for _ in 0..<2 {
            world.settle()
            #expect(world.pods.count == 3)
            #expect(world.pods.values.allSatisfy { !$0.isBeingDeleted })
            world.bind()
            for name in world.names where world.pods[name]?["status"]?["phase"] == "Pending" { world.ready(name) }
            world.settle()
            #expect(world.again == 5)
            #expect(world.pods.count == 3)
            world.now = world.now.adding(seconds: 5)
            world.settle()
            world.reap()
        }
        world.settle()
        #expect(world.images == ["a": ["b"], "b": ["b"]])
        #expect(world.counts(["updatedNumberScheduled", "numberAvailable"]) == [2, 2])
    }

    @Test("OnDelete replaces only what someone deletes") func onDelete() {
        var world = SetWorld(Self.set(["updateStrategy": ["type": "OnDelete"]]), nodes: ["a", "b"].map { Self.node($0) })
        world.settle()
        world.allReady()
        world.update(image: "b")
        world.settle()
        #expect(world.pods.values.allSatisfy { !$0.isBeingDeleted })
        world.delete(world.names[0])
        world.reap()
        world.settle()
        world.allReady()
        world.settle()
        #expect(world.images.values.flatMap { $0 }.sorted() == ["a", "b"])
        #expect(world.status["updatedNumberScheduled"]?.int == 1)
    }

    @Test("a template of the past takes up its revision, and the oldest ones go") func history() {
        var world = SetWorld(Self.set(), nodes: [Self.node("a")])
        for image in ["a", "b", "c", "a"] {
            world.update(image: image)
            for _ in 0..<4 {
                world.settle()
                world.reap()
                world.allReady()
            }
            world.settle()
        }
        let numbers = world.revisions.values.map { ($0["data"]?[path: "spec", "template", "spec", "containers"]?[at: 0]?["image"]?.string ?? "", $0["revision"]?.int ?? 0) }
        // One of the past is kept beside the present one; "a" went when "c" came, and was made again.
        #expect(numbers.sorted { $0.1 < $1.1 }.map(\.0) == ["c", "a"])
        #expect(numbers.map(\.1).max() == 4)
    }

    @Test("a revision of another template under the same name makes the next name another") func collision() {
        let set = Self.set()
        let revision = DaemonSets.plan(set, pods: [], revisions: [], nodes: [], failures: nil, now: Samples.now).revision
        guard case .create(_, let object)? = revision else { return #expect(Bool(false), "no revision is made") }
        var present = object
        present[path: "metadata", "ownerReferences"] = [["uid": "ds", "controller": true]]
        #expect(ControllerRevisions.creationFailed(set, of: DaemonSets.resource, revision: object, present: present) == nil)
        present["data"] = [:]
        let change = ControllerRevisions.creationFailed(set, of: DaemonSets.resource, revision: object, present: present)
        guard case .replace(_, let counted)? = change else { return #expect(Bool(false), "nothing is counted") }
        #expect(counted["status"]?["collisionCount"]?.int == 1)
        guard case .create(_, let other)? = DaemonSets.plan(counted, pods: [], revisions: [], nodes: [], failures: nil, now: Samples.now).revision else {
            return #expect(Bool(false), "no revision is made")
        }
        #expect(other.name != object.name)
    }

    @Test("pods that are selected and free are taken over, and count") func adoption() {
        var world = SetWorld(Self.set(), nodes: [Self.node("a")])
        world.pods["free"] = ["metadata": ["name": "free", "namespace": "d", "uid": "free", "labels": ["app": "d"]], "spec": ["nodeName": "a"]]
        world.look()
        #expect(world.pods["free"]?.controller?.uid == "ds")
        #expect(world.pods.count == 1)
    }
}
