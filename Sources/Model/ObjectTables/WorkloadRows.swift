import JSONValue
import KubeModel

/// The rows of what makes pods.
enum WorkloadRows {
    static func podTemplate(_ row: TableRow) -> [JSON] {
        [row.name] + row.containers("template", "spec", "containers") + [row.labels("template", "metadata", "labels")]
    }

    static func deployment(_ row: TableRow) -> [JSON] {
        let ready = "\(row.number("status", "readyReplicas"))/\(row.number("spec", "replicas", absent: 1))"
        let selector = SelectorText.text(row.value("spec", "selector"))
        return [
            row.name, .string(ready), row.int("status", "updatedReplicas"), row.int("status", "availableReplicas"),
            row.age,
        ] + row.containers("spec", "template", "spec", "containers") + [
            .string(selector == "<error>" ? "<invalid>" : selector)
        ]
    }

    private static func replicas(_ row: TableRow) -> [JSON] {
        [
            row.name, row.int("spec", "replicas", absent: 1), row.int("status", "replicas"),
            row.int("status", "readyReplicas"), row.age,
        ] + row.containers("spec", "template", "spec", "containers")
    }

    static func replicaSet(_ row: TableRow) -> [JSON] { replicas(row) + [row.selector("spec", "selector")] }
    static func replicationController(_ row: TableRow) -> [JSON] { replicas(row) + [row.labels("spec", "selector")] }

    static func statefulSet(_ row: TableRow) -> [JSON] {
        let ready = "\(row.number("status", "readyReplicas"))/\(row.number("spec", "replicas", absent: 1))"
        return [row.name, .string(ready), row.age] + row.containers("spec", "template", "spec", "containers")
    }

    static func daemonSet(_ row: TableRow) -> [JSON] {
        var cells = [row.name]
        cells += [
            row.int("status", "desiredNumberScheduled"), row.int("status", "currentNumberScheduled"),
            row.int("status", "numberReady"), row.int("status", "updatedNumberScheduled"),
            row.int("status", "numberAvailable"),
        ]
        cells += [row.labels("spec", "template", "spec", "nodeSelector"), row.age]
        cells += row.containers("spec", "template", "spec", "containers")
        cells.append(row.selector("spec", "selector"))
        return cells
    }

    static func controllerRevision(_ row: TableRow) -> [JSON] {
        var controller = "<none>"
        if let owner = row.list("metadata", "ownerReferences").first(where: { $0["controller"]?.bool == true }) {
            let group = owner["apiVersion"]?.string.flatMap { GroupVersion($0) }?.group ?? ""
            let kind = owner["kind"]?.string ?? ""
            let full = (group.isEmpty ? kind : "\(kind).\(group)").lowercased()
            let name = owner["name"]?.string ?? ""
            controller = full.isEmpty ? name : "\(full)/\(name)"
        }
        return [row.name, .string(controller), row.int("revision"), row.age]
    }

    static func job(_ row: TableRow) -> [JSON] {
        let succeeded = row.number("status", "succeeded")
        let completions: String
        if let wanted = row.value("spec", "completions")?.int {
            completions = "\(succeeded)/\(wanted)"
        } else {
            let parallelism = row.number("spec", "parallelism")
            completions = parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
        }
        var duration = ""
        if let start = Timestamp(row.text("status", "startTime")) {
            duration = TableRow.span(from: start, to: Timestamp(row.text("status", "completionTime")) ?? row.now)
        }
        return [row.name, .string(jobStatus(row)), .string(completions), .string(duration), row.age]
            + row.containers("spec", "template", "spec", "containers") + [row.selector("spec", "selector")]
    }

    private static func jobStatus(_ row: TableRow) -> String {
        if row.isTrue("Complete") { return "Complete" }
        if row.isTrue("Failed") { return "Failed" }
        if row.isBeingDeleted { return "Terminating" }
        return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].first(where: row.isTrue) ?? "Running"
    }

    static func cronJob(_ row: TableRow) -> [JSON] {
        let suspended = row.value("spec", "suspend")?.bool
        let last = row.value("status", "lastScheduleTime") == nil ? "<none>" : row.age("status", "lastScheduleTime")
        var cells = [
            row.name, .string(row.text("spec", "schedule")), row.optional("spec", "timeZone", absent: "<none>"),
        ]
        cells += [
            .string(suspended.map { $0 ? "True" : "False" } ?? "<unset>"), JSON(row.count("status", "active")),
            .string(last), row.age,
        ]
        cells += row.containers("spec", "jobTemplate", "spec", "template", "spec", "containers")
        cells.append(row.selector("spec", "jobTemplate", "spec", "selector"))
        return cells
    }

    static func disruptionBudget(_ row: TableRow) -> [JSON] {
        [
            row.name, TableRow.intOrString(row.value("spec", "minAvailable"), absent: "N/A"),
            TableRow.intOrString(row.value("spec", "maxUnavailable"), absent: "N/A"),
            row.int("status", "disruptionsAllowed"),
            row.age,
        ]
    }

    static func scale(_ row: TableRow) -> [JSON] {
        [row.name, row.int("spec", "replicas"), row.int("status", "replicas"), row.age]
    }
}
