package import JSONValue

/// What RBAC must let the network of a node do, and what people may do with Calico's kinds.
package enum NodeNetworkAccess {
    /// The name of the role and of its binding.
    package static let name = "kastell:node-network"

    private static let version: JSON = "rbac.authorization.k8s.io/v1"
    private static let calico: JSON = .array([.string(CalicoResources.group)])
    private static let policies: JSON = ["networkpolicies", "globalnetworkpolicies"]

    /// The role of the nodes, its binding to the group `system:nodes`, and the parts of the roles of users that speak of
    /// Calico's kinds. GlobalNetworkPolicy decides about every namespace: only cluster administrators write it.
    package static let objects: [JSON] = [
        role(
            name, labels: [:],
            [
                rule([""], ["namespaces", "pods", "services", "serviceaccounts", "nodes"], ["get", "list", "watch"]),
                rule(["discovery.k8s.io"], ["endpointslices"], ["get", "list", "watch"]),
                rule(["networking.k8s.io"], ["networkpolicies"], ["get", "list", "watch"]),
                rule(calico, policies, ["get", "list", "watch"]),
                rule(calico, ["networkpolicies/status", "globalnetworkpolicies/status"], ["patch"]),
                [
                    "apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"], "verbs": ["get"],
                    "resourceNames": .array(CalicoResources.definitions.compactMap { $0[path: "metadata", "name"] }),
                ],
                rule([""], ["events"], ["create", "patch"]),
            ]),
        [
            "apiVersion": version, "kind": "ClusterRoleBinding", "metadata": ["name": .string(name)],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(name)],
            "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:nodes"]],
        ],
        role(
            "kastell:calico-policies-edit", labels: ["admin": "true", "edit": "true"],
            [
                rule(
                    calico, ["networkpolicies"],
                    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"])
            ]),
        role(
            "kastell:calico-policies-view", labels: ["view": "true"],
            [rule(calico, policies, ["get", "list", "watch"])]),
    ]

    private static func rule(_ groups: JSON, _ resources: JSON, _ verbs: JSON) -> JSON {
        ["apiGroups": groups, "resources": resources, "verbs": verbs]
    }

    private static func role(_ name: String, labels: [String: String], _ rules: [JSON]) -> JSON {
        var metadata: JSON = ["name": .string(name)]
        if !labels.isEmpty {
            metadata["labels"] = JSON(
                Dictionary(uniqueKeysWithValues: labels.map { ("rbac.authorization.k8s.io/aggregate-to-" + $0.key, $0.value) }))
        }
        return ["apiVersion": version, "kind": "ClusterRole", "metadata": metadata, "rules": .array(rules)]
    }
}
