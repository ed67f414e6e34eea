import JSONValue
import KubeModel

/// The object by which the API shows a static pod. It can be read and its logs be followed; to change or delete it changes
/// nothing of the pod.
///
/// Source: Kubernetes documentation, "Create static Pods"; NodeRestriction says what such an object must have.
enum MirrorPod {
    static let annotation = "kubernetes.io/config.mirror"

    static func isMirror(_ pod: JSON) -> Bool { pod["metadata"]?["annotations"]?[annotation] != nil }

    /// The uid of the static pod that it shows.
    static func original(of mirror: JSON) -> String { mirror["metadata"]?["annotations"]?[annotation]?.string ?? "" }

    /// The object to create for a static pod.
    ///
    /// - Parameter nodeUID: the uid of the Node, which owns it.
    static func of(_ pod: JSON, node: String, nodeUID: String) -> JSON {
        var metadata: JSON = ["name": .string(pod.name), "namespace": .string(pod.namespace)]
        metadata["labels"] = pod["metadata"]?["labels"]
        var annotations = pod["metadata"]?["annotations"]?.stringMap ?? [:]
        annotations[annotation] = pod.uid
        metadata["annotations"] = JSON(annotations)
        metadata["ownerReferences"] = [
            ["apiVersion": "v1", "kind": "Node", "name": .string(node), "uid": .string(nodeUID), "controller": true]
        ]
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"] ?? [:]]
    }

    /// What has to be done so that the API shows the static pods as they are.
    enum Step: Hashable, Sendable {
        case create(JSON)
        /// It shows what is no more, or somebody deleted it.
        case remove(JSON)
    }

    /// What has to be done next.
    ///
    /// - Parameters:
    ///   - pods: the static pods that the files ask for, by `namespace/name`.
    ///   - ending: the uids of static pods that are no longer asked for and still run.
    ///   - present: every pod that the API has for the node, by `namespace/name`.
    static func steps(pods: [String: JSON], ending: Set<String>, present: [String: JSON]) -> [Step] {
        var steps: [Step] = []
        for (key, mirror) in present.sorted(by: { $0.key < $1.key }) where isMirror(mirror) {
            let original = original(of: mirror)
            let isRight = pods[key]?.uid == original || (pods[key] == nil && ending.contains(original))
            if !isRight || mirror.isBeingDeleted { steps.append(.remove(mirror)) }
        }
        // In the place of an object that is still there nothing can be made; its end tells.
        for (key, pod) in pods.sorted(by: { $0.key < $1.key }) where present[key] == nil { steps.append(.create(pod)) }
        return steps
    }
}
