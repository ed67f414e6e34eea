public import JSONValue
public import KubeModel
import PolicyModel

/// The admission controls that users register: webhooks, and policies in CEL with their bindings.
///
/// Webhooks are not called and CEL is not evaluated here. A control that cannot be asked is treated as its
/// `failurePolicy` says for that case: with `Fail`, the default, what it would judge is refused; with `Ignore` it is let
/// through. So none of them is a protection that only seems to be there.
///
/// Source: Kubernetes documentation, "Dynamic Admission Control", failure policy; "Validating Admission Policy".
public struct RegisteredControls: Sendable {
    /// What a write is, as far as a control selects by it.
    public struct Write: Sendable {
        /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
        public var operation: String
        /// The resource that the request names, in its version.
        public var resource: GroupVersionResource
        /// Empty for the object itself.
        public var subresource: String
        /// Whether the resource lives in namespaces, for rules with a `scope`.
        public var isNamespaced: Bool
        /// The name of the object; empty where the request has none, as in a create with `generateName`.
        public var name: String
        /// The labels of the object as it would be, and as it is.
        public var labels: [[String: String]]
        /// The labels of its namespace; for a namespace its own; nil for what is in none.
        public var namespaceLabels: [String: String]?

        /// A write as it reached admission.
        public init(
            operation: String, resource: GroupVersionResource, subresource: String, isNamespaced: Bool, name: String,
            labels: [[String: String]], namespaceLabels: [String: String]?
        ) {
            self.operation = operation
            self.resource = resource
            self.subresource = subresource
            self.isNamespaced = isNamespaced
            self.name = name
            self.labels = labels
            self.namespaceLabels = namespaceLabels
        }
    }

    /// The kinds of the group whose objects register controls.
    public static let group = "admissionregistration.k8s.io"
    /// Their resources.
    public static let resources = [
        "validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
    ]

    private struct Webhook: Sendable {
        var name: String
        var match: ResourceMatch
    }
    private struct Policy: Sendable {
        var match: ResourceMatch
        var fails: Bool
    }
    private struct Binding: Sendable {
        var policy: String
        var match: ResourceMatch
        var denies: Bool
    }

    private var webhooks: [String: [Webhook]] = [:]
    private var policies: [String: Policy] = [:]
    private var bindings: [String: Binding] = [:]

    /// No controls.
    public init() {}

    /// Whether nothing is registered that could refuse.
    public var isEmpty: Bool { webhooks.isEmpty && bindings.isEmpty }

    /// Takes in a registering object as it is now; nil when it is gone.
    public mutating func set(_ resource: String, _ name: String, _ object: JSON?) {
        let key = "\(resource)/\(name)"
        switch resource {
        case "validatingwebhookconfigurations", "mutatingwebhookconfigurations":
            let failing = (object?["webhooks"]?.array ?? []).filter { $0["failurePolicy"]?.string != "Ignore" }
            let read = failing.map { Webhook(name: $0["name"]?.string ?? "", match: ResourceMatch($0, rules: "rules")) }
            webhooks[key] = read.isEmpty ? nil : read
        case "validatingadmissionpolicies", "mutatingadmissionpolicies":
            policies[key] = object.map { object in
                Policy(
                    match: ResourceMatch(object["spec"]?["matchConstraints"] ?? [:], rules: "resourceRules"),
                    fails: object["spec"]?["failurePolicy"]?.string != "Ignore")
            }
        case "validatingadmissionpolicybindings", "mutatingadmissionpolicybindings":
            let kind = resource.hasPrefix("validating") ? "validatingadmissionpolicies" : "mutatingadmissionpolicies"
            bindings[key] = object.map { object in
                let actions = object["spec"]?["validationActions"]?.strings
                return Binding(
                    policy: "\(kind)/\(object["spec"]?["policyName"]?.string ?? "")",
                    match: ResourceMatch(object["spec"]?["matchResources"] ?? [:], rules: "resourceRules", emptyMatchesAll: true),
                    denies: actions?.contains("Deny") ?? true)
            }
        default: break
        }
    }

