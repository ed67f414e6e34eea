import JSONValue
import PolicyModel

/// The group that owns the pod's volumes.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Volumes and file systems", FSGroup.
enum FSGroup: PolicyRule {
    static let id: ControlID = "fsGroup"

    static func fault(in policy: Policy) -> String? { GroupStrategy.fault(id, policy.spec.member("fsGroup")) }

    static func setDefaults(in pod: inout Pod, by policy: Policy) {
        guard pod.setting("fsGroup") == nil, let group = GroupStrategy(policy.spec.member("fsGroup"))?.defaultGroup
        else { return }
        pod.setSetting("fsGroup", to: .int(group))
    }

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        let path: FieldPath = "spec.securityContext.fsGroup"
        let groups = pod.setting("fsGroup")?.int.map { [$0] }
        return GroupStrategy(policy.spec.member("fsGroup"))?.breaches(id, groups, errorAt: path, field: path) ?? []
    }
}
