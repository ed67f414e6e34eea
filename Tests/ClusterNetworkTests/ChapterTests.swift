import ClusterNetwork
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import NFTables
import NetworkPolicy
import NodeNetwork
import Testing

/// The manifests of the chapter, as in `Tests/EndToEndTests/Resources`.
enum Manifest {
    static let defaultDeny: JSON = [
        "kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1", "metadata": ["name": "default-deny", "namespace": "calico-demo"],
        "spec": ["podSelector": [:]],
    ]
    static let allowPing: JSON = [
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": ["name": "allow-ping-in-cluster"],
        "spec": [
            "selector": "all()", "types": ["Ingress"],
            "ingress": [
                ["action": "Allow", "protocol": "ICMP", "source": ["selector": "all()"], "icmp": ["type": 8]],
                ["action": "Allow", "protocol": "ICMPv6", "source": ["selector": "all()"], "icmp": ["type": 128]],
            ],
        ],
    ]
    static let allowHTTP: JSON = [
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "allow-http", "namespace": "calico-demo"],
        "spec": [
            "podSelector": [:],
            "ingress": [
                [
                    "from": [["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "default"]]]],
                    "ports": [["protocol": "TCP", "port": 80]],
                ]
            ],
        ],
    ]
    static let allowPorts: JSON = [
        "apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": ["name": "allow-tcp-90", "namespace": "calico-demo"],
        "spec": [
            "selector": "app == 'envoy'", "types": ["Ingress", "Egress"],
            "ingress": [
                [
                    "action": "Allow", "protocol": "ICMP", "notProtocol": "TCP",
                    "source": ["nets": ["10.0.0.0/8"], "selector": "role == 'frontend'", "namespaceSelector": "project == 'myproject'"],
                    "destination": ["ports": [80, "6040:6050"]],
                ]
            ],
            "egress": [["action": "Allow", "destination": ["serviceAccounts": ["selector": "tier == 'backend'"]]]],
        ],
    ]
    static let demo: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "calico-demo"]]
}

