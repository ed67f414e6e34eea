package import JSONValue

/// The kinds of `projectcalico.org/v3` that are enforced, as CustomResourceDefinitions.
///
/// The schemas hold what the rules can express, and nothing else: a field that would have no effect is refused by
/// `kubectl apply` as unknown. Left out are the fields of host endpoints (`doNotTrack`, `preDNAT`, `applyOnForward`),
/// `http` and `services`, and other tiers than `default`. Source: Calico documentation, "Network policy" and "Global
/// network policy".
package enum CalicoResources {
    /// The group of all of them.
    package static let group = "projectcalico.org"

    /// The definitions, ready to be created.
    package static let definitions: [JSON] = [
        definition(
            kind: "NetworkPolicy", plural: "networkpolicies", singular: "networkpolicy", scope: "Namespaced",
            shortNames: ["cnp", "caliconetworkpolicy", "caliconetworkpolicies"], spec: CalicoSchema.policy(isGlobal: false)),
        definition(
            kind: "GlobalNetworkPolicy", plural: "globalnetworkpolicies", singular: "globalnetworkpolicy", scope: "Cluster",
            shortNames: ["gnp", "cgnp", "calicoglobalnetworkpolicies"], spec: CalicoSchema.policy(isGlobal: true)),
    ]

    private static func definition(
        kind: String, plural: String, singular: String, scope: String, shortNames: [String], spec: JSON
    ) -> JSON {
        let schema: JSON = [
            "type": "object", "required": ["spec"],
            "description": .string("\(kind) says which traffic pods may have. Sources and destinations are selected by labels."),
            "properties": [
                "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["type": "object"], "spec": spec,
                "status": CalicoSchema.status,
            ],
        ]
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("\(plural).\(group)")],
            "spec": [
                "group": .string(group), "scope": .string(scope),
                "names": [
                    "plural": .string(plural), "singular": .string(singular), "kind": .string(kind), "listKind": .string(kind + "List"),
                    "shortNames": JSON(shortNames),
                ],
                "versions": [
                    [
                        "name": "v3", "served": true, "storage": true, "subresources": ["status": [:]],
                        "schema": ["openAPIV3Schema": schema],
                    ]
                ],
            ],
        ]
    }
}
