import JSONValue
import PolicyModel

/// The groups that the pod's processes have beside their own.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Users and groups", SupplementalGroups.
enum SupplementalGroups: PolicyRule {
    static let id: ControlID = "supplementalGroups"

    static func fault(in policy: Policy) -> String? {
        GroupStrategy.fault(id, policy.spec.member("supplementalGroups"))
    }

    static func setDefaults(in pod: inout Pod, by policy: Policy) {
        // An empty list is a choice of the user's, and is not filled.
        guard pod.setting("supplementalGroups") == nil,
            let group = GroupStrategy(policy.spec.member("supplementalGroups"))?.defaultGroup
        else { return }
        pod.setSetting("supplementalGroups", to: [.int(group)])
    }

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        let path: FieldPath = "spec.securityContext.supplementalGroups"
        let groups = pod.setting("supplementalGroups")?.array?.compactMap(\.int)
        return GroupStrategy(policy.spec.member("supplementalGroups"))?.breaches(id, groups, errorAt: path, field: path)
            ?? []
    }
}
