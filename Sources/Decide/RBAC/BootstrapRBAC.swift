public import JSONValue
import KubeModel
import PolicyModel

/// The roles and bindings that every server has from its start.
public enum BootstrapRBAC {
    /// The objects, complete: ClusterRoles and their bindings, then Roles and theirs. Aggregated roles have no rules
    /// yet (``ClusterRoleAggregation``).
    public static func objects() -> [JSON] {
        guard let facts = try? JSON.parse(BootstrapRBACFacts.text) else { return [] }
        let order: [RBACKind] = [.clusterRole, .clusterRoleBinding, .role, .roleBinding]
        return order.flatMap { kind in (facts[kind.resource]?.array ?? []).map { object(kind, $0) } }
    }

    private static func object(_ kind: RBACKind, _ fact: JSON) -> JSON {
        var metadata = JSONObject()
        for key in ["name", "namespace", "labels", "annotations"] { metadata[key] = fact[key] }
        var object: JSON = [
            "kind": .string(kind.rawValue), "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": .object(metadata),
        ]
        switch kind {
        case .role, .clusterRole: object["rules"] = fact["rules"] ?? .null
        case .roleBinding, .clusterRoleBinding: break
        }
        for key in ["aggregationRule", "subjects", "roleRef"] { object[key] = fact[key] }
        return object
    }

    /// The rules of the role `system:node`, by which the node authorizer decides what it has no rule of its own for.
    public static func nodeRules() -> [PolicyRule] {
        objects().first {
            $0["kind"]?.string == "ClusterRole" && $0[path: "metadata", "name"]?.string == "system:node"
        }.map(PolicyRule.rules) ?? []
    }

    /// A write that brings the stored objects up to date.
    public enum Change: Hashable, Sendable {
        case create(JSON)
        case update(JSON)
        /// Delete the stored one, then create this one: its `roleRef` cannot be changed.
        case recreate(JSON)
    }

    /// What a server does at its start: it creates what is missing and adds the rules, subjects, labels and
    /// annotations that are missing from what is there. It takes nothing away, and it leaves alone what carries
    /// the annotation `rbac.authorization.kubernetes.io/autoupdate: "false"`.
    ///
    /// - Parameter existing: the stored object of a kind, namespace and name; nil when there is none.
    /// - Returns: the writes to make, in the order of ``objects()``; none when all is well.
    public static func reconcile(
        existing: (_ kind: RBACKind, _ namespace: String, _ name: String) -> JSON?
    ) -> [Change] {
        objects().compactMap { expected in
            guard let kind = expected["kind"]?.string.flatMap(RBACKind.init(rawValue:)) else { return nil }
            let namespace = expected[path: "metadata", "namespace"]?.string ?? ""
            let name = expected[path: "metadata", "name"]?.string ?? ""
            guard let stored = existing(kind, namespace, name) else { return .create(expected) }
            return change(from: stored, to: expected, kind: kind)
        }
    }

    static func change(from stored: JSON, to expected: JSON, kind: RBACKind) -> Change? {
        let annotations = stored[path: "metadata", "annotations"]?.stringMap ?? [:]
        if annotations["rbac.authorization.kubernetes.io/autoupdate"] == "false" { return nil }
        var updated = stored
        for key in ["annotations", "labels"] { addMembers(key, of: expected, to: &updated) }
        switch kind {
        case .role, .clusterRole:
            addRules(of: expected, to: &updated)
        case .roleBinding, .clusterRoleBinding:
            guard stored["roleRef"] == expected["roleRef"] else { return .recreate(expected) }
            addElements("subjects", of: expected["subjects"], to: &updated)
        }
        return updated == stored ? nil : .update(updated)
    }

    private static func addMembers(_ key: String, of expected: JSON, to updated: inout JSON) {
        for (name, value) in expected[path: "metadata", key]?.object ?? [:]
        where updated[path: "metadata", key, name] == nil {
            updated[path: "metadata", key, name] = value
        }
    }

    private static func addRules(of expected: JSON, to updated: inout JSON) {
        let hasAggregation = !(updated["aggregationRule"]?.isNull ?? true)
        // The rules of an aggregated role are another's to write.
        if !hasAggregation, expected["aggregationRule"] == nil {
            let missing = RuleCoverage.missing(
                from: PolicyRule.rules(of: updated), wanted: PolicyRule.rules(of: expected))
            if !missing.isEmpty { updated["rules"] = .array((updated["rules"]?.array ?? []) + missing.map(\.json)) }
        }
        let selectors = expected[path: "aggregationRule", "clusterRoleSelectors"]?.array ?? []
        let present = updated[path: "aggregationRule", "clusterRoleSelectors"]?.array ?? []
        let absent = selectors.filter { !present.contains($0) }
        if !absent.isEmpty {
            updated[path: "aggregationRule", "clusterRoleSelectors"] = .array(present + absent)
        }
    }

    private static func addElements(_ key: String, of expected: JSON?, to updated: inout JSON) {
        let present = updated[key]?.array ?? []
        let absent = (expected?.array ?? []).filter { !present.contains($0) }
        if !absent.isEmpty { updated[key] = .array(present + absent) }
    }
}
