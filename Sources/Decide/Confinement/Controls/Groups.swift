import JSONValue
import OCIModel
import PolicyModel

/// The groups that every container of a pod is a member of, beside those of its image.
///
/// Source: Kubernetes API, `PodSecurityContext`; KEP-3619 for the policy.
enum SupplementalGroups {
    static let id: ControlID = "supplementalGroups"

    /// `fsGroup` first, then the groups as written, each once.
    static func decide(_ scope: PodScope, _ findings: inout Findings) -> [UInt32] {
        var groups: [UInt32] = []
        func add(_ value: JSON, _ path: FieldPath, _ control: ControlID, _ findings: inout Findings) {
            let group = RunAsUser.checked(
                value, path, control, ids: scope.ids, hasOwnUsers: scope.hasOwnUsers, &findings)
            if !groups.contains(group) { groups.append(group) }
        }
        if let value = scope.context?["fsGroup"], !value.isNull {
            add(value, scope.contextPath.child("fsGroup"), FSGroup.id, &findings)
        }
        let path = scope.contextPath.child(id.rawValue)
        for (index, value) in (scope.context?[id.rawValue]?.array ?? []).enumerated() {
            add(value, path.index(index), id, &findings)
            findings.decided(by: path)
        }
        return groups
    }

    /// Whether groups that the image's `/etc/group` gives to the user are left out.
    static func isStrict(_ scope: PodScope, _ findings: inout Findings) -> Bool {
        guard let policy = scope.context?["supplementalGroupsPolicy"]?.string else { return false }
        let path = scope.contextPath.child("supplementalGroupsPolicy")
        findings.decided(by: path)
        switch policy {
        case "Merge": return false
        case "Strict": return true
        default:
            findings.refuse(
                id, .groupsPolicy, at: path, found: policy,
                "SupplementalGroupsPolicy=\(policy) is not supported in this node",
                remedy: "set \(path) to Merge or Strict")
            return true
        }
    }
}

/// The group that the files of a pod's volumes are given to.
///
/// Source: Kubernetes documentation, "Configure volume permission and ownership change policy for Pods"; KEP-695.
enum FSGroup {
    static let id: ControlID = "fsGroup"
    /// Volumes whose files are the node's or nobody's to change.
    private static let foreign: Set<String> = ["hostPath", "nfs", "cephfs", "glusterfs", "image"]

    static func decide(_ scope: PodScope, _ users: RuntimeIDMapping?, _ findings: inout Findings) -> FSGroupPlan? {
        guard let number = scope.context?["fsGroup"]?.int, let group = UInt32(exactly: number),
            UInt64(group) < scope.ids
        else { return nil }
        findings.decided(by: scope.contextPath.child(id.rawValue))
        let volumes = (scope.spec["volumes"]?.array ?? []).compactMap { volume -> String? in
            guard let name = volume["name"]?.string, foreign.allSatisfy({ volume[$0] == nil }) else { return nil }
            return scope.identity.volumes[name]?.takesOwnership == false ? nil : name
        }
        let policy = FSGroupPlan.ChangePolicy(rawValue: scope.context?["fsGroupChangePolicy"]?.string ?? "") ?? .always
        return FSGroupPlan(group: group, nodeGroup: (users?.hostID ?? 0) + group, policy: policy, volumes: volumes)
    }
}
