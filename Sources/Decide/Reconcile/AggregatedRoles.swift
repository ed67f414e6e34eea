public import JSONValue
public import KubeModel
import RBAC

/// A ClusterRole with an `aggregationRule` has the rules of the roles that it selects.
///
/// Source: Kubernetes documentation, "Using RBAC Authorization", aggregated ClusterRoles.
public enum AggregatedRoles {
    /// The resource that is written.
    public static let resource = GroupVersionResource(group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterroles")
    /// The field manager of the rules.
    public static let manager = "clusterrole-aggregation-controller"

    /// The write that gives a ClusterRole the rules that its `aggregationRule` gathers; none when it has them.
    ///
    /// - Parameters:
    ///   - role: the ClusterRole; one without `aggregationRule` is left alone.
    ///   - all: every ClusterRole.
    /// - Returns: at most one server-side apply of `rules`.
    public static func plan(role: JSON, all: [JSON]) -> Plan {
        guard let rules = ClusterRoleAggregation.aggregate(role, all: all), rules != role["rules"]?.array ?? [] else { return Plan() }
        let object: JSON = [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": .string(role.name)],
            "rules": .array(rules),
        ]
        return Plan(changes: [.patch(Target(resource, name: role.name), .apply, object, manager: manager)])
    }
}
