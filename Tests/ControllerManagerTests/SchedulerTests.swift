import JSONValue
import KubeClient
import KubeModel
import PolicyModel
import Scheduling
import Testing

@testable import ControllerManager

/// The scheduler as a client of a real API server.
@Suite("scheduler")
struct SchedulerTests {
    private static func node(_ name: String, cpu: String = "2", labels: JSON = [:], taints: JSON = []) -> JSON {
        let amounts: JSON = ["cpu": .string(cpu), "memory": "4Gi", "pods": "110"]
        return [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": labels], "spec": ["taints": taints],
            "status": ["capacity": amounts, "allocatable": amounts],
        ]
    }

    private static func pod(_ name: String, cpu: String = "100m", _ more: JSON = [:]) -> JSON {
        var spec: JSON = [
            "containers": [["name": "c", "image": "i", "resources": ["requests": ["cpu": .string(cpu)]]]], "terminationGracePeriodSeconds": 0,
        ]
        for (key, value) in more.object ?? [:] { spec[key] = value }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": spec]
    }

    /// The node that a pod got; nil when none came in time.
    private func place(_ cluster: Cluster, _ name: String) async throws -> String? {
        try await cluster.eventually {
            let node = try await cluster.admin.get(Resources.pods, namespace: "n", name: name)["spec"]?["nodeName"]?.string ?? ""
            return node.isEmpty ? nil : node
        }
    }

    /// The message of the condition that says why a pod has no node.
    private func refusal(_ cluster: Cluster, _ name: String, _ part: String) async throws -> String? {
        try await cluster.eventually {
            let pod = try await cluster.admin.get(Resources.pods, namespace: "n", name: name)
            let condition = pod["status"]?["conditions"]?.array?.first { $0["type"] == "PodScheduled" && $0["status"] == "False" }
            return condition?["message"]?.string.flatMap { $0.contains(part) ? $0 : nil }
        }
    }

    @Test("a pod is bound to the node that takes it, and the others say why they do not")
    func binds() async throws {
        try await Cluster.run(withScheduler: true) { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.nodes, Self.node("a", labels: ["disk": "hdd"]))
            try await cluster.admin.create(Resources.nodes, Self.node("b", labels: ["disk": "ssd"]))
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("p", ["nodeSelector": ["disk": "ssd"]]))
            #expect(try await place(cluster, "p") == "b")
            let event = try await cluster.eventually {
                try await cluster.admin.list(Resources.events, namespace: "n").items.first { $0["reason"] == "Scheduled" }
            }
            #expect(event?["message"] == "Successfully assigned n/p to b")
        }
    }

    @Test("a pod that no node takes says why, and is bound when the cluster changes so that one does")
    func waits() async throws {
        try await Cluster.run(withScheduler: true) { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("p"))
            #expect(try await refusal(cluster, "p", "no nodes available to schedule pods") != nil)
            let taints: JSON = [["key": "k", "value": "v", "effect": "NoSchedule"]]
            try await cluster.admin.create(Resources.nodes, Self.node("a", taints: taints))
            let refusal = try await refusal(cluster, "p", "untolerated taint")
            #expect(
                refusal == "0/1 nodes are available: 1 node(s) had untolerated taint {k: v}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.")
            try await cluster.admin.patch(Resources.nodes, name: "a", form: .merge, ["spec": ["taints": .null]])
            #expect(try await place(cluster, "p") == "a")
        }
    }

    @Test("no node is given more than it has, however many pods come at once")
    func fits() async throws {
        try await Cluster.run(withScheduler: true) { cluster in
            try await cluster.makeNamespace("n")
            for name in ["a", "b"] { try await cluster.admin.create(Resources.nodes, Self.node(name, cpu: "1")) }
            for number in 0..<12 { try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("p\(number)", cpu: "250m")) }
            let bound = try await cluster.eventually { () -> [JSON]? in
                let items = try await cluster.admin.list(Resources.pods, namespace: "n").items.filter { $0["spec"]?["nodeName"] != nil }
                return items.count == 8 ? items : nil
            }
            let counts = Dictionary(grouping: bound ?? []) { $0["spec"]?["nodeName"]?.string ?? "" }.mapValues(\.count)
            #expect(counts == ["a": 4, "b": 4])
            // Room that is given back is used.
            try await cluster.admin.delete(Resources.pods, namespace: "n", name: bound?.first?["metadata"]?["name"]?.string ?? "")
            let again = try await cluster.eventually { () -> Bool? in
                let items = try await cluster.admin.list(Resources.pods, namespace: "n").items
                return items.count == 11 && items.count { $0["spec"]?["nodeName"] != nil } == 8 ? true : nil
            }
            #expect(again == true)
        }
    }

    @Test("an important pod drives a less important one away")
    func preempts() async throws {
        try await Cluster.run(withScheduler: true) { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(
                Resources.priorities, ["apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": "high"], "value": 1000])
            try await cluster.admin.create(Resources.nodes, Self.node("a", cpu: "1"))
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("low", cpu: "800m"))
            #expect(try await place(cluster, "low") == "a")
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("high", cpu: "800m", ["priorityClassName": "high"]))
            // No kubelet ends the victim here: the deletion has to be finished for it.
            let marked = try await cluster.eventually { () -> Bool? in
                guard let low = try await cluster.find(Resources.pods, namespace: "n", name: "low") else { return true }
                return low["metadata"]?["deletionTimestamp"] != nil ? true : nil
            }
            #expect(marked == true)
            if try await cluster.find(Resources.pods, namespace: "n", name: "low") != nil {
                try await cluster.admin.delete(Resources.pods, namespace: "n", name: "low", options: ["gracePeriodSeconds": 0])
            }
            #expect(try await place(cluster, "high") == "a")
        }
    }

    @Test("pods of another scheduler, and pods behind a gate, are left alone")
    func leavesAlone() async throws {
        try await Cluster.run(withScheduler: true) { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.nodes, Self.node("a"))
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("other", ["schedulerName": "mine"]))
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("gated", ["schedulingGates": [["name": "example.com/g"]]]))
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("plain"))
            #expect(try await place(cluster, "plain") == "a")
            for name in ["other", "gated"] {
                #expect(try await cluster.admin.get(Resources.pods, namespace: "n", name: name)["spec"]?["nodeName"] == nil)
            }
            try await cluster.admin.patch(Resources.pods, namespace: "n", name: "gated", form: .merge, ["spec": ["schedulingGates": []]])
            #expect(try await place(cluster, "gated") == "a")
        }
    }
}

