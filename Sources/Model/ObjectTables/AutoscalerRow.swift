import JSONValue
import KubeModel

/// The row of a HorizontalPodAutoscaler in either version.
enum AutoscalerRow {
    static func cells(_ row: TableRow) -> [JSON] {
        let target = "\(row.text("spec", "scaleTargetRef", "kind"))/\(row.text("spec", "scaleTargetRef", "name"))"
        let least = row.value("spec", "minReplicas")?.int.map(String.init) ?? "<unset>"
        return [
            row.name, .string(target), .string(targets(row)), .string(least), row.int("spec", "maxReplicas"),
            row.int("status", "currentReplicas"), row.age,
        ]
    }

    private static func targets(_ row: TableRow) -> String {
        var specs = row.list("spec", "metrics")
        var statuses = row.list("status", "currentMetrics")
        // autoscaling/v1 knows the one metric only.
        if specs.isEmpty, let percent = row.value("spec", "targetCPUUtilizationPercentage") {
            specs = [cpu("target", percent)]
            if let current = row.value("status", "currentCPUUtilizationPercentage") {
                statuses = [cpu("current", current)]
            }
        }
        if specs.isEmpty { return "<none>" }
        let words = specs.enumerated().map { position, spec in
            metric(spec, statuses.indices.contains(position) ? statuses[position] : nil)
        }
        return TableRow.abbreviated(words, limit: 2, separator: ", ")
    }

    private static func cpu(_ part: String, _ percent: JSON) -> JSON {
        var metric: JSON = ["type": "Resource", "resource": ["name": "cpu"]]
        metric[path: "resource", part, "averageUtilization"] = percent
        return metric
    }

    /// `current/target` of one metric; a current value that is not known yet is `<unknown>`.
    private static func metric(_ spec: JSON, _ status: JSON?) -> String {
        let source: String
        switch spec["type"]?.string {
        case "External": source = "external"
        case "Object": source = "object"
        case "Pods": source = "pods"
        case "Resource": source = "resource"
        case "ContainerResource": source = "containerResource"
        default: return "<unknown type>"
        }
        let target = spec.present(source, "target")
        let current = status?.present(source)
        let averageTarget = target?.present("averageValue")
        let averageCurrent = current?.present("current", "averageValue")
        func quantity(_ value: JSON?) -> String { TableRow.quantity(value, absent: "<nil>") }
        switch source {
        case "external", "object":
            if let averageTarget {
                return "\(averageCurrent.map(quantity) ?? "<unknown>")/\(quantity(averageTarget)) (avg)"
            }
            let now = current.map { quantity($0.present("current", "value")) } ?? "<unknown>"
            return "\(now)/\(quantity(target?.present("value")))"
        case "pods":
            return "\(current == nil ? "<unknown>" : quantity(averageCurrent))/\(quantity(averageTarget))"
        default:
            let name = spec.present(source, "name")?.string ?? ""
            if let averageTarget {
                return "\(name): \(current == nil ? "<unknown>" : quantity(averageCurrent))/\(quantity(averageTarget))"
            }
            let now = current?.present("current", "averageUtilization")?.int.map { "\($0)%" } ?? "<unknown>"
            let wanted = target?.present("averageUtilization")?.int.map { "\($0)%" } ?? "<auto>"
            return "\(name): \(now)/\(wanted)"
        }
    }
}