@Suite("the chapter on NetworkPolicy", .enabled(if: KernelSupport.isThere, KernelSupport.comment), .serialized) struct ChapterTests {
    @Test("ping answers; default-deny loses it; allow-ping answers while http times out; allow-http serves; the node always reaches")
    func chapter() async throws {
        try await NodeLab.run { lab in
            try await lab.cluster.apply(Manifest.demo)
            let server = try await lab.start("calico-demo", "calico-demo", labels: ["app": "calico-demo", "access": "true"])
            let toolbox = try await lab.start("default", "toolbox", labels: ["app": "toolbox", "access": "true"])
            let listener = try server.listen()
            defer { withExtendedLifetime(listener) {} }
            try await eventually("ping answers") { try await NodeLab.ping(server.address, from: toolbox.namespace) }
            #expect(try NodeLab.connects(server.address, from: toolbox.namespace))

            try await lab.cluster.apply(Manifest.defaultDeny)
            try await eventually("default-deny loses ping") { try await !NodeLab.ping(server.address, from: toolbox.namespace) }
            #expect(try !NodeLab.connects(server.address, from: toolbox.namespace))
            #expect(try await NodeLab.ping(server.address, from: lab.namespace))
            #expect(try NodeLab.connects(server.address, from: lab.namespace))

            try await lab.cluster.apply(Manifest.allowPing)
            try await eventually("allow-ping lets ping in") { try await NodeLab.ping(server.address, from: toolbox.namespace) }
            #expect(try !NodeLab.connects(server.address, from: toolbox.namespace))

            try await lab.cluster.apply(Manifest.allowHTTP)
            try await eventually("allow-http lets http in") { try NodeLab.connects(server.address, from: toolbox.namespace) }
            #expect(try !NodeLab.connects(server.address, 81, from: toolbox.namespace))
            #expect(try await lab.network.verify())

            // What was dropped on the way is known with what decided.
            let flows = lab.follower.recentFlows.filter { $0.note.isDenial && $0.packet?.destination == server.address }
            #expect(flows.contains { $0.source == "default/toolbox" && $0.destination == "calico-demo/calico-demo" })
            #expect(flows.contains { "\($0.note)" == "deny ingress at the end of tier default" })
        }
    }

    @Test("a policy that is there before the node is in force before its first pod, and kinds that come later are noticed")
    func order() async throws {
        try await Cluster.run { cluster in
            try await cluster.openForNodes()
            try await cluster.apply(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "n1"]])
            try await cluster.apply(Manifest.demo)
            try await cluster.apply(Manifest.defaultDeny)
            let lab = try await NodeLab(cluster)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await lab.follower.run() }
                await lab.follower.waitUntilReady()
                let server = try await lab.start("calico-demo", "server")
                let toolbox = try await lab.start("default", "toolbox")
                let listener = try server.listen()
                defer { withExtendedLifetime(listener) {} }
                #expect(try !NodeLab.connects(server.address, from: toolbox.namespace, patience: 200))
                try await cluster.installCalico()
                try await cluster.apply(Manifest.allowPing)
                try await eventually("a kind that came later is followed") {
                    try await NodeLab.ping(server.address, from: toolbox.namespace)
                }
                // Its end is noticed too.
                try await cluster.admin.delete(Cluster.definitions, name: "globalnetworkpolicies.projectcalico.org")
                try await eventually("policies go with their kind") {
                    try await !NodeLab.ping(server.address, from: toolbox.namespace)
                }
                group.cancelAll()
            }
            try await lab.network.removeAll()
        }
    }

    @Test("labels of pods and namespaces decide at once, and two policies of one name in two groups are two")
    func labels() async throws {
        try await NodeLab.run { lab in
            try await lab.cluster.apply(Manifest.demo)
            let server = try await lab.start("calico-demo", "server", labels: ["app": "db"])
            let client = try await lab.start("default", "client")
            let stranger = try await lab.start("default", "stranger")
            let listener = try server.listen()
            defer { withExtendedLifetime(listener) {} }
            func policy(_ version: JSON, _ spec: JSON) -> JSON {
                [
                    "apiVersion": version, "kind": "NetworkPolicy", "metadata": ["name": "guard", "namespace": "calico-demo"], "spec": spec,
                ]
            }
            try await lab.cluster.apply(
                policy(
                    "networking.k8s.io/v1",
                    [
                        "podSelector": [:],
                        "ingress": [
                            ["from": [["namespaceSelector": ["matchLabels": ["team": "blue"]], "podSelector": ["matchLabels": ["role": "client"]]]]]
                        ],
                    ]))
            try await eventually("closed") { try !NodeLab.connects(server.address, from: client.namespace, patience: 100) }
            let admin = lab.cluster.admin
            try await admin.patch(
                GroupVersionResource("v1", "pods"), namespace: "default", name: "client", form: .merge,
                ["metadata": ["labels": ["role": "client"]]])
            try await admin.patch(
                GroupVersionResource("v1", "namespaces"), name: "default", form: .merge, ["metadata": ["labels": ["team": "blue"]]])
            try await eventually("open by labels") { try NodeLab.connects(server.address, from: client.namespace, patience: 100) }
            try await lab.cluster.apply(
                policy("projectcalico.org/v3", ["order": 1, "types": ["Ingress"], "ingress": [["action": "Deny"]]]))
            try await eventually("denied by the other") { try !NodeLab.connects(server.address, from: client.namespace, patience: 100) }
            try await admin.delete(
                GroupVersionResource("projectcalico.org/v3", "networkpolicies"), namespace: "calico-demo", name: "guard")
            try await eventually("open again") { try NodeLab.connects(server.address, from: client.namespace, patience: 100) }
            // The other policy of the name is still there.
            #expect(try !NodeLab.connects(server.address, from: stranger.namespace, patience: 200))
        }
    }
}
