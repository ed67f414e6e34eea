import JSONValue

/// The defaults of the policy group.
enum PolicyDefaults {
    static func apply(to object: inout JSON, kind: String) {
        // Policies from before the field was added stay as permissive as they were.
        if kind == "PodSecurityPolicy" { object.editOrCreate("spec") { $0.fill("allowPrivilegeEscalation", true) } }
    }
}

/// The defaults of the rbac.authorization.k8s.io group.
enum RBACDefaults {
    private static let group: JSON = "rbac.authorization.k8s.io"

    static func apply(to object: inout JSON, kind: String) {
        guard kind == "RoleBinding" || kind == "ClusterRoleBinding" else { return }
        object.editOrCreate("roleRef") { $0.fill("apiGroup", group) }
        object.editEach("subjects") { subject in
            if subject.text("kind") == "User" || subject.text("kind") == "Group" { subject.fill("apiGroup", group) }
        }
    }
}

/// The defaults of the admissionregistration.k8s.io group.
enum AdmissionRegistrationDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "ValidatingWebhookConfiguration": object.editEach("webhooks") { webhook(&$0) }
        case "MutatingWebhookConfiguration":
            object.editEach("webhooks") { hook in
                webhook(&hook)
                hook.fill("reinvocationPolicy", "Never")
            }
        case "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy":
            object.editOrCreate("spec") { spec in
                spec.fill("failurePolicy", "Fail")
                if kind == "MutatingAdmissionPolicy" { spec.fill("reinvocationPolicy", "Never") }
                spec.edit("matchConstraints") { matchResources(&$0) }
            }
        case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding":
            object.edit("spec") { spec in spec.edit("matchResources") { matchResources(&$0) } }
        default: break
        }
    }

    private static func webhook(_ hook: inout JSON) {
        hook.fill("failurePolicy", "Fail")
        hook.fill("matchPolicy", "Equivalent")
        hook.fill("namespaceSelector", [:])
        hook.fill("objectSelector", [:])
        hook.fill("timeoutSeconds", 10)
        hook.editEach("rules") { $0.fill("scope", "*") }
        hook.edit("clientConfig") { config in config.edit("service") { $0.fill("port", 443) } }
    }

    private static func matchResources(_ match: inout JSON) {
        match.fill("matchPolicy", "Equivalent")
        match.fill("namespaceSelector", [:])
        match.fill("objectSelector", [:])
        for field in ["resourceRules", "excludeResourceRules"] { match.editEach(field) { $0.fill("scope", "*") } }
    }
}

/// The defaults of the apiextensions.k8s.io group.
enum CustomResourceDefinitionDefaults {
    static func apply(to object: inout JSON, kind: String) {
        guard kind == "CustomResourceDefinition" else { return }
        object.editOrCreate("spec") { spec in
            spec.editOrCreate("names") { names in
                let kind = names.text("kind")
                if !kind.isEmpty {
                    names.fill("singular", .string(kind.lowercased()))
                    names.fill("listKind", .string(kind + "List"))
                }
            }
            spec.fill("conversion", ["strategy": "None"])
            spec.edit("conversion") { conversion in
                conversion.edit("webhook") { webhook in
                    webhook.edit("clientConfig") { config in config.edit("service") { $0.fill("port", 443) } }
                }
            }
        }
        let stored = object["spec"]?.elements("versions").first { $0["storage"] == true }?["name"]
        if let stored { object.editOrCreate("status") { $0.fillEmpty("storedVersions", .array([stored])) } }
    }
}
