import JSONValue
import KubeModel

/// Horizontal pod autoscalers. The older version knows the processor's utilization only; what else there is travels in
/// annotations, written as the internal type of the reference implementation.
enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"
    private static let metricsKey = prefix + "metrics"
    private static let behaviorKey = prefix + "behavior"
    private static let currentMetricsKey = prefix + "current-metrics"
    private static let conditionsKey = prefix + "conditions"

    // MARK: v1 → v2

    static func upgraded(_ object: JSON) -> JSON {
        var converted = object
        let spec = object["spec"] ?? [:]
        var metrics: [JSON] = []
        if let utilization = spec["targetCPUUtilizationPercentage"] { metrics.append(AutoscalingDefaults.cpuTarget(utilization: utilization)) }
        if let more = annotation(metricsKey, of: object)?.array { metrics += more.map { metric($0, older: olderMetric, into: true) } }
        if metrics.isEmpty { metrics.append(AutoscalingDefaults.cpuTarget(utilization: 80)) }
        converted.editOrCreate("spec") { target in
            target["targetCPUUtilizationPercentage"] = nil
            target["metrics"] = .array(metrics)
            if let behavior = annotation(behaviorKey, of: object) { target["behavior"] = Capitals.lowered(behavior) }
        }
        converted.edit("status") { status in
            if let utilization = status["currentCPUUtilizationPercentage"] {
                let current: JSON = ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": utilization]]]
                status["currentMetrics"] = [current]
            }
            status["currentCPUUtilizationPercentage"] = nil
        }
        if let current = annotation(currentMetricsKey, of: object)?.array {
            converted.editOrCreate("status") { $0["currentMetrics"] = .array(current.map { metric($0, older: olderCurrent, into: true) }) }
        }
        if let conditions = annotation(conditionsKey, of: object)?.array {
            converted.editOrCreate("status") { $0["conditions"] = .array(conditions) }
        }
        dropAnnotations(&converted)
        return converted
    }

    // MARK: v2 → v1

    static func downgraded(_ object: JSON) -> JSON {
        var converted = object
        dropAnnotations(&converted)
        let metrics = object["spec"]?.elements("metrics") ?? []
        let current = object["status"]?.elements("currentMetrics") ?? []
        let cpu = metrics.firstIndex { isCPU($0) && $0[path: "resource", "target", "averageUtilization"] != nil }
        converted.editOrCreate("spec") { spec in
            spec["metrics"] = nil
            spec["behavior"] = nil
            spec["targetCPUUtilizationPercentage"] = cpu.flatMap { metrics[$0][path: "resource", "target", "averageUtilization"] }
        }
        let others = metrics.indices.filter { $0 != cpu }.map { metric(metrics[$0], older: olderMetric, into: false) }
        if !others.isEmpty { annotate(&converted, metricsKey, .array(others)) }
        if let behavior = object[path: "spec", "behavior"] { annotate(&converted, behaviorKey, Capitals.raised(behavior)) }
        if !current.isEmpty {
            annotate(&converted, currentMetricsKey, .array(current.map { metric($0, older: olderCurrent, into: false) }))
        }
        let conditions = object["status"]?.elements("conditions") ?? []
        if !conditions.isEmpty { annotate(&converted, conditionsKey, .array(conditions)) }
        converted.edit("status") { status in
            status["currentMetrics"] = nil
            status["conditions"] = nil
            let utilization = current.last { isCPU($0) && $0[path: "resource", "current", "averageUtilization"] != nil }
            status["currentCPUUtilizationPercentage"] = utilization?[path: "resource", "current", "averageUtilization"]
        }
        return converted
    }

    private static func isCPU(_ metric: JSON) -> Bool { metric.text("type") == "Resource" && metric[path: "resource", "name"] == "cpu" }

    // MARK: Annotations

    private static func annotation(_ key: String, of object: JSON) -> JSON? {
        object[path: "metadata", "annotations", key]?.string.flatMap { try? JSON.parse($0) }
    }

    private static func annotate(_ object: inout JSON, _ key: String, _ value: JSON) {
        object[path: "metadata", "annotations", key] = .string(value.description)
    }

    private static func dropAnnotations(_ object: inout JSON) {
        guard object[path: "metadata", "annotations"] != nil else { return }
        object.edit("metadata") { metadata in
            metadata.edit("annotations") { annotations in
                for key in [metricsKey, behaviorKey, currentMetricsKey, conditionsKey] { annotations[key] = nil }
            }
        }
    }

    // MARK: Metrics: flat in the annotations of v1, with a target or current value in v2

    /// The flat field for each nested one, by the kind of metric.
    private typealias Names = [String: [(flat: [String], nested: [String])]]

    private static let olderMetric: Names = [
        "resource": [(["name"], ["name"]), (["targetAverageUtilization"], ["target", "averageUtilization"]), (["targetAverageValue"], ["target", "averageValue"])],
        "containerResource": [
            (["name"], ["name"]), (["container"], ["container"]), (["targetAverageUtilization"], ["target", "averageUtilization"]),
            (["targetAverageValue"], ["target", "averageValue"]),
        ],
        "pods": [
            (["metricName"], ["metric", "name"]), (["selector"], ["metric", "selector"]), (["targetAverageValue"], ["target", "averageValue"]),
        ],
        "object": [
            (["target"], ["describedObject"]), (["metricName"], ["metric", "name"]), (["targetValue"], ["target", "value"]),
            (["selector"], ["metric", "selector"]), (["averageValue"], ["target", "averageValue"]),
        ],
        "external": [
            (["metricName"], ["metric", "name"]), (["metricSelector"], ["metric", "selector"]), (["targetValue"], ["target", "value"]),
            (["targetAverageValue"], ["target", "averageValue"]),
        ],
    ]

    private static let olderCurrent: Names = [
        "resource": [
            (["name"], ["name"]), (["currentAverageUtilization"], ["current", "averageUtilization"]),
            (["currentAverageValue"], ["current", "averageValue"]),
        ],
        "containerResource": [
            (["name"], ["name"]), (["container"], ["container"]),
            (["currentAverageUtilization"], ["current", "averageUtilization"]), (["currentAverageValue"], ["current", "averageValue"]),
        ],
        "pods": [
            (["metricName"], ["metric", "name"]), (["selector"], ["metric", "selector"]), (["currentAverageValue"], ["current", "averageValue"]),
        ],
        "object": [
            (["target"], ["describedObject"]), (["metricName"], ["metric", "name"]), (["currentValue"], ["current", "value"]),
            (["selector"], ["metric", "selector"]), (["averageValue"], ["current", "averageValue"]),
        ],
        "external": [
            (["metricName"], ["metric", "name"]), (["metricSelector"], ["metric", "selector"]), (["currentValue"], ["current", "value"]),
            (["currentAverageValue"], ["current", "averageValue"]),
        ],
    ]

    /// A metric in the other form: `into` the nested one, or out of it.
    private static func metric(_ metric: JSON, older names: Names, into nested: Bool) -> JSON {
        var converted: JSON = [:]
        converted["type"] = metric["type"]
        for (field, value) in metric.object ?? JSONObject() {
            guard let fields = names[field] else { continue }
            var part: JSON = [:]
            for (flat, deep) in fields {
                guard let found = value[path: nested ? flat : deep], !found.isNull, !(nested && found == "0") else { continue }
                part[path: nested ? deep : flat] = found
            }
            if nested, part["target"] != nil {
                let target = part["target"] ?? [:]
                let type = target["averageUtilization"] != nil ? "Utilization" : target["averageValue"] != nil ? "AverageValue" : "Value"
                part[path: "target", "type"] = .string(type)
            } else if !nested, field == "object", part["targetValue"].isAbsent, names["object"]?[2].flat == ["targetValue"] {
                part["targetValue"] = "0"
            } else if !nested, field == "object" || field == "external", part["currentValue"].isAbsent,
                names[field]?[2].flat == ["currentValue"]
            {
                part["currentValue"] = "0"
            }
            converted[field] = part
        }
        return converted
    }
}

/// The behavior annotation holds the internal type, whose fields begin with capitals.
private enum Capitals {
    static func lowered(_ value: JSON) -> JSON { mapped(value) { $0.prefix(1).lowercased() + $0.dropFirst() } }
    static func raised(_ value: JSON) -> JSON { mapped(value) { $0.prefix(1).uppercased() + $0.dropFirst() } }

    private static func mapped(_ value: JSON, _ rename: (String) -> String) -> JSON {
        switch value {
        case .array(let elements): return .array(elements.map { mapped($0, rename) })
        case .object(let object):
            return .object(JSONObject(members: object.members.filter { !$0.value.isNull }.map { .init(key: rename($0.key), value: mapped($0.value, rename)) }))
        case .null, .bool, .int, .double, .string: return value
        }
    }
}
