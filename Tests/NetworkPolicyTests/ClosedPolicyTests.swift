import JSONValue
import NetworkPolicy
import PolicyModel
import Testing

@Suite("policies that cannot be read") struct ClosedPolicyTests {
    private static func index() -> NetworkPolicyIndex {
        var index = NetworkPolicyIndex()
        index.setNamespace("shop", labels: [:])
        index.setNamespace("bank", labels: [:])
        for (number, (namespace, app)) in [("shop", "db"), ("shop", "web"), ("bank", "db")].enumerated() {
            index.set(
                PolicyEndpoint(
                    id: .pod(namespace: namespace, name: app), labels: ["app": app],
                    networks: [IPNetwork(IPAddress(family: .v4, high: 0, low: 0x0A00_0001 + UInt64(number)))]))
        }
        return index
    }

    /// Which of the three pods are closed in each direction, to and from an address outside.
    private func closed(_ policy: JSON, beside others: JSON...) throws -> [String] {
        var index = Self.index()
        for other in others { index.set(try CalicoPolicy.read(other)) }
        index.set(TrafficPolicy.closed(policy, at: "spec.x"))
        let evaluator = NetworkPolicyEvaluator(index)
        let outside = IPAddress(family: .v4, high: 0, low: 0x0808_0808)
        var found: [String] = []
        for (number, name) in ["shop/db", "shop/web", "bank/db"].enumerated() {
            let pod = IPAddress(family: .v4, high: 0, low: 0x0A00_0001 + UInt64(number))
            if !evaluator.decide(Packet(source: outside, destination: pod, transport: 6, port: 80)).decision.isAllowed { found.append("to \(name)") }
            if !evaluator.decide(Packet(source: pod, destination: outside, transport: 6, port: 80)).decision.isAllowed { found.append("from \(name)") }
        }
        return found
    }

    private static func kubernetes(_ spec: JSON) -> JSON {
        ["apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "p", "namespace": "shop"], "spec": spec]
    }

    private static func calico(_ spec: JSON, global: Bool) -> JSON {
        [
            "apiVersion": "projectcalico.org/v3", "kind": global ? "GlobalNetworkPolicy" : "NetworkPolicy",
            "metadata": global ? ["name": "p"] : ["name": "p", "namespace": "shop"], "spec": spec,
        ]
    }

    @Test(
        "what it may have denied is denied, and nothing else",
        arguments: [
            (kubernetes(["podSelector": ["matchLabels": ["app": "db"]]]), ["to shop/db"]),
            (kubernetes(["podSelector": ["matchLabels": ["app": "db"]], "policyTypes": ["Egress"]]), ["from shop/db"]),
            (kubernetes(["podSelector": ["matchLabels": ["app": "db"]], "policyTypes": ["Sideways"]]), ["to shop/db", "from shop/db"]),
            (kubernetes(["podSelector": ["matchLabels": ["app": "db"]], "egress": [["to": 3]]]), ["to shop/db", "from shop/db"]),
            (kubernetes(["podSelector": ["matchLabels": ["app": 1]]]), ["to shop/db", "to shop/web"]),
            (calico(["selector": "app == 'db'", "types": ["Ingress"]], global: true), ["to shop/db", "to bank/db"]),
            (calico(["selector": "app == 'db'", "types": ["Ingress"]], global: false), ["to shop/db"]),
            (calico(["selector": "app ==", "types": ["Egress"]], global: false), ["from shop/db", "from shop/web"]),
            (
                calico(["selector": "app ==", "namespaceSelector": "projectcalico.org/name == 'bank'", "types": ["Ingress"]], global: true),
                ["to bank/db"]
            ),
        ] as [(JSON, [String])])
    func reach(_ policy: JSON, expected: [String]) throws { #expect(try closed(policy) == expected) }

    @Test("it denies at its place: what comes before it allows, what comes after does not")
    func place() throws {
        func open(_ order: JSON) -> JSON {
            [
                "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": ["name": "open"],
                "spec": ["order": order, "types": ["Ingress"], "ingress": [["action": "Allow"]]],
            ]
        }
        let broken = Self.calico(["order": 5, "selector": "app == 'db'", "types": ["Ingress"]], global: true)
        #expect(try closed(broken, beside: open(6)) == ["to shop/db", "to bank/db"])
        #expect(try closed(broken, beside: open(4)) == [])
        let nowhere = Self.calico(["order": "first", "selector": "app == 'db'", "types": ["Ingress"]], global: true)
        #expect(try closed(nowhere, beside: open(4)) == ["to shop/db", "to bank/db"])
    }

    @Test("policies of one name in both groups are two")
    func names() throws {
        let one = try KubernetesPolicy.read(Self.kubernetes(["podSelector": [:]]))
        let two = try CalicoPolicy.read(Self.calico(["types": ["Ingress"]], global: false))
        #expect(one.object != two.object)
        #expect("\(two.object)" == "NetworkPolicy.projectcalico.org \"shop/p\"")
    }
}
