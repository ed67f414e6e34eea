import JSONValue
import KubeModel

/// The rows of nodes and of what runs on them or speaks of them.
enum NodeRows {
    static func node(_ row: TableRow) -> [JSON] {
        let ready = row.list("status", "conditions").last { $0["type"]?.string == "Ready" }
        var status = ready.map { $0["status"]?.string == "True" ? "Ready" : "NotReady" } ?? "Unknown"
        if row.value("spec", "unschedulable")?.bool == true { status += ",SchedulingDisabled" }
        let roles = roles(row.value("metadata", "labels")?.stringMap ?? [:]).joined(separator: ",")
        var kernel = row.text("status", "nodeInfo", "kernelVersion")
        let architecture = row.text("status", "nodeInfo", "architecture")
        if kernel.isEmpty { kernel = "<unknown>" } else if !architecture.isEmpty { kernel += " (\(architecture))" }
        return [
            row.name, .string(status), .string(roles.isEmpty ? "<none>" : roles), row.age,
            .string(row.text("status", "nodeInfo", "kubeletVersion")), address("InternalIP", row),
            address("ExternalIP", row),
            row.text("status", "nodeInfo", "osImage", absent: "<unknown>"), .string(kernel),
            row.text("status", "nodeInfo", "containerRuntimeVersion", absent: "<unknown>"),
        ]
    }

    private static func address(_ type: String, _ row: TableRow) -> JSON {
        let found = row.list("status", "addresses").first { $0["type"]?.string == type }
        return .string(found.map { $0["address"]?.string ?? "" } ?? "<none>")
    }

    private static func roles(_ labels: [String: String]) -> [String] {
        let prefix = "node-role.kubernetes.io/"
        var roles = Set(labels.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
        if let role = labels["kubernetes.io/role"] { roles.insert(role) }
        roles.remove("")
        return roles.sorted()
    }

    static func lease(_ row: TableRow) -> [JSON] { [row.name, .string(row.text("spec", "holderIdentity")), row.age] }
    static func runtimeClass(_ row: TableRow) -> [JSON] { [row.name, .string(row.text("handler")), row.age] }

    static func priorityClass(_ row: TableRow) -> [JSON] {
        [row.name, row.int("value"), row.bool("globalDefault"), row.age, .string(row.text("preemptionPolicy"))]
    }

    static func componentStatus(_ row: TableRow) -> [JSON] {
        guard let healthy = row.list("conditions").first(where: { $0["type"]?.string == "Healthy" }) else {
            return [row.name, "Unknown", "", ""]
        }
        return [
            row.name, healthy["status"]?.string == "True" ? "Healthy" : "Unhealthy",
            .string(healthy["message"]?.string ?? ""), .string(healthy["error"]?.string ?? ""),
        ]
    }

    // MARK: Devices

    static func resourceClaim(_ row: TableRow) -> [JSON] {
        var states: [String] = row.isBeingDeleted ? ["deleted"] : []
        if row.value("status", "allocation") == nil {
            if !row.isBeingDeleted { states.append("pending") }
        } else {
            states.append("allocated")
            if row.count("status", "reservedFor") > 0 { states.append("reserved") }
        }
        return [row.name, .string(states.joined(separator: ",")), row.age]
    }

    static func resourceSlice(_ row: TableRow) -> [JSON] {
        [
            row.name, .string(row.text("spec", "nodeName")), .string(row.text("spec", "driver")),
            .string(row.text("spec", "pool", "name")), row.age,
        ]
    }
}
