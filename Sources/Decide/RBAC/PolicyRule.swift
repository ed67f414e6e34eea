public import JSONValue
import KubeModel
public import PolicyModel

/// One rule of a role: verbs on resources of API groups, perhaps on named objects only, or verbs on paths.
public struct PolicyRule: Hashable, Sendable {
    /// The verbs; `*` is all.
    public var verbs: [String]
    /// The API groups; `*` is all, empty text the core group.
    public var apiGroups: [String]
    /// The resources, such as `pods`, `pods/log`, `*/scale` or `*`.
    public var resources: [String]
    /// The names it is limited to; every name when empty.
    public var resourceNames: [String]
    /// Paths, perhaps ending in `*`; for ClusterRoles only.
    public var nonResourceURLs: [String]

    /// A rule on resources or on paths, as the lists that are given say.
    public init(
        verbs: [String], apiGroups: [String] = [], resources: [String] = [], resourceNames: [String] = [],
        nonResourceURLs: [String] = []
    ) {
        self.verbs = verbs
        self.apiGroups = apiGroups
        self.resources = resources
        self.resourceNames = resourceNames
        self.nonResourceURLs = nonResourceURLs
    }

    /// Reads a rule. What is no list of strings counts as empty, and so grants nothing.
    public init(_ json: JSON) {
        self.init(
            verbs: Self.strings(json["verbs"]), apiGroups: Self.strings(json["apiGroups"]),
            resources: Self.strings(json["resources"]), resourceNames: Self.strings(json["resourceNames"]),
            nonResourceURLs: Self.strings(json["nonResourceURLs"]))
    }

    /// A list with an element that is no string is unreadable as a whole: were the element dropped, an unreadable
    /// `resourceNames` would turn into "every name". Such a list holds one string that nothing matches.
    private static func strings(_ json: JSON?) -> [String] {
        guard let json, !json.isNull else { return [] }
        guard let elements = json.array else { return ["\u{0}"] }
        let strings = elements.compactMap(\.string)
        return strings.count == elements.count ? strings : ["\u{0}"]
    }

    /// The rules of a role object.
    public static func rules(of role: JSON) -> [PolicyRule] { (role["rules"]?.array ?? []).map(PolicyRule.init) }

    /// The rule as a member of `rules`; empty lists are left out.
    public var json: JSON {
        var object = JSONObject()
        object["verbs"] = JSON(verbs)
        if !apiGroups.isEmpty { object["apiGroups"] = JSON(apiGroups) }
        if !resources.isEmpty { object["resources"] = JSON(resources) }
        if !resourceNames.isEmpty { object["resourceNames"] = JSON(resourceNames) }
        if !nonResourceURLs.isEmpty { object["nonResourceURLs"] = JSON(nonResourceURLs) }
        return .object(object)
    }

    /// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`, the form of escalation messages.
    public var compactDescription: String {
        var parts: [String] = []
        func add(_ title: String, _ values: [String]) {
            guard !values.isEmpty else { return }
            parts.append("\(title):[\(values.map(goQuoted).joined(separator: " "))]")
        }
        add("APIGroups", apiGroups)
        add("Resources", resources)
        add("NonResourceURLs", nonResourceURLs)
        add("ResourceNames", resourceNames)
        add("Verbs", verbs)
        return "{" + parts.joined(separator: ", ") + "}"
    }
}

// MARK: - Evaluation

extension PolicyRule {
    /// Whether the rule allows what is asked. Names are compared as they are, case included.
    public func allows(_ attributes: AccessAttributes) -> Bool {
        guard allows(verb: attributes.verb) else { return false }
        guard attributes.isResourceRequest else { return allows(path: attributes.path) }
        return allows(group: attributes.apiGroup)
            && allows(resource: attributes.resource, subresource: attributes.subresource)
            && allows(name: attributes.name)
    }

    func allows(verb: String) -> Bool { verbs.contains { $0 == "*" || $0.isExactly(verb) } }

    func allows(group: String) -> Bool { apiGroups.contains { $0 == "*" || $0.isExactly(group) } }

    /// `*` is every resource with every subresource, `*/scale` the subresource of every resource; `pods` is not
    /// `pods/log`.
    func allows(resource: String, subresource: String) -> Bool {
        if subresource.isEmpty { return resources.contains { $0 == "*" || $0.isExactly(resource) } }
        let combined = resource + "/" + subresource
        let everywhere = "*/" + subresource
        return resources.contains { $0 == "*" || $0.isExactly(combined) || $0.isExactly(everywhere) }
    }

    func allows(name: String) -> Bool { resourceNames.isEmpty || resourceNames.containsExactly(name) }

    /// A path ending in `*` is a prefix; otherwise it is compared whole.
    func allows(path: String) -> Bool { nonResourceURLs.contains { Self.path($0, covers: path) } }

    /// Whether `rule`, perhaps a prefix with `*` behind it, covers the path or the prefix `path`.
    static func path(_ rule: String, covers path: String) -> Bool {
        if rule.isExactly(path) { return true }
        var prefix = rule.utf8[...]
        guard prefix.last == UInt8(ascii: "*") else { return false }
        while prefix.last == UInt8(ascii: "*") { prefix.removeLast() }
        return path.utf8.starts(with: prefix)
    }
}
