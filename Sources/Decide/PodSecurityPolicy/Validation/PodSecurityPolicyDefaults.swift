public import JSONValue

/// What a PodSecurityPolicy is given before it is validated and stored.
///
/// Source: Kubernetes 1.20, `policy/v1beta1`.
public enum PodSecurityPolicyDefaults {
    /// The policy with its defaults and in stored form: privilege escalation is allowed where nothing is said, members
    /// that the API does not tell from absent ones are left out, and those that it always writes are there.
    public static func applied(to policy: JSON) -> JSON {
        var result = policy
        let given = policy.member("spec") ?? [:]
        guard let members = given.object?.members else { return policy }
        var spec = JSONObject()
        for member in members {
            if let value = stored(member.key, member.value) { spec[member.key] = value }
        }
        for field in ["seLinux", "runAsUser"] where spec[field] == nil { spec[field] = ["rule": ""] }
        for field in ["supplementalGroups", "fsGroup"] where spec[field] == nil { spec[field] = [:] }
        if spec["allowPrivilegeEscalation"] == nil { spec["allowPrivilegeEscalation"] = true }
        result["spec"] = .object(spec)
        return result
    }

    private static func stored(_ field: String, _ value: JSON) -> JSON? {
        switch field {
        case "allowPrivilegeEscalation", "defaultAllowPrivilegeEscalation": return value.isNull ? nil : value
        case "seLinux":
            guard value.object != nil else { return value.isNull ? nil : value }
            var strategy = value
            strategy["rule"] = value.member("rule") ?? ""
            if let context = value.member("seLinuxOptions") {
                strategy["seLinuxOptions"] = context.withoutEmptyMembers
            } else {
                strategy["seLinuxOptions"] = nil
            }
            return strategy
        case "runAsUser", "runAsGroup":
            guard value.object != nil else { return value.isNull ? nil : value }
            var strategy = value.withoutEmptyMembers
            strategy["rule"] = value.member("rule") ?? ""
            return strategy
        case "supplementalGroups", "fsGroup":
            return value.isNull ? nil : value.withoutEmptyMembers
        case "runtimeClass":
            guard value.object != nil else { return value.isNull ? nil : value }
            var strategy = value
            strategy["allowedRuntimeClassNames"] = value["allowedRuntimeClassNames"] ?? .null
            if value.member("defaultRuntimeClassName") == nil { strategy["defaultRuntimeClassName"] = nil }
            return strategy
        case "allowedHostPaths":
            guard let paths = value.array, !paths.isEmpty else { return value.isEmptyValue ? nil : value }
            return .array(paths.map(\.withoutEmptyMembers))
        default:
            return value.isEmptyValue ? nil : value
        }
    }
}

extension JSON {
    /// An object without the members that hold Go's zero value.
    fileprivate var withoutEmptyMembers: JSON {
        guard let object else { return self }
        return .object(JSONObject(members: object.members.filter { !$0.value.isEmptyValue }))
    }
}