@Suite("scheduling queue")
struct SchedulingQueueTests {
    private static func pod(_ name: String, priority: Int64 = 0) -> (JSON, PodFacts) {
        let pod: JSON = [
            "metadata": ["name": .string(name), "namespace": "n", "uid": .string(name)], "spec": ["priority": .int(priority), "containers": []],
        ]
        return (pod, PodFacts(pod))
    }

    private let start = ContinuousClock.now

    @Test("the most important pod comes first, then the one that waits longest")
    func order() {
        var queue = SchedulingQueue()
        for (name, priority) in [("a", 0), ("b", 5), ("c", 0), ("d", 5)] as [(String, Int64)] {
            let (pod, facts) = Self.pod(name, priority: priority)
            queue.put(pod, facts)
        }
        var names: [String] = []
        while let (_, facts) = queue.next(now: start) { names.append(facts.key.name) }
        #expect(names == ["b", "d", "a", "c"])
    }

    @Test("a parked pod comes back after the cluster changed, each time later, up to ten seconds")
    func backOff() {
        var queue = SchedulingQueue()
        let (pod, facts) = Self.pod("a")
        queue.put(pod, facts)
        var now = start
        for pause in [1, 2, 4, 8, 10, 10] {
            #expect(queue.next(now: now) != nil)
            queue.park(facts.key, now: now)
            #expect(queue.next(now: now + .seconds(60)) == nil)
            queue.clusterChanged(now: now)
            #expect(queue.next(now: now + .seconds(pause) - .milliseconds(1)) == nil)
            #expect(queue.deadline == now + .seconds(pause))
            now += .seconds(pause)
        }
        queue.put(pod, facts)
        #expect(queue.next(now: now) != nil)
    }

    @Test("a pod that was decided about while the cluster changed is looked at again without another change")
    func overtaken() {
        var queue = SchedulingQueue()
        let (pod, facts) = Self.pod("a")
        queue.put(pod, facts)
        #expect(queue.next(now: start) != nil)
        queue.clusterChanged(now: start)
        queue.park(facts.key, now: start)
        #expect(queue.next(now: start + .seconds(1)) != nil)
    }

    @Test("a parked pod is looked at again after five minutes whatever happens; one that was removed never")
    func longParking() {
        var queue = SchedulingQueue()
        let (pod, facts) = Self.pod("a")
        queue.put(pod, facts)
        #expect(queue.next(now: start) != nil)
        queue.park(facts.key, now: start)
        #expect(queue.next(now: start + .seconds(299)) == nil)
        #expect(queue.next(now: start + .seconds(300)) != nil)
        queue.park(facts.key, now: start + .seconds(300))
        queue.remove(facts.key)
        #expect(queue.next(now: start + .seconds(1000)) == nil)
        #expect(queue.count == 0)
    }
}
