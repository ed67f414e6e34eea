public import JSONValue
public import KubeModel

/// The scale subresource (autoscaling/v1) of workloads.
public enum ScaleConversion {
    /// The scale of a deployment, replica set, stateful set or replication controller.
    public static func scale(of object: JSON, kind: GroupVersionKind) -> JSON {
        var metadata: JSON = [:]
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[field] = object[path: "metadata", field]
        }
        var spec: JSON = [:]
        if let replicas = object[path: "spec", "replicas"], replicas != 0 { spec["replicas"] = replicas }
        var status: JSON = ["replicas": object[path: "status", "replicas"] ?? 0]
        let selector = selectorText(
            of: object[path: "spec", "selector"] ?? [:], isMap: kind.kind == "ReplicationController")
        if !selector.isEmpty { status["selector"] = .string(selector) }
        return ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status]
    }

    /// Gives an object the number of replicas that a scale asks for. The uid and the resource version of the scale,
    /// when it has them, are preconditions for the caller to check.
    public static func apply(_ scale: JSON, to object: inout JSON) {
        object[path: "spec", "replicas"] = scale[path: "spec", "replicas"] ?? 0
    }

    /// A selector as text: requirements in the order of their keys.
    static func selectorText(of selector: JSON, isMap: Bool) -> String {
        var parts: [(key: String, text: String)] = []
        for (key, value) in (isMap ? selector.object : selector["matchLabels"]?.object) ?? JSONObject() {
            parts.append((key, "\(key)=\(value.string ?? "")"))
        }
        if !isMap {
            for expression in selector.elements("matchExpressions") {
                let key = expression.text("key")
                let values = (expression["values"]?.strings ?? []).sorted().joined(separator: ",")
                switch expression.text("operator") {
                case "In": parts.append((key, "\(key) in (\(values))"))
                case "NotIn": parts.append((key, "\(key) notin (\(values))"))
                case "Exists": parts.append((key, key))
                case "DoesNotExist": parts.append((key, "!\(key)"))
                default: break
                }
            }
        }
        // The order of equal keys is that of the object.
        let ordered = parts.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
        return ordered.map(\.element.text).joined(separator: ",")
    }
}
