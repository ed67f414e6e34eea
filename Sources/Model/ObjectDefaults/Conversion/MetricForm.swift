import JSONValue

/// The two forms of a metric: flat in the annotations of the older version, with a target or a current value in the
/// newer.
struct MetricForm: Sendable {
    /// One field in both forms.
    struct Field: Sendable {
        var flat: String
        var nested: [String]
        /// Whether the flat form has the field even when it is zero.
        var isAlwaysWritten = false
    }

    /// The fields of each kind of metric, in the order in which the flat form is written.
    var fields: [String: [Field]]
    /// The member of the nested form that holds the value.
    var value: String

    /// What is asked for.
    static let sources = MetricForm(
        fields: [
            "resource": [
                Field(flat: "name", nested: ["name"]),
                Field(flat: "targetAverageUtilization", nested: ["target", "averageUtilization"]),
                Field(flat: "targetAverageValue", nested: ["target", "averageValue"]),
            ],
            "containerResource": [
                Field(flat: "name", nested: ["name"]),
                Field(flat: "targetAverageUtilization", nested: ["target", "averageUtilization"]),
                Field(flat: "targetAverageValue", nested: ["target", "averageValue"]),
                Field(flat: "container", nested: ["container"]),
            ],
            "pods": [
                Field(flat: "metricName", nested: ["metric", "name"]),
                Field(flat: "targetAverageValue", nested: ["target", "averageValue"], isAlwaysWritten: true),
                Field(flat: "selector", nested: ["metric", "selector"]),
            ],
            "object": [
                Field(flat: "target", nested: ["describedObject"]),
                Field(flat: "metricName", nested: ["metric", "name"]),
                Field(flat: "targetValue", nested: ["target", "value"], isAlwaysWritten: true),
                Field(flat: "selector", nested: ["metric", "selector"]),
                Field(flat: "averageValue", nested: ["target", "averageValue"]),
            ],
            "external": [
                Field(flat: "metricName", nested: ["metric", "name"]),
                Field(flat: "metricSelector", nested: ["metric", "selector"]),
                Field(flat: "targetValue", nested: ["target", "value"]),
                Field(flat: "targetAverageValue", nested: ["target", "averageValue"]),
            ],
        ], value: "target")

    /// What was measured.
    static let statuses = MetricForm(
        fields: [
            "resource": [
                Field(flat: "name", nested: ["name"]),
                Field(flat: "currentAverageUtilization", nested: ["current", "averageUtilization"]),
                Field(flat: "currentAverageValue", nested: ["current", "averageValue"], isAlwaysWritten: true),
            ],
            "containerResource": [
                Field(flat: "name", nested: ["name"]),
                Field(flat: "currentAverageUtilization", nested: ["current", "averageUtilization"]),
                Field(flat: "currentAverageValue", nested: ["current", "averageValue"], isAlwaysWritten: true),
                Field(flat: "container", nested: ["container"]),
            ],
            "pods": [
                Field(flat: "metricName", nested: ["metric", "name"]),
                Field(flat: "currentAverageValue", nested: ["current", "averageValue"], isAlwaysWritten: true),
                Field(flat: "selector", nested: ["metric", "selector"]),
            ],
            "object": [
                Field(flat: "target", nested: ["describedObject"]),
                Field(flat: "metricName", nested: ["metric", "name"]),
                Field(flat: "currentValue", nested: ["current", "value"], isAlwaysWritten: true),
                Field(flat: "selector", nested: ["metric", "selector"]),
                Field(flat: "averageValue", nested: ["current", "averageValue"]),
            ],
            "external": [
                Field(flat: "metricName", nested: ["metric", "name"]),
                Field(flat: "metricSelector", nested: ["metric", "selector"]),
                Field(flat: "currentValue", nested: ["current", "value"], isAlwaysWritten: true),
                Field(flat: "currentAverageValue", nested: ["current", "averageValue"]),
            ],
        ], value: "current")

    /// The newer form of a flat metric.
    func nested(_ metric: JSON) -> JSON {
        var converted: JSON = [:]
        converted["type"] = metric["type"]
        for (kind, given) in metric.object ?? JSONObject() {
            guard let fields = fields[kind] else { continue }
            var part: JSON = [:]
            for field in fields {
                guard let found = given[field.flat], !found.isNull, !(field.isAlwaysWritten && found == "0") else {
                    continue
                }
                part[path: field.nested] = found
            }
            if value == "target" {
                let target = part["target"] ?? [:]
                let type =
                    target.has("averageUtilization")
                    ? "Utilization" : target.has("averageValue") ? "AverageValue" : "Value"
                part[path: "target", "type"] = .string(type)
            }
            converted[kind] = part
        }
        return converted
    }

    /// The older form of a metric.
    func flat(_ metric: JSON) -> JSON {
        var converted: JSON = [:]
        converted["type"] = metric["type"]
        for kind in ["object", "pods", "resource", "containerResource", "external"] {
            guard let given = metric[kind], !given.isNull, let fields = fields[kind] else { continue }
            var part: JSON = [:]
            for field in fields {
                if let found = given[path: field.nested], !found.isNull {
                    part[field.flat] = found
                } else if field.isAlwaysWritten {
                    part[field.flat] = "0"
                }
            }
            converted[kind] = part
        }
        return converted
    }
}

/// The behavior of an autoscaler in the annotation of the older version, whose fields begin with capitals and are
/// written even when they are absent.
enum BehaviorForm {
    static func lowered(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): return .array(elements.map(lowered))
        case .object(let object):
            let members = object.members.filter { !$0.value.isNull }
            return .object(
                JSONObject(
                    members: members.map {
                        .init(key: $0.key.prefix(1).lowercased() + $0.key.dropFirst(), value: lowered($0.value))
                    }))
        case .null, .bool, .int, .double, .string: return value
        }
    }

    static func raised(_ behavior: JSON) -> JSON {
        ["ScaleUp": rules(behavior["scaleUp"]), "ScaleDown": rules(behavior["scaleDown"])]
    }

    private static func rules(_ rules: JSON?) -> JSON {
        guard let rules, !rules.isNull else { return .null }
        let policies: JSON
        if let given = rules["policies"]?.array {
            policies = .array(
                given.map {
                    ["Type": $0["type"] ?? "", "Value": $0["value"] ?? 0, "PeriodSeconds": $0["periodSeconds"] ?? 0]
                })
        } else {
            policies = .null
        }
        return [
            "StabilizationWindowSeconds": rules["stabilizationWindowSeconds"] ?? .null,
            "SelectPolicy": rules["selectPolicy"] ?? .null, "Policies": policies,
            "Tolerance": rules["tolerance"] ?? .null,
        ]
    }
}
