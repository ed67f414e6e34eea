import JSONValue
import KubeModel
import PolicyModel

/// How `/proc` is mounted: as usual, or as the policy lists.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "AllowedProcMountTypes".
enum ProcMount: PolicyRule {
    static let id: ControlID = "allowedProcMountTypes"

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        var allowed = policy.spec.member("allowedProcMountTypes")?.strings ?? []
        if allowed.isEmpty { allowed = ["Default"] }
        let found = container.setting("procMount")?.string ?? "Default"
        if allowed.contains(found) { return [] }
        let path = container.contextPath.child("procMount")
        let error = FieldError.invalid(path, .string(found), "ProcMountType is not allowed")
        return [Breach(id, error, found: found, remedy: "set \(path) to one of " + allowed.joined(separator: ", "))]
    }
}
