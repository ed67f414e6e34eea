import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct WorkloadTests {
    static func set(_ replicas: Int64) -> JSON {
        [
            "metadata": ["name": "set", "namespace": "d", "uid": "uid-set", "generation": 2],
            "spec": ["replicas": .int(replicas), "selector": ["matchLabels": ["app": "web"]], "template": Samples.template("a")],
        ]
    }

    @Test("pods are given up in upstream's order", arguments: [
        (Samples.pod("unbound"), Samples.pod("bound", node: "n")),
        (Samples.pod("pending", node: "n", phase: "Pending"), Samples.pod("running", node: "n")),
        (Samples.pod("unready", node: "n"), Samples.pod("ready", node: "n", readySince: "2026-01-01T00:00:00Z")),
        (Samples.pod("cheap", node: "n", cost: "-5"), Samples.pod("dear", node: "n", cost: "10")),
        (
            Samples.pod("young", node: "n", readySince: "2026-01-02T00:00:00Z"), Samples.pod("old", node: "n", readySince: "2026-01-01T00:00:00Z")
        ),
    ]) func ranking(first: JSON, second: JSON) {
        for pods in [[first, second], [second, first]] {
            #expect(ReplicaSets.plan(Self.set(1), pods: pods, siblings: pods).deletions.map(\.name) == [first.name])
        }
    }

    @Test("a pod on a crowded node goes before one that is alone") func crowd() {
        let pods = [Samples.pod("a", node: "one"), Samples.pod("b", node: "two"), Samples.pod("c", node: "two")]
        #expect(ReplicaSets.plan(Self.set(2), pods: pods, siblings: pods).deletions.allSatisfy { $0.name != "a" })
    }

    @Test("free pods that are selected are adopted, own ones that are not are released") func claims() {
        let pods = [
            Samples.pod("free", owner: nil), Samples.pod("stray", labels: ["app": "x"]), Samples.pod("foreign", owner: "other"), Samples.pod("own"),
        ]
        let outcome = ReplicaSets.plan(Self.set(3), pods: pods, siblings: [])
        #expect(outcome.claims.count == 2)
        #expect(Set(outcome.active.map(\.name)) == ["free", "own"])
        #expect(outcome.creations == 1)
        #expect(outcome.pod["metadata"]?["generateName"]?.string == "set-")
    }

    @Test("the status counts pods, and keeps the first failure until it is over") func status() {
        let ready = Samples.pod("a", readySince: Samples.now.adding(seconds: -5).description)
        var slow = Self.set(2)
        slow[path: "spec", "minReadySeconds"] = 10
        let plan = ReplicaSets.status(
            of: slow, active: [ready, Samples.pod("b")], terminating: 1, failure: .init(reason: "FailedCreate", message: "quota"), now: Samples.now)
        #expect(plan.again == 5)
        #expect(plan.status?["readyReplicas"]?.int == 1)
        #expect(plan.status?["availableReplicas"] == nil)
        #expect(plan.status?["observedGeneration"]?.int == 2)
        #expect(Conditions.find("ReplicaFailure", in: plan.status)?["message"]?.string == "quota")
        var failed = slow
        failed["status"] = plan.status
        let over = ReplicaSets.status(of: failed, active: [ready, Samples.pod("b")], terminating: 0, failure: nil, now: Samples.now)
        #expect(Conditions.find("ReplicaFailure", in: over.status) == nil)
        #expect(over.status != nil)
    }

    static func service(_ spec: JSON = [:]) -> JSON {
        var service: JSON = [
            "metadata": ["name": "web", "namespace": "d", "uid": "svc"],
            "spec": ["selector": ["app": "web"], "ports": [["name": "h", "port": 80, "targetPort": "http", "protocol": "TCP"]], "ipFamilies": ["IPv4"]],
        ]
        for (key, value) in spec.object ?? [:] { service[path: "spec", key] = value }
        return service
    }

    @Test("more than a hundred endpoints take a second slice") func slices() {
        let pods = (0..<150).map { Samples.pod("p\($0)", node: "n", readySince: "2026-01-01T00:00:00Z", ip: "10.0.0.\($0)") }
        let made = EndpointSlices.plan(service: Self.service(), pods: pods, slices: [], nodes: [:]).created
        #expect(made.map { $0["endpoints"]?.array?.count ?? 0 } == [100, 50])
        #expect(made.first?["ports"] == [["name": "h", "port": 8080, "protocol": "TCP"]])
        #expect(made.first?.labels["kubernetes.io/service-name"] == "web")
    }

    @Test("slices that are right stay as they are, and without pods one empty slice remains") func settled() {
        let pods = [Samples.pod("p", node: "n", readySince: "2026-01-01T00:00:00Z", ip: "10.0.0.1")]
        var slice = EndpointSlices.plan(service: Self.service(), pods: pods, slices: [], nodes: [:]).created[0]
        slice[path: "metadata", "name"] = "web-x"
        #expect(EndpointSlices.plan(service: Self.service(), pods: pods, slices: [slice], nodes: [:]).changes.isEmpty)
        #expect(EndpointSlices.plan(service: Self.service(), pods: [], slices: [], nodes: [:]).created.count == 1)
    }

    @Test("two families make two slices, and an unready or leaving pod is told apart") func conditions() {
        var dual = Samples.pod("p", node: "n", ip: "10.0.0.1")
        dual[path: "status", "podIPs"] = [["ip": "10.0.0.1"], ["ip": "fd00::1"]]
        let made = EndpointSlices.plan(service: Self.service(["ipFamilies": ["IPv4", "IPv6"]]), pods: [dual], slices: [], nodes: ["n": ["topology.kubernetes.io/zone": "z"]]).created
        #expect(Set(made.map { $0["addressType"]?.string }) == ["IPv4", "IPv6"])
        let entry = made.first?["endpoints"]?[at: 0]
        #expect(entry?["conditions"] == ["ready": false, "serving": false, "terminating": false])
        #expect(entry?["zone"]?.string == "z")
    }
}
