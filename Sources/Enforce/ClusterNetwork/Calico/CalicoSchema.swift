import JSONValue

/// The parts of the schemas of Calico's policies. Source: Calico documentation, "Rule", "EntityRule", "Selectors".
enum CalicoSchema {
    private static func described(_ schema: JSON, _ text: String) -> JSON {
        var schema = schema
        schema["description"] = .string(text)
        return schema
    }

    private static func list(_ items: JSON, limit: Int, _ text: String) -> JSON {
        ["type": "array", "maxItems": JSON(limit), "items": items, "description": .string(text)]
    }

    private static func choice(_ values: [String]) -> JSON { ["type": "string", "enum": JSON(values)] }

    private static func number(_ bounds: ClosedRange<Int>, _ text: String) -> JSON {
        ["type": "integer", "minimum": JSON(bounds.lowerBound), "maximum": JSON(bounds.upperBound), "description": .string(text)]
    }

    /// A number in bounds, or a text of a form.
    private static func intOrString(_ bounds: ClosedRange<Int>, pattern: String) -> JSON {
        [
            "x-kubernetes-int-or-string": true, "anyOf": [["type": "integer"], ["type": "string"]],
            "minimum": JSON(bounds.lowerBound), "maximum": JSON(bounds.upperBound), "pattern": .string(pattern),
        ]
    }

    private static let selector: JSON = ["type": "string", "maxLength": 4096]
    private static let network: JSON = ["type": "string", "maxLength": 49, "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"]
    private static let port = intOrString(
        0...65535, pattern: "^([0-9]{1,5}(:[0-9]{1,5})?|[A-Za-z0-9_]([-._A-Za-z0-9]{0,126}[A-Za-z0-9_])?)$")
    private static let transport = intOrString(1...255, pattern: "^(TCP|UDP|ICMP|ICMPv6|SCTP|UDPLite|[1-9][0-9]{0,2})$")

    private static let icmp: JSON = [
        "type": "object", "required": ["type"],
        "properties": [
            "type": number(0...254, "The type of the message, such as 8 for an echo request."),
            "code": number(0...255, "The code of the message; every code when left out."),
        ],
    ]

    private static let entity: JSON = [
        "type": "object", "description": "All conditions must hold; one that is left out always does.",
        "properties": [
            "nets": list(network, limit: 1024, "Addresses in one of these networks."),
            "notNets": list(network, limit: 1024, "Addresses in none of these networks."),
            "selector": described(selector, "Pods whose labels the selector holds of, such as role == 'frontend'."),
            "notSelector": described(selector, "Everything but what the selector selects."),
            "namespaceSelector": described(
                selector, "Pods of namespaces whose labels the selector holds of; the policy's own namespace when left out."),
            "ports": list(port, limit: 1024, "Ports: numbers, ranges such as 6040:6050, or names."),
            "notPorts": list(port, limit: 1024, "None of these ports."),
            "serviceAccounts": [
                "type": "object", "description": "Pods that run as one of these service accounts.",
                "properties": [
                    "names": list(["type": "string", "minLength": 1, "maxLength": 253], limit: 1024, "The names."),
                    "selector": described(selector, "The labels of the service accounts."),
                ],
            ],
        ],
    ]

    private static let rule: JSON = [
        "type": "object", "required": ["action"],
        "properties": [
            "action": described(choice(["Allow", "Deny", "Log", "Pass"]), "What happens to traffic that matches."),
            "ipVersion": ["type": "integer", "enum": [4, 6], "description": "Only this version of IP."],
            "protocol": described(transport, "Only this protocol, by name or number."),
            "notProtocol": described(transport, "Every protocol but this one."),
            "icmp": described(icmp, "Only these messages; needs protocol ICMP or ICMPv6."),
            "notICMP": described(icmp, "No such messages; needs protocol ICMP or ICMPv6."),
            "source": entity, "destination": entity,
            "metadata": [
                "type": "object", "description": "What people say about the rule.",
                "properties": ["annotations": ["type": "object", "additionalProperties": ["type": "string"]]],
            ],
        ],
    ]

    /// The `spec` of a policy.
    static func policy(isGlobal: Bool) -> JSON {
        var fields: JSON = [
            "tier": described(choice(["default"]), "The tier that the policy stands in."),
            "order": ["type": "number", "description": "Policies are asked from the smallest order to the largest; those without one come last."],
            "selector": described(selector, "The pods that the policy governs; all when left out."),
            "serviceAccountSelector": described(selector, "Only pods whose service account the selector holds of."),
            "types": list(choice(["Ingress", "Egress"]), limit: 2, "The directions that the policy speaks of."),
            "ingress": list(rule, limit: 1024, "The rules for what comes in; the first that matches decides."),
            "egress": list(rule, limit: 1024, "The rules for what goes out; the first that matches decides."),
            "performanceHints": list(choice(["AssumeNeededOnEveryNode"]), limit: 8, "Has no effect here: every node has what it needs."),
        ]
        if isGlobal { fields["namespaceSelector"] = described(selector, "Only pods of namespaces that the selector holds of.") }
        return ["type": "object", "properties": fields]
    }

    /// The `status` of a policy: a condition for each node.
    static let status: JSON = [
        "type": "object",
        "properties": [
            "conditions": [
                "type": "array", "maxItems": 5000, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
                "description": "NODE/InForce for every node: whether its kernel holds the rules.",
                "items": [
                    "type": "object", "required": ["type", "status"],
                    "properties": [
                        "type": ["type": "string", "maxLength": 316], "status": choice(["True", "False", "Unknown"]),
                        "observedGeneration": ["type": "integer", "format": "int64", "minimum": 0],
                        "lastTransitionTime": ["type": "string", "format": "date-time"], "reason": ["type": "string", "maxLength": 1024],
                        "message": ["type": "string", "maxLength": 32768],
                    ],
                ],
            ]
        ],
    ]
}
