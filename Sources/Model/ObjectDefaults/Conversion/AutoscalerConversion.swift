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
        if let utilization = spec["targetCPUUtilizationPercentage"] {
            metrics.append(AutoscalingDefaults.cpuTarget(utilization: utilization))
        }
        if let more = annotation(metricsKey, of: object)?.array {
            metrics += more.map { MetricForm.sources.nested($0) }
        }
        if metrics.isEmpty { metrics.append(AutoscalingDefaults.cpuTarget(utilization: 80)) }
        converted.editOrCreate("spec") { target in
            target["targetCPUUtilizationPercentage"] = nil
            target["metrics"] = .array(metrics)
            if let behavior = annotation(behaviorKey, of: object) {
                target["behavior"] = BehaviorForm.lowered(behavior)
            }
        }
        converted.edit("status") { status in
            if let utilization = status["currentCPUUtilizationPercentage"] {
                let current: JSON = [
                    "type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": utilization]],
                ]
                status["currentMetrics"] = [current]
            }
            status["currentCPUUtilizationPercentage"] = nil
        }
        if let current = annotation(currentMetricsKey, of: object)?.array {
            converted.editOrCreate("status") {
                $0["currentMetrics"] = .array(current.map { MetricForm.statuses.nested($0) })
            }
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
        func utilization(_ metric: JSON) -> JSON? {
            isCPU(metric) ? metric[path: "resource", "target", "averageUtilization"] : nil
        }
        converted.editOrCreate("spec") { spec in
            spec["metrics"] = nil
            spec["behavior"] = nil
            spec["targetCPUUtilizationPercentage"] = metrics.first(where: isCPU).flatMap(utilization)
        }
        let others = metrics.filter { utilization($0) == nil }.map { MetricForm.sources.flat($0) }
        if !others.isEmpty { annotate(&converted, metricsKey, .array(others)) }
        if let behavior = object[path: "spec", "behavior"] {
            annotate(&converted, behaviorKey, BehaviorForm.raised(behavior))
        }
        if !current.isEmpty {
            annotate(&converted, currentMetricsKey, .array(current.map { MetricForm.statuses.flat($0) }))
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

    private static func isCPU(_ metric: JSON) -> Bool {
        metric.text("type") == "Resource" && metric[path: "resource", "name"] == "cpu"
    }

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
}
