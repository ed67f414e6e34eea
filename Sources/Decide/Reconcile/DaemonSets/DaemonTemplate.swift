import JSONValue
import KubeModel

/// The pods that a DaemonSet makes.
struct DaemonTemplate {
    static let generationKey = "deprecated.daemonset.template.generation"
    private static let fieldKey = "metadata.name"
    private static let affinity = ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]

    /// The pod, without the node that it is for.
    let pod: JSON

    init(_ set: JSON, hash: String) {
        let template = set["spec"]?["template"]
        var metadata: JSON = ["generateName": .string(set.name.prefix(57) + "-"), "namespace": .string(set.namespace)]
        for key in ["labels", "annotations", "finalizers"] { metadata[key] = template?["metadata"]?[key] }
        metadata[path: "labels", ControllerRevisions.podLabel] = .string(hash)
        if let generation = set.annotations[Self.generationKey] { metadata[path: "labels", "pod-template-generation"] = .string(generation) }
        metadata["ownerReferences"] = [OwnerReference.controlling(set, apiVersion: "apps/v1", kind: "DaemonSet").json]
        var spec = template?["spec"] ?? [:]
        spec["tolerations"] = .array(Self.tolerations(spec))
        pod = ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec]
    }

    /// What pods of a DaemonSet put up with whatever their template says: the troubles of a node are no reason to leave it.
    private static func tolerations(_ spec: JSON) -> [JSON] {
        var keys = [
            ("node.kubernetes.io/not-ready", "NoExecute"), ("node.kubernetes.io/unreachable", "NoExecute"),
            ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
            ("node.kubernetes.io/pid-pressure", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ]
        if spec["hostNetwork"]?.bool == true { keys.append(("node.kubernetes.io/network-unavailable", "NoSchedule")) }
        var result = spec["tolerations"]?.array ?? []
        for (key, effect) in keys {
            let toleration: JSON = ["key": .string(key), "operator": "Exists", "effect": .string(effect)]
            // One for a while gives way to one for ever.
            if let at = result.firstIndex(where: { $0["key"]?.string == key && $0["operator"]?.string == "Exists" && $0["effect"]?.string == effect }) {
                result[at] = toleration
            } else {
                result.append(toleration)
            }
        }
        return result
    }

    /// The pod for a node: the scheduler finds it by the node's name.
    func pod(for node: String) -> JSON {
        var pod = pod
        let field: JSON = [["key": .string(Self.fieldKey), "operator": "In", "values": [.string(node)]]]
        let terms = pod[path: Self.affinity]?.array ?? []
        pod[path: Self.affinity] = .array(
            (terms.isEmpty ? [[:]] : terms).map { term in
                var term = term
                term["matchFields"] = field
                return term
            })
        return pod
    }

    /// The node that a pod is on or for.
    static func node(of pod: JSON) -> String? {
        if let node = pod["spec"]?["nodeName"]?.string, !node.isEmpty { return node }
        for term in pod[path: affinity]?.array ?? [] {
            for field in term["matchFields"]?.array ?? [] where field["key"]?.string == fieldKey && field["operator"]?.string == "In" {
                if let values = field["values"]?.strings, values.count == 1 { return values[0] }
            }
        }
        return nil
    }
}
