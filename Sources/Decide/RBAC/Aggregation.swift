public import JSONValue
import KubeModel
import PolicyModel

/// The rules of a ClusterRole with an `aggregationRule`: those of the roles that its selectors find.
public enum ClusterRoleAggregation {
    /// The rules that an aggregated role should have: selector by selector, the found roles by name, each rule once.
    ///
    /// - Parameters:
    ///   - clusterRole: the role with the `aggregationRule`.
    ///   - all: every ClusterRole; the role itself is passed over.
    /// - Returns: nil when the role aggregates nothing, and so keeps the rules it has.
    public static func aggregate(_ clusterRole: JSON, all: [JSON]) -> [JSON]? {
        guard let rule = clusterRole["aggregationRule"], !rule.isNull else { return nil }
        let own = clusterRole[path: "metadata", "name"]?.string ?? ""
        let candidates = all.compactMap { role in
            role[path: "metadata", "name"]?.string.map { (name: $0, role: role) }
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var rules: [JSON] = []
        var seen = Set<PolicyRule>()
        for object in rule["clusterRoleSelectors"]?.array ?? [] {
            let selector = LabelSelector(object: object)
            for (name, role) in candidates where !name.isExactly(own) {
                guard selector.matches(role[path: "metadata", "labels"]?.stringMap ?? [:]) else { continue }
                for json in role["rules"]?.array ?? [] where seen.insert(PolicyRule(json)).inserted {
                    rules.append(json)
                }
            }
        }
        return rules
    }
}
