import JSONValue
import KubeModel
import PolicyModel

/// The user that each container's processes run as.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Users and groups", RunAsUser.
enum RunAsUser: PolicyRule {
    static let id: ControlID = "runAsUser"

    private enum Strategy {
        case any, nonRoot
        case within([IDRange])

        init?(_ options: JSON?) {
            switch options?["rule"]?.string {
            case "RunAsAny": self = .any
            case "MustRunAsNonRoot": self = .nonRoot
            case "MustRunAs":
                let ranges = IDRange.ranges(in: options)
                if ranges.isEmpty { return nil }
                self = .within(ranges)
            default: return nil
            }
        }
    }

    static func fault(in policy: Policy) -> String? {
        let options = policy.spec.member("runAsUser")
        if Strategy(options) != nil { return nil }
        let rule = options?["rule"]?.string ?? ""
        return rule == "MustRunAs"
            ? "spec.runAsUser.ranges is empty, and MustRunAs needs a range"
            : "spec.runAsUser.rule \(goQuoted(rule)) is not known"
    }

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        guard let strategy = Strategy(policy.spec.member("runAsUser")), container.effective("runAsUser") == nil else {
            return
        }
        switch strategy {
        case .any: break
        case .within(let ranges):
            if let user = ranges.first?.min { container.setSetting("runAsUser", to: .int(user)) }
        case .nonRoot:
            // The image's user is not known here: the node checks it when it sees this mark.
            if container.effective("runAsNonRoot") == nil { container.setSetting("runAsNonRoot", to: true) }
        }
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        guard let strategy = Strategy(policy.spec.member("runAsUser")) else { return [] }
        let user = container.effective("runAsUser")?.int
        let userPath = container.contextPath.child("runAsUser")
        let nonRootPath = container.contextPath.child("runAsNonRoot")
        switch strategy {
        case .any: return []
        case .within(let ranges):
            let remedy = "set \(userPath) to a user of \(ranges.words)"
            guard let user else { return [Breach(id, .required(userPath), found: "", remedy: remedy)] }
            if ranges.contains(id: user) { return [] }
            let error = FieldError.invalid(userPath, .int(user), "must be in the ranges: \(ranges.printed)")
            return [Breach(id, error, found: String(user), remedy: remedy)]
        case .nonRoot:
            let nonRoot = container.effective("runAsNonRoot")?.bool
            if nonRoot == nil, user == nil {
                return [
                    Breach(id, .required(nonRootPath, "must be true"), found: "", remedy: "set \(nonRootPath) to true")
                ]
            }
            if nonRoot == false {
                let error = FieldError.invalid(nonRootPath, false, "must be true")
                return [Breach(id, error, found: "false", remedy: "remove \(nonRootPath) or set it to true")]
            }
            if user == 0 {
                let error = FieldError.invalid(userPath, 0, "running with the root UID is forbidden")
                return [Breach(id, error, found: "0", remedy: "set \(userPath) to a user other than 0")]
            }
            return []
        }
    }
}
