import JSONValue
import KubeModel
import PolicyModel

/// Processes can gain no more privileges than their parent, unless the policy lets them. A policy that is silent does.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Privilege Escalation".
enum AllowPrivilegeEscalation: PolicyRule {
    static let id: ControlID = "allowPrivilegeEscalation"

    private static func isAllowed(by policy: Policy) -> Bool {
        policy.spec.member("allowPrivilegeEscalation").map { $0 == true } ?? true
    }

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        guard container.setting("allowPrivilegeEscalation") == nil else { return }
        if let value = policy.spec.member("defaultAllowPrivilegeEscalation") {
            container.setSetting("allowPrivilegeEscalation", to: value)
        } else if !isAllowed(by: policy) {
            container.setSetting("allowPrivilegeEscalation", to: false)
        }
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        let found = container.setting("allowPrivilegeEscalation")
        if isAllowed(by: policy) || found == false { return [] }
        let path = container.contextPath.child("allowPrivilegeEscalation")
        let error = FieldError.invalid(
            path, found ?? "null", "Allowing privilege escalation for containers is not allowed")
        return [Breach(id, error, found: found?.description ?? "", remedy: "set \(path) to false")]
    }
}
