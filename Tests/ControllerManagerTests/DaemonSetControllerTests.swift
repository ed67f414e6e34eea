import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite("daemon sets in a cluster")
struct DaemonSetControllerTests {
    static func node(_ name: String, taints: JSON = []) -> JSON {
        let amounts: JSON = ["cpu": "4", "memory": "8Gi", "pods": "110"]
        return [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)], "spec": ["taints": taints],
            "status": ["capacity": amounts, "allocatable": amounts],
        ]
    }

    static func set(_ image: String) -> JSON {
        [
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ["name": "ds"],
            "spec": [
                "selector": ["matchLabels": ["app": "d"]],
                "template": [
                    "metadata": ["labels": ["app": "d"]],
                    "spec": ["terminationGracePeriodSeconds": 0, "containers": [["name": "c", "image": .string(image)]]],
                ],
            ],
        ]
    }

    @Test("each node gets its pod, new nodes too, and an update goes from node to node") func rollout() async throws {
        try await Cluster.run(withScheduler: true) { cluster in
            try await cluster.makeNamespace("n")
            for name in ["a", "b"] { try await cluster.admin.create(Resources.nodes, Self.node(name)) }
            try await cluster.admin.create(Resources.daemonSets, namespace: "n", Self.set("one"))
            func bound(_ count: Int, image: String) async throws -> [JSON]? {
                try await cluster.eventually {
                    let pods = try await cluster.pods("n").filter {
                        !$0.isBeingDeleted && $0["spec"]?["nodeName"] != nil && $0["spec"]?["containers"]?[at: 0]?["image"]?.string == image
                    }
                    return pods.count == count ? pods : nil
                }
            }
            let first = Set(try await bound(2, image: "one")?.compactMap { $0["spec"]?["nodeName"]?.string } ?? [])
            #expect(first == ["a", "b"])
            try await cluster.admin.create(Resources.nodes, Self.node("c"))
            let pods = try #require(try await bound(3, image: "one"))
            for pod in pods { try await cluster.report(pod, phase: "Running", ready: true) }
            let ready = try await cluster.object(Resources.daemonSets, namespace: "n", name: "ds") { $0["status"]?["numberAvailable"]?.int == 3 }
            #expect(ready?["status"]?["desiredNumberScheduled"]?.int == 3)
            let template = Self.set("two")["spec"]?["template"] ?? [:]
            try await cluster.admin.patch(Resources.daemonSets, namespace: "n", name: "ds", ["spec": ["template": template]])
            for step in 1...3 {
                let new = try #require(try await bound(step, image: "two"))
                #expect(try await bound(3 - step, image: "one") != nil)
                for pod in new { try await cluster.report(pod, phase: "Running", ready: true) }
            }
            let done = try await cluster.object(Resources.daemonSets, namespace: "n", name: "ds") {
                $0["status"]?["updatedNumberScheduled"]?.int == 3 && $0["status"]?["numberAvailable"]?.int == 3
            }
            #expect(done?["status"]?["observedGeneration"]?.int == 2)
            #expect(try await cluster.admin.list(Resources.revisions, namespace: "n").items.count == 2)
            try await cluster.admin.delete(Resources.daemonSets, namespace: "n", name: "ds")
            let isEmpty = try await cluster.eventually { try await cluster.pods("n").isEmpty ? true : nil }
            #expect(isEmpty == true)
        }
    }
}
