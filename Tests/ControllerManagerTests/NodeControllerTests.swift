import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite("nodes in a cluster")
struct NodeControllerTests {
    private static func say(_ cluster: Cluster, _ name: String, ready: String) async throws {
        let now = JSON.string(Cluster.clock().description)
        let condition: JSON = ["type": "Ready", "status": .string(ready), "reason": "r", "message": "m", "lastHeartbeatTime": now, "lastTransitionTime": now]
        try await cluster.admin.patch(Resources.nodes, name: name, subresource: "status", form: .strategic, ["status": ["conditions": [condition]]])
    }

    private static func renew(_ cluster: Cluster, _ name: String) async throws {
        let time = JSON.string(Timestamp(seconds: Cluster.clock().seconds, nanoseconds: Int32.random(in: 0..<1_000_000_000)).micro)
        if try await cluster.find(Resources.leases, namespace: "kube-node-lease", name: name) == nil {
            try await cluster.admin.create(
                Resources.leases, namespace: "kube-node-lease",
                ["apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": .string(name)], "spec": ["renewTime": time]])
        } else {
            try await cluster.admin.patch(Resources.leases, namespace: "kube-node-lease", name: name, ["spec": ["renewTime": time]])
        }
    }

    private static func pod(_ name: String, on node: String, seconds: Int64?) -> JSON {
        var toleration: JSON = ["key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"]
        toleration["tolerationSeconds"] = seconds.map { .int($0) }
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
            "spec": ["nodeName": .string(node), "terminationGracePeriodSeconds": 0, "containers": [["name": "c", "image": "i"]], "tolerations": [toleration]],
        ]
    }

    @Test("a node that falls silent is unreachable and loses the pods that do not put up with it; one that is heard of does not") func silence() async throws {
        try await Cluster.run(nodeGrace: .seconds(2)) { cluster in
            try await cluster.makeNamespace("n")
            for name in ["quiet", "loud"] {
                try await cluster.admin.create(Resources.nodes, DaemonSetControllerTests.node(name))
                try await Self.say(cluster, name, ready: "True")
            }
            // A new node is tainted until it is seen to be ready.
            let seen1 = try await cluster.object(Resources.nodes, name: "quiet") { ($0["spec"]?["taints"]?.array ?? []).isEmpty }
            #expect(seen1 != nil)
            for (name, seconds) in [("brief", 1), ("patient", 600), ("forever", nil)] as [(String, Int64?)] {
                try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod(name, on: "quiet", seconds: seconds))
            }
            try await cluster.admin.create(Resources.pods, namespace: "n", Self.pod("other", on: "loud", seconds: 1))
            let patient = try await cluster.admin.get(Resources.pods, namespace: "n", name: "patient")
            try await cluster.report(patient, phase: "Running", ready: true)
            var unreachable: JSON?
            for _ in 0..<40 where unreachable == nil {
                try await Self.renew(cluster, "loud")
                try await Task.sleep(for: .milliseconds(250))
                let node = try await cluster.admin.get(Resources.nodes, name: "quiet")
                if (node["spec"]?["taints"]?.array ?? []).count == 2 { unreachable = node }
            }
            let taints = (unreachable?["spec"]?["taints"]?.array ?? []).map { "\($0["key"]?.string ?? ""):\($0["effect"]?.string ?? "")" }
            #expect(Set(taints) == ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"])
            #expect(unreachable?.condition("Ready") == "Unknown")
            let seen2 = try await cluster.object(Resources.pods, namespace: "n", name: "patient") { $0.condition("Ready") == "False" }
            #expect(seen2 != nil)
            for _ in 0..<8 {
                try await Self.renew(cluster, "loud")
                try await Task.sleep(for: .milliseconds(250))
            }
            #expect(try await cluster.isGone(Resources.pods, namespace: "n", name: "brief"))
            #expect(try await cluster.event("n", reason: "TaintManagerEviction", about: "brief") == "Marking for deletion Pod n/brief")
            for name in ["patient", "forever", "other"] { #expect(try await cluster.find(Resources.pods, namespace: "n", name: name) != nil) }
            #expect(try await cluster.admin.get(Resources.nodes, name: "loud").condition("Ready") == "True")
            // What comes back is clean.
            try await Self.say(cluster, "quiet", ready: "True")
            let clean = try await cluster.object(Resources.nodes, name: "quiet") { ($0["spec"]?["taints"]?.array ?? []).isEmpty }
            #expect(clean != nil)
            #expect(try await cluster.event("n", reason: "TaintManagerEviction", about: "patient") == "Cancelling deletion of Pod n/patient")
        }
    }

    @Test("a pod that was never bound goes when it is deleted, whatever grace it has") func unscheduled() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(
                Resources.pods, namespace: "n",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "finalizers": ["example.com/hold"]],
                    "spec": ["containers": [["name": "c", "image": "i"]]],
                ])
            try await cluster.admin.delete(Resources.pods, namespace: "n", name: "p")
            let leaving = try await cluster.object(Resources.pods, namespace: "n", name: "p") { $0["metadata"]?["deletionGracePeriodSeconds"]?.int == 0 }
            #expect(leaving != nil)
            try await cluster.admin.patch(Resources.pods, namespace: "n", name: "p", ["metadata": ["finalizers": .null]])
            #expect(try await cluster.isGone(Resources.pods, namespace: "n", name: "p"))
        }
    }
}
