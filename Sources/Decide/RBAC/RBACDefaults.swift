public import JSONValue

/// What the server fills in where a binding leaves it out.
public enum RBACDefaults {
    /// Sets `roleRef.apiGroup`, and the `apiGroup` of subjects that are users or groups.
    public static func apply(to object: inout JSON, kind: RBACKind) {
        switch kind {
        case .role, .clusterRole: return
        case .roleBinding, .clusterRoleBinding: break
        }
        if (object[path: "roleRef", "apiGroup"]?.string ?? "").isEmpty {
            object[path: "roleRef", "apiGroup"] = .string(RBACKind.group)
        }
        guard let subjects = object["subjects"]?.array else { return }
        object["subjects"] = .array(
            subjects.map { subject in
                guard (subject["apiGroup"]?.string ?? "").isEmpty, let kind = subject["kind"]?.string,
                    kind == "User" || kind == "Group"
                else { return subject }
                var filled = subject
                filled["apiGroup"] = .string(RBACKind.group)
                return filled
            })
    }
}
