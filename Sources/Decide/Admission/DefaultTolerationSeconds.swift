public import JSONValue

/// A pod that says nothing of an unready or unreachable node stays bound to it for five minutes.
///
/// Source: Kubernetes documentation, "Admission Controllers", DefaultTolerationSeconds.
public enum DefaultTolerationSeconds {
    static let seconds: Int64 = 300

    /// Adds the two tolerations that the pod does not have.
    public static func mutate(_ pod: inout JSON) {
        var tolerations = pod["spec"]?["tolerations"]?.array ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                let effect = toleration["effect"]?.string ?? ""
                let named = toleration["key"]?.string ?? ""
                return (named == key || named.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if isTolerated { continue }
            tolerations.append(["key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .int(seconds)])
        }
        pod[path: "spec", "tolerations"] = .array(tolerations)
    }
}
