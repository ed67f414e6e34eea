import JSONValue
import Scheduling

/// Makes objects from a seed: few names, labels and sizes, so that they meet.
struct Cluster {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
    mutating func pick(_ options: [String]) -> String { options[below(options.count)] }

    mutating func node(named name: String) -> JSON {
        var node: JSON = [
            "kind": "Node", "metadata": ["name": .string(name), "labels": ["zone": .string(pick(["x", "y"])), "host": .string(name)]],
            "spec": [:], "status": ["allocatable": ["cpu": .int(Int64(2 + below(4))), "memory": "8Gi", "pods": .int(Int64(3 + below(6)))]],
        ]
        if below(4) == 0 { node[path: "spec", "taints"] = [["key": "t", "value": .string(pick(["1", "2"])), "effect": "NoSchedule"]] }
        if below(3) == 0 { node[path: "status", "images"] = [["names": [.string(pick(["i:1", "i:2"]))], "sizeBytes": 99_000_000]] }
        return node
    }

    mutating func pod(named name: String, on node: String?) -> JSON {
        var container: JSON = ["name": "c", "resources": ["requests": ["cpu": .string("\(below(12) * 250)m")]]]
        if below(4) == 0 { container["ports"] = [["hostPort": .int(Int64(80 + below(2))), "containerPort": 80]] }
        var pod: JSON = [
            "kind": "Pod", "metadata": ["name": .string(name), "namespace": "default", "labels": ["app": .string(pick(["web", "db"]))]],
            "spec": ["priority": .int(Int64(below(4))), "containers": [container]],
        ]
        if let node { pod[path: "spec", "nodeName"] = .string(node) }
        if below(3) == 0 { pod[path: "spec", "tolerations"] = [["key": "t", "operator": "Equal", "value": .string(pick(["1", "2"]))]] }
        if below(4) == 0 { pod[path: "spec", "nodeSelector"] = ["zone": .string(pick(["x", "y"]))] }
        let kind = pick(["podAffinity", "podAntiAffinity", "", "", ""])
        if !kind.isEmpty {
            pod[path: "spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"] = [
                ["topologyKey": .string(pick(["zone", "host"])), "labelSelector": ["matchLabels": ["app": .string(pick(["web", "db"]))]]]
            ]
        }
        if below(4) == 0 {
            pod[path: "spec", "topologySpreadConstraints"] = [
                [
                    "maxSkew": .int(Int64(1 + below(2))), "topologyKey": .string(pick(["zone", "host"])), "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": ["matchLabels": ["app": .string(pick(["web", "db"]))]], "minDomains": .int(Int64(1 + below(3))),
                ]
            ]
        }
        return pod
    }

    mutating func object() -> JSON {
        switch below(8) {
        case 0, 1: return node(named: "n\(below(5))")
        case 2: return ["kind": "Namespace", "metadata": ["name": .string("s\(below(3))"), "labels": ["a": .string(pick(["1", "2"]))]]]
        case 3:
            let selector: JSON = ["matchLabels": ["app": .string(pick(["web", "db"]))]]
            return ["kind": "PodDisruptionBudget", "metadata": ["name": .string("b\(below(3))")], "spec": ["selector": selector]]
        case 4: return ["kind": "Service", "metadata": ["name": .string("v\(below(3))")], "spec": ["selector": ["app": .string(pick(["web", "db"]))]]]
        default:
            var made = pod(named: "p\(below(12))", on: below(4) == 0 ? nil : "n\(below(5))")
            if below(5) == 0 { made["status"] = ["nominatedNodeName": .string("n\(below(5))")] }
            return made
        }
    }

    mutating func objects(nodes: Int, pods: Int) -> [JSON] {
        (0..<nodes).map { node(named: "n\($0)") } + (0..<pods).map { pod(named: "p\($0)", on: "n\(below(nodes))") }
    }

    mutating func snapshot(nodes: Int, pods: Int) -> ClusterSnapshot {
        var snapshot = ClusterSnapshot()
        for object in objects(nodes: nodes, pods: pods) { snapshot.put(object) }
        return snapshot
    }
}
