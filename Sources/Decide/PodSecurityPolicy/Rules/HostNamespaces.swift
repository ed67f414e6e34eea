import JSONValue
import KubeModel
import PolicyModel

/// The node's namespaces are shared only where the policy says so.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Host namespaces".
enum HostNamespaces: PolicyRule {
    static let id: ControlID = "hostNamespaces"

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        let namespaces = [("hostNetwork", "network"), ("hostPID", "PID"), ("hostIPC", "IPC")]
        return namespaces.compactMap { field, word in
            guard !policy.allows(field), let shared = pod.field(field), shared != false else { return nil }
            // The internal form of a pod, which Kubernetes reports, has these fields in its security context.
            let error = FieldError.invalid(
                FieldPath("spec.securityContext").child(field), true, "Host \(word) is not allowed to be used")
            let path = FieldPath("spec").child(field)
            return Breach(id, error, field: path, found: "true", remedy: "remove \(path) or set it to false")
        }
    }
}
