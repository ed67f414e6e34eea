import ClusterNetwork
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import NetworkPolicy
import NodeNetwork
import Testing

@Suite("what a node makes of the cluster", .enabled(if: KernelSupport.isThere, KernelSupport.comment), .serialized) struct FollowingTests {
    private static let global = GroupVersionResource("projectcalico.org/v3", "globalnetworkpolicies")
    private static let events = GroupVersionResource("v1", "events")

    private static func policy(_ name: String, _ spec: JSON) -> JSON {
        [
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": ["name": .string(name)], "spec": spec,
        ]
    }

    private func condition(_ lab: NodeLab, _ name: String) async throws -> JSON? {
        let object = try await lab.cluster.admin.get(Self.global, name: name)
        return object[path: "status", "conditions"]?.array?.first { $0["type"] == "n1/InForce" }
    }

    @Test("a policy that cannot be read denies the pods that it selects, says so, and no others")
    func unreadable() async throws {
        try await NodeLab.run { lab in
            let server = try await lab.start("default", "server", labels: ["app": "db"])
            let other = try await lab.start("default", "other")
            let client = try await lab.start("default", "client")
            let listeners = [try server.listen(), try other.listen()]
            defer { withExtendedLifetime(listeners) {} }
            #expect(try NodeLab.connects(server.address, from: client.namespace))
            // A rule that allows would come after it.
            try await lab.cluster.apply(Self.policy("open", ["order": 10, "selector": "all()", "types": ["Ingress"], "ingress": [["action": "Allow"]]]))
            let broken: JSON = [
                "order": 1, "selector": "app == 'db'", "types": ["Ingress"],
                "ingress": [["action": "Allow", "source": ["selector": "role =="]]],
            ]
            try await lab.cluster.apply(Self.policy("broken", broken))
            try await eventually("it denies") { try !NodeLab.connects(server.address, from: client.namespace, patience: 100) }
            #expect(try NodeLab.connects(other.address, from: client.namespace))
            try await eventually("its status says why") {
                let condition = try await condition(lab, "broken")
                return condition?["status"] == "False" && condition?["reason"] == "Unreadable"
                    && (condition?["message"]?.string ?? "").contains("spec.ingress[0].source.selector")
            }
            try await eventually("an event warns") {
                try await lab.cluster.admin.list(Self.events).items.contains {
                    $0["reason"] == "Unreadable" && $0["type"] == "Warning" && $0["involvedObject"]?["name"] == "broken"
                }
            }
            try await lab.cluster.admin.patch(
                Self.global, name: "broken", form: .merge,
                ["spec": ["ingress": [["action": "Allow", "source": ["selector": "all()"]]]]])
            try await eventually("once mended it allows") { try NodeLab.connects(server.address, from: client.namespace, patience: 100) }
            try await eventually("and says so") { try await condition(lab, "broken")?["status"] == "True" }
        }
    }

    @Test("a status says which generation is in force, is written once, and by the node's own rights; a NetworkPolicy has an event")
    func status() async throws {
        try await NodeLab.run { lab in
            try await lab.cluster.apply(Manifest.demo)
            try await lab.cluster.apply(Manifest.allowPing)
            try await lab.cluster.apply(Manifest.defaultDeny)
            try await eventually("a condition") { try await condition(lab, "allow-ping-in-cluster")?["status"] == "True" }
            #expect(try await condition(lab, "allow-ping-in-cluster")?["observedGeneration"] == 1)
            #expect(try await condition(lab, "allow-ping-in-cluster")?["message"] == "in force on node n1 (generation 1)")
            try await eventually("an event") {
                try await lab.cluster.admin.list(Self.events, namespace: "calico-demo").items.contains {
                    $0["reason"] == "InForce" && $0["involvedObject"]?["name"] == "default-deny"
                        && $0["message"] == "in force on node n1 (generation 1)"
                }
            }
            let written = try await lab.cluster.admin.get(Self.global, name: "allow-ping-in-cluster")
            // A change that is of no policy, and one of labels: neither is a reason to write a status.
            try await lab.cluster.admin.patch(
                Self.global, name: "allow-ping-in-cluster", form: .merge, ["metadata": ["labels": ["a": "b"]]])
            try await lab.cluster.apply(Self.policy("later", ["order": 5, "types": ["Egress"], "egress": [["action": "Allow"]]]))
            try await eventually("the later one has its own") { try await condition(lab, "later")?["status"] == "True" }
            let now = try await lab.cluster.admin.get(Self.global, name: "allow-ping-in-cluster")
            #expect(now["status"] == written["status"])
            #expect(now.generation == 1)
            // The conditions of other nodes stay.
            let other: JSON = ["type": "n2/InForce", "status": "True", "lastTransitionTime": .string(Cluster.clock().description)]
            try await lab.cluster.admin.patch(
                Self.global, name: "later", subresource: "status", form: .merge, ["status": ["conditions": [other]]])
            try await lab.cluster.admin.patch(Self.global, name: "later", form: .merge, ["spec": ["order": 6]])
            try await eventually("a new generation is told, beside the other node") {
                let conditions = try await lab.cluster.admin.get(Self.global, name: "later")[path: "status", "conditions"]?.array ?? []
                return conditions.contains { $0["type"] == "n2/InForce" }
                    && conditions.contains { $0["type"] == "n1/InForce" && $0["observedGeneration"] == 2 }
            }
        }
    }

    @Test("a service's address leads to its pods while they are ready, and refuses without them; the API's leads to the node")
    func services() async throws {
        try await NodeLab.run { lab in
            let server = try await lab.start("default", "server", labels: ["app": "web"])
            let client = try await lab.start("default", "client")
            let listener = try server.listen(8080)
            defer { withExtendedLifetime(listener) {} }
            let service = try await lab.cluster.apply([
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "default"],
                "spec": ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": 8080]]],
            ])
            let address = try #require(service["spec"]?["clusterIP"]?.string.flatMap { IPAddress($0) })
            try await eventually("the service answers") { try NodeLab.connects(address, from: client.namespace, patience: 100) }
            try await lab.cluster.admin.patch(
                GroupVersionResource("v1", "pods"), namespace: "default", name: "server", form: .merge,
                ["metadata": ["labels": ["app": "other"]]])
            try await eventually("it refuses") { try !NodeLab.connects(address, from: client.namespace, patience: 100) }

            let api = try #require(IPAddress("10.96.0.1"))
            let node = LabPod(namespace: lab.namespace, address: NodeLab.address)
            let endpoint = try node.listen(6443)
            defer { withExtendedLifetime(endpoint) {} }
            try await lab.cluster.apply([
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": ["name": "kubernetes", "namespace": "default", "labels": ["kubernetes.io/service-name": "kubernetes"]],
                "addressType": "IPv4", "endpoints": [["addresses": [.string("\(NodeLab.address)")]]],
                "ports": [["name": "https", "port": 6443, "protocol": "TCP"]],
            ])
            try await eventually("the API answers to pods") { try NodeLab.connects(api, 443, from: client.namespace, patience: 100) }
        }
    }

    @Test("hostPort leads to the pod until it ends, also when the node was not told at its start")
    func hostPorts() async throws {
        try await NodeLab.run { lab in
            let ports: JSON = [["containerPort": 8080, "hostPort": 8888]]
            let server = try await lab.start("default", "server", ports: ports)
            let listener = try server.listen(8080)
            defer { withExtendedLifetime(listener) {} }
            #expect(try NodeLab.connects(NodeLab.address, 8888, from: lab.namespace))
            try await lab.cluster.admin.patch(
                GroupVersionResource("v1", "pods"), namespace: "default", name: "server", subresource: "status", form: .merge,
                ["status": ["phase": "Succeeded"]])
            try await eventually("a pod that ended has none") { try !NodeLab.connects(NodeLab.address, 8888, from: lab.namespace, patience: 100) }
        }
    }

    @Test("of two readings of a pod the newer one decides, whether its link or the change comes first")
    func readings() async throws {
        try await NodeLab.run { lab in
            let id = EndpointID.pod(namespace: "default", name: "twice")
            func reading(_ app: String, _ revision: UInt64) -> PolicyEndpoint {
                var endpoint = PolicyEndpoint(id: id, labels: ["app": app], networks: [])
                endpoint.node = "n1"
                endpoint.revision = revision
                return endpoint
            }
            func app() async -> String? { await lab.network.evaluator.index.endpoints[id]?.labels["app"] }
            try await lab.network.update([.endpoint(reading("new", 8))])
            let inside = try NetworkNamespace.make()
            _ = try await lab.network.attach(.init(endpoint: reading("old", 7), namespace: inside))
            #expect(await app() == "new")
            try await lab.network.update([.endpoint(reading("older", 6))])
            #expect(await app() == "new")
            try await lab.network.update([.endpoint(reading("newest", 9))])
            #expect(await app() == "newest")
            try await lab.network.detach(id)
            _ = try await lab.network.attach(.init(endpoint: reading("old", 7), namespace: inside))
            #expect(await app() == "newest")
        }
    }

    @Test("a pod keeps its rules when the object of another pod of its name goes")
    func sameName() async throws {
        try await NodeLab.run { lab in
            let server = try await lab.start("default", "server")
            let client = try await lab.start("default", "client")
            let listener = try server.listen()
            defer { withExtendedLifetime(listener) {} }
            try await lab.network.update([.endpointGone(.pod(namespace: "default", name: "server"))])
            #expect(try NodeLab.connects(server.address, from: client.namespace))
            let stale = PolicyEndpoint(
                id: .pod(namespace: "default", name: "server"), labels: [:], networks: [IPNetwork(try #require(IPAddress("10.244.0.200")))])
            try await lab.network.update([.endpoint(stale)])
            #expect(try NodeLab.connects(server.address, from: client.namespace))
        }
    }
}
