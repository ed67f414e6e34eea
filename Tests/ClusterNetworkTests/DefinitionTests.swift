import ClusterNetwork
import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite("Calico's kinds") struct DefinitionTests {
    @Test("they are listed beside the kind of Kubernetes, which comes first, with their short names")
    func discovery() async throws {
        try await Cluster.run { cluster in
            try await cluster.installCalico()
            let list = try await cluster.admin.send(ClientRequest(method: "GET", uri: "/apis/projectcalico.org/v3"))
            let lines = (list["resources"]?.array ?? []).filter { !($0["name"]?.string ?? "").contains("/") }.map {
                "\($0["name"]?.string ?? "") \($0["shortNames"]?.strings.joined(separator: ",") ?? "") \($0["namespaced"]?.bool ?? false) \($0["kind"]?.string ?? "")"
            }
            #expect(
                lines.sorted() == [
                    "globalnetworkpolicies gnp,cgnp,calicoglobalnetworkpolicies false GlobalNetworkPolicy",
                    "networkpolicies cnp,caliconetworkpolicy,caliconetworkpolicies true NetworkPolicy",
                ])
            let groups = (try await cluster.admin.send(ClientRequest(method: "GET", uri: "/apis")))["groups"]?.array ?? []
            let names = groups.compactMap { $0["name"]?.string }
            let (own, custom) = (try #require(names.firstIndex(of: "networking.k8s.io")), try #require(names.firstIndex(of: "projectcalico.org")))
            #expect(own < custom, "kubectl takes the first group that has a networkpolicies")
        }
    }

    static let rule: JSON = ["action": "Allow", "protocol": "TCP", "destination": ["ports": [80, "6040:6050", "http"]]]

    @Test(
        "what the rules cannot express is refused",
        arguments: [
            ("action", "Permit"), ("ipVersion", 5), ("protocol", "HTTP"), ("protocol", 0), ("protocol", 256), ("notProtocol", "tcp"),
            ("icmp", ["type": 255]), ("icmp", ["code": 1]), ("source", ["nets": ["everywhere"]]), ("destination", ["ports": [65536]]),
            ("destination", ["ports": ["1:2:3"]]), ("destination", ["ports": [["from": 1]]]),
            ("source", ["serviceAccounts": ["names": [""]]]),
        ] as [(String, JSON)])
    func refused(_ field: String, _ value: JSON) async throws {
        try await Cluster.run { cluster in
            try await cluster.installCalico()
            var policy = Manifest.allowPing
            var rule = Self.rule
            policy["spec"]?["ingress"] = [rule]
            let good = policy
            rule[field] = value
            policy["spec"]?["ingress"] = [rule]
            let bad = policy
            let error = await #expect(throws: StatusError.self) { try await cluster.apply(bad) }
            #expect(error?.code == 422)
            #expect(error?.message.contains("spec.ingress[0].\(field)") == true)
            try await cluster.apply(good)
        }
    }

    @Test("the manifests of the seed are stored whole; fields of no effect are not")
    func stored() async throws {
        try await Cluster.run { cluster in
            try await cluster.installCalico()
            try await cluster.apply(Manifest.demo)
            for manifest in [Manifest.allowPing, Manifest.allowPorts] {
                #expect(try await cluster.apply(manifest)["spec"] == manifest["spec"])
            }
            for field in ["doNotTrack", "preDNAT", "applyOnForward", "http"] {
                var policy = Manifest.allowPing
                policy["metadata"]?["name"] = "other"
                policy["spec"]?[field] = true
                let changed = policy
                // As kubectl sends it.
                let request = ClientRequest(
                    method: "POST", uri: "/apis/projectcalico.org/v3/globalnetworkpolicies?fieldValidation=Strict",
                    contentType: "application/json", body: changed.bytes)
                let error = await #expect(throws: StatusError.self) { try await cluster.admin.send(request) }
                #expect(error?.message.contains("unknown field \"spec.\(field)\"") == true)
            }
        }
    }

    @Test(
        "what a schema lets through and no node could bring into force is refused",
        arguments: [
            (["action": "Allow", "source": ["selector": "role =="]], "source.selector"),
            (["action": "Deny", "protocol": "ICMP", "destination": ["ports": [80]]], "destination.ports"),
            (["action": "Allow", "protocol": "TCP", "icmp": ["type": 8]], "protocol"),
            (["action": "Allow", "protocol": "TCP", "source": ["ports": ["9:1"]]], "source.ports[0]"),
        ] as [(JSON, String)])
    func semantics(rule: JSON, field: String) async throws {
        var policy = Manifest.allowPing
        policy["spec"]?["ingress"] = [rule]
        let bad = policy
        try await Cluster.run(plugins: ["CalicoPolicy"]) { cluster in
            try await cluster.installCalico()
            let error = await #expect(throws: StatusError.self) { try await cluster.apply(bad) }
            #expect(error?.code == 422)
            #expect(error?.details?.causes.first?.field == "spec.ingress[0].\(field)")
            try await cluster.apply(Manifest.allowPing)
        }
    }

    @Test("administrators of a namespace may write its policies and read those of the cluster, and nobody else more")
    func access() async throws {
        try await Cluster.run { cluster in
            try await cluster.installCalico()
            try await cluster.openForNodes()
            try await cluster.apply(Manifest.demo)
            let bindings = GroupVersionResource("rbac.authorization.k8s.io/v1", "rolebindings")
            try await cluster.admin.create(
                bindings, namespace: "calico-demo",
                [
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": "anna"],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"],
                    "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "anna"]],
                ])
            let anna = cluster.client("anna", [])
            let policies = GroupVersionResource("projectcalico.org/v3", "networkpolicies")
            try await eventually("the roles were joined") {
                (try? await anna.create(policies, namespace: "calico-demo", Manifest.allowPorts)) != nil
            }
            let global = GroupVersionResource("projectcalico.org/v3", "globalnetworkpolicies")
            let error = await #expect(throws: StatusError.self) { try await anna.create(global, Manifest.allowPing) }
            #expect(error?.code == 403)
            let node = cluster.client("system:node:n1", ["system:nodes"])
            let refused = await #expect(throws: StatusError.self) { try await node.create(global, Manifest.allowPing) }
            #expect(refused?.code == 403)
        }
    }
}
