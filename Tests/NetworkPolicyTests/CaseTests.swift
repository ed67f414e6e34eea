import Foundation
import JSONValue
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing
import YAMLValue

/// One file under `Cases`: a world, its policies, and what becomes of packets.
struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var content: JSON
    var testDescription: String { name }

    static func all() throws -> [Case] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")
        return try FileManager.default.contentsOfDirectory(atPath: root.path).sorted().map { file in
            let data = try Data(contentsOf: root.appendingPathComponent(file))
            return Case(name: String(file.split(separator: ".")[0]), content: try YAML.document(Array(data)).value)
        }
    }

    var world: World { World(content["world"] ?? .null) }
    var policies: [TrafficPolicy] { get throws { try (content["policies"]?.array ?? []).map(policy) } }
    var probes: [Probe] { (content["probes"]?.array ?? []).map(Probe.init) }
}

@Suite("network policy cases") struct CaseTests {
    @Test("each packet is decided as its file says, by the rule that it names", arguments: try Case.all())
    func decides(_ given: Case) throws {
        let world = given.world
        var index = world.index
        for policy in try given.policies { index.set(policy) }
        let evaluator = NetworkPolicyEvaluator(index)
        #expect(!given.probes.isEmpty)
        for probe in given.probes {
            let answer = try probe.answer(evaluator, in: world)
            let deciding = try #require(answer.deciding)
            #expect(answer.decision.isAllowed == (probe.json["expect"] == "allow"), "\(probe.json)")
            #expect(deciding.shownGround == probe.json["by"]?.string, "\(probe.json)")
            if let nearest = probe.json["nearest"]?.string {
                #expect(deciding.nearest?.rule.path.rawValue == nearest, "\(probe.json)")
                #expect(deciding.nearest?.misses.count == 1, "\(probe.json)")
            }
            if let logged = probe.json["logged"]?.strings { #expect(deciding.logged.map(\.name) == logged, "\(probe.json)") }
        }
    }

    @Test("the order in which policies and endpoints come does not matter", arguments: try Case.all())
    func orderIsFree(_ given: Case) throws {
        let world = given.world
        var index = world.index
        for policy in try given.policies { index.set(policy) }
        // Policies first, everything in reverse, and each endpoint once with labels that it does not keep.
        var reversed = NetworkPolicyIndex()
        for policy in try given.policies.reversed() { reversed.set(policy) }
        for endpoint in world.endpoints.reversed() {
            var other = endpoint
            other.labels = ["app": "other"]
            reversed.set(other)
            reversed.set(endpoint)
        }
        for tier in world.tiers { reversed.set(tier) }
        for (name, labels) in world.namespaces { reversed.setNamespace(name, labels: labels) }
        let (one, two) = (NetworkPolicyEvaluator(index), NetworkPolicyEvaluator(reversed))
        for probe in given.probes { #expect(try probe.answer(one, in: world) == probe.answer(two, in: world), "\(probe.json)") }
        #expect(index.governing == reversed.governing)
        #expect(index.sets == reversed.sets)
    }

    @Test("a policy taken out leaves nothing behind", arguments: try Case.all())
    func removalIsComplete(_ given: Case) throws {
        let empty = given.world.index
        var index = empty
        for policy in try given.policies { index.set(policy) }
        #expect(index.sets != empty.sets)
        for policy in try given.policies { index.remove(policy: policy.object) }
        #expect(index.sets == empty.sets)
        #expect(index.governing == empty.governing)
        #expect(index.policies.isEmpty)
    }

    @Test("a pod cannot label itself into another namespace")
    func reservedLabelsAreDropped() throws {
        let given = try #require(try Case.all().first { $0.name == "kubernetes-peers" })
        let world = given.world
        var index = world.index
        for policy in try given.policies { index.set(policy) }
        var relay = try #require(world.endpoints.first { $0.id == .pod(namespace: "mail", name: "relay") })
        relay.labels["pcns.team"] = "blue"
        relay.labels["projectcalico.org/namespace"] = "shop"
        index.set(relay)
        let probe = Probe(["from": "mail/relay", "to": "shop/db", "port": 5432])
        #expect(try !probe.answer(NetworkPolicyEvaluator(index), in: world).decision.isAllowed)
        // The namespace itself may say so.
        index.setNamespace("mail", labels: ["team": "blue"])
        #expect(try probe.answer(NetworkPolicyEvaluator(index), in: world).decision.isAllowed)
    }

    @Test("a policy that cannot be read whole is refused, with the field", arguments: [
        (["podSelector": [:], "ingress": [["from": [[:]]]]], "spec.ingress[0].from[0]"),
        (["podSelector": [:], "ingress": [["ports": [["endPort": 80]]]]], "spec.ingress[0].ports[0].endPort"),
        (["podSelector": [:], "egress": [["to": [["ipBlock": ["cidr": "10.0.0.0/33"]]]]]], "spec.egress[0].to[0].ipBlock.cidr"),
        (["podSelector": ["matchExpressions": [["key": "a", "operator": "Gt", "values": ["1"]]]]], "spec.podSelector.matchExpressions[0].operator"),
        (["podSelector": [:], "policyTypes": ["Both"]], "spec.policyTypes"),
    ] as [(JSON, String)])
    func unreadable(spec: JSON, field: String) throws {
        let object: JSON = ["apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "p", "namespace": "n"], "spec": spec]
        let error = #expect(throws: PolicyReadError.self) { try KubernetesPolicy.read(object) }
        #expect(error?.field.rawValue == field)
    }
}
