import JSONValue
import KubeModel
import PolicyModel

/// The runtime class of the pod. A policy that is silent allows any.
///
/// Source: Kubernetes 1.20, PodSecurityPolicySpec, `runtimeClass`.
enum RuntimeClass: PolicyRule {
    static let id: ControlID = "runtimeClass"

    static func setDefaults(in pod: inout Pod, by policy: Policy) {
        guard pod.field("runtimeClassName") == nil,
            let name = policy.spec.member("runtimeClass")?.member("defaultRuntimeClassName")
        else { return }
        pod.setField("runtimeClassName", to: name)
    }

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        guard let options = policy.spec.member("runtimeClass"), let name = pod.field("runtimeClassName")?.string else {
            return []
        }
        let allowed = options.member("allowedRuntimeClassNames")?.strings ?? []
        if allowed.contains("*") || allowed.contains(name) { return [] }
        let path: FieldPath = "spec.runtimeClassName"
        let choice = allowed.isEmpty ? "" : " or set it to one of " + allowed.joined(separator: ", ")
        return [Breach(id, .invalid(path, .string(name), ""), found: name, remedy: "remove \(path)\(choice)")]
    }
}
