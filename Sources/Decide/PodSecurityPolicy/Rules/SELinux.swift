import JSONValue
import KubeModel
import PolicyModel

/// The SELinux context of the pod and of each container.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "SELinux".
enum SELinux: PolicyRule {
    static let id: ControlID = "seLinux"

    private enum Strategy {
        case any
        case must(JSON)

        init?(_ options: JSON?) {
            switch options?["rule"]?.string {
            case "RunAsAny": self = .any
            case "MustRunAs":
                guard let context = options?.member("seLinuxOptions") else { return nil }
                self = .must(context)
            default: return nil
            }
        }
    }

    static func fault(in policy: Policy) -> String? {
        let options = policy.spec.member("seLinux")
        if Strategy(options) != nil { return nil }
        let rule = options?["rule"]?.string ?? ""
        return rule == "MustRunAs"
            ? "spec.seLinux.seLinuxOptions is not set, and MustRunAs needs it"
            : "spec.seLinux.rule \(goQuoted(rule)) is not known"
    }

    static func setDefaults(in pod: inout Pod, by policy: Policy) {
        guard pod.setting("seLinuxOptions") == nil, case .must(let context)? = Strategy(policy.spec.member("seLinux"))
        else { return }
        pod.setSetting("seLinuxOptions", to: context)
    }

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        guard container.effective("seLinuxOptions") == nil,
            case .must(let context)? = Strategy(policy.spec.member("seLinux"))
        else { return }
        container.setSetting("seLinuxOptions", to: context)
    }

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        breaches(pod.setting("seLinuxOptions"), at: "spec.securityContext.seLinuxOptions", policy)
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        breaches(container.effective("seLinuxOptions"), at: container.contextPath.child("seLinuxOptions"), policy)
    }

    private static func breaches(_ found: JSON?, at path: FieldPath, _ policy: Policy) -> [Breach] {
        guard case .must(let wanted)? = Strategy(policy.spec.member("seLinux")) else { return [] }
        guard let found else { return [Breach(id, .required(path), found: "", remedy: "set \(path) to \(wanted)")] }
        return ["level", "role", "type", "user"].compactMap { part in
            let actual = found[part]?.string ?? ""
            let expected = wanted[part]?.string ?? ""
            if part == "level" ? sameLevel(expected, actual) : expected == actual { return nil }
            let field = path.child(part)
            let remedy = expected.isEmpty ? "remove \(field)" : "set \(field) to \(expected)"
            return Breach(id, .invalid(field, .string(actual), "must be \(expected)"), found: actual, remedy: remedy)
        }
    }

    /// Whether two levels such as `s0:c1,c2` are the same, whatever the order of their categories.
    static func sameLevel(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        let left = one.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let right = other.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard left.count == 2, right.count == 2, left[0] == right[0] else { return false }
        return left[1].split(separator: ",", omittingEmptySubsequences: false).sorted()
            == right[1].split(separator: ",", omittingEmptySubsequences: false).sorted()
    }
}
