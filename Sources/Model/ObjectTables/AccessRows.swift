import JSONValue
import KubeModel

/// The rows of who may do what: roles, certificates, admission, API services, fairness.
enum AccessRows {
    static func binding(_ row: TableRow) -> [JSON] {
        let subjects = row.list("subjects")
        func names(_ kind: String) -> JSON {
            let names = subjects.filter { $0["kind"]?.string == kind }.map { subject in
                let name = subject["name"]?.string ?? ""
                return kind == "ServiceAccount" ? "\(subject["namespace"]?.string ?? "")/\(name)" : name
            }
            return .string(names.joined(separator: ", "))
        }
        return [
            row.name, .string("\(row.text("roleRef", "kind"))/\(row.text("roleRef", "name"))"), row.age, names("User"),
            names("Group"), names("ServiceAccount"),
        ]
    }

    static func signingRequest(_ row: TableRow) -> [JSON] {
        let types = Set(row.list("status", "conditions").compactMap { $0["type"]?.string })
        var status = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
        if types.contains("Failed") { status += ",Failed" }
        if !row.text("status", "certificate").isEmpty { status += ",Issued" }
        let duration = row.value("spec", "expirationSeconds")?.int.map { Timestamp.humanDuration(seconds: $0) }
        return [
            row.name, row.age, row.text("spec", "signerName", absent: "<none>"), .string(row.text("spec", "username")),
            .string(duration ?? "<none>"), .string(status),
        ]
    }

    // MARK: Admission

    static func webhooks(_ row: TableRow) -> [JSON] { [row.name, JSON(row.count("webhooks")), row.age] }
    static func validatingPolicy(_ row: TableRow) -> [JSON] { policy(row, JSON(row.count("spec", "validations"))) }
    static func mutatingPolicy(_ row: TableRow) -> [JSON] { policy(row, JSON(row.count("spec", "mutations"))) }

    private static func policy(_ row: TableRow, _ count: JSON) -> [JSON] {
        let kind = row.value("spec", "paramKind").map {
            "\($0["apiVersion"]?.string ?? "")/\($0["kind"]?.string ?? "")"
        }
        return [row.name, count, .string(kind ?? "<unset>"), row.age]
    }

    static func policyBinding(_ row: TableRow) -> [JSON] {
        var parameters = "<unset>"
        let name = row.text("spec", "paramRef", "name")
        if !name.isEmpty {
            let namespace = row.text("spec", "paramRef", "namespace")
            parameters = "\(namespace.isEmpty ? "*" : namespace)/\(name)"
        } else if let selector = row.value("spec", "paramRef", "selector") {
            parameters = SelectorText.structure(selector)
        }
        return [row.name, .string(row.text("spec", "policyName")), .string(parameters), row.age]
    }

    static func podSecurityPolicy(_ row: TableRow) -> [JSON] {
        func rule(_ name: String) -> JSON { .string(row.text("spec", name, "rule")) }
        func joined(_ name: String) -> JSON {
            .string(row.list("spec", name).compactMap(\.string).joined(separator: ","))
        }
        return [
            row.name, .string(row.value("spec", "privileged")?.bool == true ? "true" : "false"),
            joined("allowedCapabilities"),
            rule("seLinux"), rule("runAsUser"), rule("fsGroup"), rule("supplementalGroups"),
            row.bool("spec", "readOnlyRootFilesystem"), joined("volumes"),
        ]
    }

    // MARK: The API server's own

    static func apiService(_ row: TableRow) -> [JSON] {
        let service = row.value("spec", "service").map {
            "\($0["namespace"]?.string ?? "")/\($0["name"]?.string ?? "")"
        }
        var available = "Unknown"
        if let condition = row.list("status", "conditions").first(where: { $0["type"]?.string == "Available" }) {
            available = condition["status"]?.string ?? ""
            let reason = condition["reason"]?.string ?? ""
            if available != "True", !reason.isEmpty { available += " (\(reason))" }
        }
        return [row.name, .string(service ?? "Local"), .string(available), row.age]
    }

    static func flowSchema(_ row: TableRow) -> [JSON] {
        let dangling = row.list("status", "conditions").first { $0["type"]?.string == "Dangling" }
        return [
            row.name, .string(row.text("spec", "priorityLevelConfiguration", "name")),
            row.int("spec", "matchingPrecedence"),
            row.optional("spec", "distinguisherMethod", "type", absent: "<none>"), row.age,
            .string(dangling.map { $0["status"]?.string ?? "" } ?? "?"),
        ]
    }

    static func priorityLevel(_ row: TableRow) -> [JSON] {
        let limited = row.value("spec", "limited")
        let queuing = limited?.present("limitResponse", "queuing")
        func number(_ key: String) -> JSON { queuing.map { $0[key] ?? 0 } ?? "<none>" }
        return [
            row.name, .string(row.text("spec", "type")),
            limited.map { $0["nominalConcurrencyShares"] ?? 0 } ?? "<none>",
            number("queues"), number("handSize"), number("queueLengthLimit"), row.age,
        ]
    }
}
