import JSONValue
import KubeClient
import KubeModel
import ResourceUsage
import Testing

@Suite("metrics through the tunnel", .enabled(if: Host.canRun, Host.reason)) struct MetricsTests {
    private static let nodes = GroupVersionResource(group: "metrics.k8s.io", version: "v1beta1", resource: "nodes")
    private static let pods = GroupVersionResource(group: "metrics.k8s.io", version: "v1beta1", resource: "pods")
    private static let core = GroupVersionResource("v1", "pods")

    private static func sample(_ nanoCores: UInt64?) -> UsageSample {
        UsageSample(
            counters: UsageCounters(processor: 5_000_000_000, memory: 4 << 20, workingSet: 3 << 20), time: Timestamp(seconds: 1_700_000_000),
            rate: nanoCores.map { UsageRate(nanoCores: $0, window: 10_000_000_000) })
    }

    private static func usage(_ pod: JSON, _ nanoCores: UInt64?, uid: String? = nil) -> PodUsage {
        PodUsage(
            namespace: pod["metadata"]?["namespace"]?.string ?? "", name: pod["metadata"]?["name"]?.string ?? "",
            uid: uid ?? pod["metadata"]?["uid"]?.string ?? "", started: nil,
            containers: [ContainerUsage(name: "c", started: nil, sample: sample(nanoCores))])
    }

    /// A pod that is bound to a node, in the API alone.
    private static func pod(_ world: World, _ name: String, node: String = "node", labels: JSON = [:]) async throws -> JSON {
        try await world.admin.create(
            core, namespace: "default",
            [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "labels": labels],
                "spec": ["nodeName": .string(node), "containers": [["name": "c", "image": "i"]]],
            ])
    }

    private static func names(_ list: KubeClient.List) -> [String] { list.items.compactMap { $0["metadata"]?["name"]?.string } }

    @Test("a node is heard about the pods that are bound to it, and about no others")
    func pods() async throws {
        try await World.run { world in
            let (one, two, new) = (try await Self.pod(world, "one", labels: ["app": "x"]), try await Self.pod(world, "two"), try await Self.pod(world, "new"))
            let (far, old) = (try await Self.pod(world, "far", node: "other"), try await Self.pod(world, "old"))
            world.pods.usage.pods = [
                Self.usage(two, 2_000_000), Self.usage(one, 1_000_000), Self.usage(new, nil), Self.usage(far, 5), Self.usage(old, 5, uid: "of the pod before it"),
                PodUsage(namespace: "default", name: "nobody", uid: "x", started: nil, containers: [ContainerUsage(name: "c", started: nil, sample: Self.sample(1))]),
            ]
            #expect(Self.names(try await world.admin.list(Self.pods)) == ["one", "two"])
            #expect(Self.names(try await world.admin.list(Self.pods, namespace: "default", labelSelector: "app=x")) == ["one"])
            #expect(Self.names(try await world.admin.list(Self.pods, namespace: "default", fieldSelector: "metadata.name=two")) == ["two"])
            #expect(Self.names(try await world.admin.list(Self.pods, namespace: "kube-system")) == [])
            let found = try await world.admin.get(Self.pods, namespace: "default", name: "one")
            #expect(found["containers"] == [["name": "c", "usage": ["cpu": "1m", "memory": "3Mi"]]] && found["window"] == "10s" && found["kind"] == "PodMetrics")
            for (name, message) in [("new", "podmetrics.metrics.k8s.io \"default/new\" not found"), ("old", "podmetrics.metrics.k8s.io \"default/old\" not found"), ("nobody", "pods \"nobody\" not found")] {
                let error = await #expect(throws: StatusError.self) { try await world.admin.get(Self.pods, namespace: "default", name: name) }
                #expect(error?.code == 404 && error?.message == message, "\(String(describing: error))")
            }
            let error = await #expect(throws: StatusError.self) { try await world.admin.get(Self.pods, namespace: "default", name: "far") }
            #expect(error?.code == 503 && error?.message.contains("the node \"other\" is not connected") == true)
        }
    }

    @Test("a node without a reading has no metrics; when none is connected, that is said")
    func nodes() async throws {
        try await World.run { world in
            for (name, label) in [("node", "a"), ("other", "b")] {
                try await world.admin.create(
                    GroupVersionResource("v1", "nodes"),
                    ["apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": ["zone": .string(label)]]])
            }
            #expect(Self.names(try await world.admin.list(Self.nodes)) == [])
            let early = await #expect(throws: StatusError.self) { try await world.admin.get(Self.nodes, name: "node") }
            #expect(early?.code == 404 && early?.message == "nodemetrics.metrics.k8s.io \"node\" not found")
            world.pods.usage.sample = Self.sample(12_345_678)
            let list = try await world.admin.list(Self.nodes)
            #expect(Self.names(list) == ["node"] && list.items.first?["usage"] == ["cpu": "12345678n", "memory": "3Mi"])
            #expect(list.items.first?["metadata"]?["labels"]?["zone"] == "a")
            let absent = await #expect(throws: StatusError.self) { try await world.admin.list(Self.nodes, labelSelector: "zone=b") }
            #expect(absent?.code == 503 && absent?.reason == "ServiceUnavailable")
            let unknown = await #expect(throws: StatusError.self) { try await world.admin.get(Self.nodes, name: "nobody") }
            #expect(unknown?.code == 404 && unknown?.message == "nodes \"nobody\" not found")
        }
    }

    @Test("a node's pages: kubelet's names and media types, for reading only")
    func pages() async throws {
        try await World.run { world in
            try await world.admin.create(GroupVersionResource("v1", "nodes"), ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "node"]])
            world.pods.usage.sample = Self.sample(1)
            func page(_ path: String, _ method: String = "GET") async throws -> String {
                try await world.shell(
                    "curl -s -X \(method) --cacert ca.crt --cert admin.crt --key admin.key -w '|%{http_code}|%{content_type}' https://127.0.0.1:\(world.port)/api/v1/nodes/node/proxy/\(path)").text
            }
            #expect(try await page("healthz") == "ok|200|text/plain; charset=utf-8")
            let summary = try await page("stats/summary")
            #expect(summary.hasPrefix(#"{"node":{"nodeName":"node""#) && summary.hasSuffix("|200|application/json"), "\(summary)")
            let metrics = try await page("metrics/resource")
            #expect(metrics.contains("\nnode_memory_working_set_bytes 3145728 ") && metrics.hasSuffix("|200|text/plain; version=0.0.4; charset=utf-8"), "\(metrics)")
            let pods = try await page("pods")
            #expect(pods.hasPrefix(#"{"kind":"PodList""#) && pods.contains(#""name":"p""#) && pods.hasSuffix("|200|application/json"), "\(pods)")
            for (path, method, code) in [("configz", "GET", 404), ("stats", "GET", 404), ("stats/summary", "POST", 405), ("run/default/p/c?cmd=id", "POST", 405)] {
                #expect(try await page(path, method).contains("|\(code)|"), "\(method) \(path)")
            }
        }
    }

    @Test("the group is found by discovery once a node is connected")
    func discovery() async throws {
        try await World.run { world in
            let groups = try await world.shell("kubectl api-versions").text
            #expect(groups.split(separator: "\n").contains("metrics.k8s.io/v1beta1"))
            let resources = try await world.shell("kubectl api-resources --api-group=metrics.k8s.io --no-headers").text
            #expect(resources.contains("NodeMetrics") && resources.contains("PodMetrics"), "\(resources)")
            let absent = try await world.shell("kubectl get --raw /apis/metrics.k8s.io/v1beta1/services")
            #expect(absent.errors.contains("could not find the requested resource"), "\(absent.errors)")
            #expect(try await world.shell("kubectl delete --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/p").errors.contains("MethodNotAllowed"))
        }
    }
}
