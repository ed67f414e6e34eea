import JSONValue
import PolicyModel

/// The primary group of each container's processes. A policy that is silent allows any.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Users and groups", RunAsGroup.
enum RunAsGroup: PolicyRule {
    static let id: ControlID = "runAsGroup"

    static func fault(in policy: Policy) -> String? {
        policy.spec.member("runAsGroup").flatMap { GroupStrategy.fault(id, $0) }
    }

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        guard container.effective("runAsGroup") == nil,
            let group = GroupStrategy(policy.spec.member("runAsGroup"))?.defaultGroup
        else { return }
        container.setSetting("runAsGroup", to: .int(group))
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        let groups = container.effective("runAsGroup")?.int.map { [$0] }
        // Kubernetes names the security context here, not the field.
        return GroupStrategy(policy.spec.member("runAsGroup"))?.breaches(
            id, groups, errorAt: container.contextPath, field: container.contextPath.child("runAsGroup")) ?? []
    }
}
