import JSONValue
import KubeModel
import Reconcile

/// Objects as the API would hold them.
enum Samples {
    static let now = Timestamp(seconds: 1_790_000_000)

    static func deployment(_ replicas: Int64, image: String = "a", strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"]], status: JSON = [:]) -> JSON {
        [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "web", "namespace": "d", "uid": "dep", "generation": 1, "resourceVersion": "5"],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["app": "web"]], "strategy": strategy, "progressDeadlineSeconds": 600,
                "revisionHistoryLimit": 2, "template": template(image),
            ],
            "status": status,
        ]
    }

    static func template(_ image: String) -> JSON {
        ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "c", "image": .string(image)]]]]
    }

    static func set(_ name: String, image: String, size: Int64, available: Int64, revision: Int = 1, desired: Int64) -> JSON {
        var template = template(image)
        template[path: "metadata", "labels", "pod-template-hash"] = .string(name)
        return [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string(name), "namespace": "d", "uid": .string("uid-" + name), "labels": ["app": "web"],
                "creationTimestamp": .string("2026-01-0\(revision)T00:00:00Z"),
                "annotations": [
                    "deployment.kubernetes.io/revision": JSON(String(revision)),
                    "deployment.kubernetes.io/desired-replicas": .string(String(desired)),
                    "deployment.kubernetes.io/max-replicas": .string(String(desired + (desired + 3) / 4)),
                ],
                "ownerReferences": [
                    OwnerReference(apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "dep", isController: true, blocksDeletion: true).json
                ],
            ],
            "spec": ["replicas": .int(size), "template": template],
            "status": ["replicas": .int(size), "readyReplicas": .int(available), "availableReplicas": .int(available)],
        ]
    }

    static func pod(_ name: String, node: String = "", phase: String = "Running", readySince: String? = nil, labels: [String: String] = ["app": "web"], cost: String? = nil, owner: String? = "set", ip: String? = nil) -> JSON {
        var pod: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": "d", "uid": .string("uid-" + name), "labels": JSON(labels), "creationTimestamp": "2026-01-01T00:00:00Z"],
            "spec": ["nodeName": .string(node), "containers": [["name": "c", "ports": [["name": "http", "containerPort": 8080]]]]],
            "status": ["phase": .string(phase)],
        ]
        if let owner {
            pod[path: "metadata", "ownerReferences"] = [
                OwnerReference(apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: "uid-" + owner, isController: true).json
            ]
        }
        if let cost { pod[path: "metadata", "annotations"] = ["controller.kubernetes.io/pod-deletion-cost": .string(cost)] }
        if let readySince {
            pod[path: "status", "conditions"] = [["type": "Ready", "status": "True", "lastTransitionTime": .string(readySince)]]
        }
        if let ip { pod[path: "status", "podIPs"] = [["ip": .string(ip)]] }
        return pod
    }
}

extension Plan {
    /// The sizes that the plan gives to ReplicaSets, by name.
    var sizes: [String: Int64] {
        var result: [String: Int64] = [:]
        for case .replace(let target, let object) in changes where target.resource == ReplicaSets.resource {
            result[target.name] = object["spec"]?["replicas"]?.int
        }
        return result
    }

    /// What the plan makes.
    var created: [JSON] {
        changes.compactMap { if case .create(_, let object) = $0 { object } else { nil } }
    }

    /// The status that the plan writes.
    var status: JSON? {
        for case .replace(let target, let object) in changes where target.subresource == "status" { return object["status"] }
        return nil
    }
}