    /// Lets a write pass that no control would have judged, or whose controls may be left out.
    ///
    /// - Throws: ``StatusError``, the refusal of the first control that must not be left out.
    public func decide(_ write: Write) throws(StatusError) {
        // Registrations themselves are judged by none, so that a wrong one can always be taken back.
        if isEmpty || write.resource.group == Self.group { return }
        for (_, hooks) in webhooks.sorted(by: { $0.key < $1.key }) {
            for hook in hooks where hook.match.selects(write) { throw Self.unreachable(hook.name) }
        }
        for (key, binding) in bindings.sorted(by: { $0.key < $1.key }) where binding.denies {
            guard let policy = policies[binding.policy], policy.fails, policy.match.selects(write), binding.match.selects(write) else { continue }
            throw Self.unevaluated(binding.policy, binding: key, write)
        }
    }

    private static func unreachable(_ name: String) -> StatusError {
        let why = "failed calling webhook \(goQuoted(name)): this server calls no webhooks; delete the webhook or set its failurePolicy to Ignore"
        return StatusError(
            code: 500, reason: "InternalError", message: "Internal error occurred: " + why, details: .init(causes: [.init(reason: "", message: why)]))
    }

    private static func unevaluated(_ policy: String, binding: String, _ write: Write) -> StatusError {
        func name(_ key: String) -> String { String(key.drop { $0 != "/" }.dropFirst()) }
        let kind = policy.hasPrefix("validating") ? "ValidatingAdmissionPolicy" : "MutatingAdmissionPolicy"
        let why =
            "\(kind) '\(name(policy))' with binding '\(name(binding))' denied request: this server evaluates no CEL expressions, and the policy's failurePolicy is Fail"
        return StatusError(
            code: 422, reason: "Invalid", message: "\(write.resource.groupResource) \(goQuoted(write.name)) is forbidden: \(why)",
            details: .init(name: write.name, group: write.resource.group, kind: write.resource.resource, causes: [.init(reason: "", message: why)]))
    }
}

/// What a control selects.
private struct ResourceMatch: Sendable {
    private struct Rule: Sendable {
        var operations: Set<String>
        var groups: Set<String>
        var versions: Set<String>
        var resources: [String]
        var names: Set<String>
        var scope: String

        init(_ rule: JSON) {
            operations = Set(rule["operations"]?.strings ?? [])
            groups = Set(rule["apiGroups"]?.strings ?? [])
            versions = Set(rule["apiVersions"]?.strings ?? [])
            resources = rule["resources"]?.strings ?? []
            names = Set(rule["resourceNames"]?.strings ?? [])
            scope = rule["scope"]?.string ?? "*"
        }

        func selects(_ write: RegisteredControls.Write) -> Bool {
            func has(_ set: Set<String>, _ value: String) -> Bool { set.contains("*") || set.contains(value) }
            guard has(operations, write.operation), has(groups, write.resource.group), has(versions, write.resource.version) else { return false }
            if scope == "Namespaced", !write.isNamespaced { return false }
            if scope == "Cluster", write.isNamespaced { return false }
            if !names.isEmpty, !names.contains(write.name) { return false }
            return resources.contains { pattern in
                let parts = pattern.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                let resource = parts[0] == "*" || parts[0] == write.resource.resource
                if parts.count == 1 { return resource && write.subresource.isEmpty }
                return resource && (parts[1] == "*" || parts[1] == write.subresource)
            }
        }
    }

    private var rules: [Rule]
    private var excluded: [Rule]
    private var namespaces: LabelSelector
    private var objects: LabelSelector
    private var matchesAll: Bool

    init(_ object: JSON, rules key: String, emptyMatchesAll: Bool = false) {
        rules = (object[key]?.array ?? []).map(Rule.init)
        excluded = (object["excludeResourceRules"]?.array ?? []).map(Rule.init)
        namespaces = LabelSelector(object: object["namespaceSelector"] ?? [:])
        objects = LabelSelector(object: object["objectSelector"] ?? [:])
        matchesAll = emptyMatchesAll && rules.isEmpty
    }

    func selects(_ write: RegisteredControls.Write) -> Bool {
        if excluded.contains(where: { $0.selects(write) }) { return false }
        guard matchesAll || rules.contains(where: { $0.selects(write) }) else { return false }
        if let labels = write.namespaceLabels, !namespaces.matches(labels) { return false }
        return objects.isEverything || write.labels.contains { objects.matches($0) }
    }
}
