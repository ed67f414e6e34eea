import JSONValue
import KubeModel

/// The rows of the small kinds of the core group, and of events.
enum CoreRows {
    static func namespace(_ row: TableRow) -> [JSON] { [row.name, .string(row.text("status", "phase")), row.age] }
    static func nameAndAge(_ row: TableRow) -> [JSON] { [row.name, row.age] }
    /// What kinds without columns of their own show.
    static func nameAndCreation(_ row: TableRow) -> [JSON] { [row.name, row.createdAt] }

    static func secret(_ row: TableRow) -> [JSON] {
        [row.name, .string(row.text("type")), JSON(row.count("data")), row.age]
    }

    static func configMap(_ row: TableRow) -> [JSON] {
        [row.name, JSON(row.count("data") + row.count("binaryData")), row.age]
    }

    static func resourceQuota(_ row: TableRow) -> [JSON] {
        let hard = row.value("status", "hard")?.object ?? JSONObject()
        var requests: [String] = []
        var limits: [String] = []
        for name in hard.keys.sorted() {
            let used = TableRow.quantity(row.value("status", "used", name))
            let words = "\(name): \(used)/\(TableRow.quantity(hard[name]))"
            if name.hasPrefix("limits.") { limits.append(words) } else { requests.append(words) }
        }
        return [row.name, .string(requests.joined(separator: ", ")), .string(limits.joined(separator: ", ")), row.age]
    }

    /// An event of the core group or of `events.k8s.io`, which names the older fields otherwise.
    static func event(_ row: TableRow) -> [JSON] {
        func either(_ name: String, _ other: String) -> JSON? { row.value(name) ?? row.value(other) }
        let subject = either("involvedObject", "regarding") ?? .object([:])
        let first = either("firstTimestamp", "deprecatedFirstTimestamp") ?? row.value("eventTime")
        let last = either("lastTimestamp", "deprecatedLastTimestamp") ?? first
        var lastSeen = TableRow.age(last, at: row.now)
        var count = (either("count", "deprecatedCount")?.int).flatMap { $0 == 0 ? nil : $0 } ?? 1
        if let series = row.value("series") {
            lastSeen = TableRow.age(series["lastObservedTime"], at: row.now)
            count = series["count"]?.int ?? 0
        }
        let kind = (subject["kind"]?.string ?? "").lowercased()
        let name = subject["name"]?.string ?? ""
        let source = either("source", "deprecatedSource")
        let component = source?["component"]?.string ?? ""
        let host = source?["host"]?.string ?? ""
        let reporter = either("reportingComponent", "reportingController")?.string ?? ""
        let from = [component.isEmpty ? reporter : component, host.isEmpty ? row.text("reportingInstance") : host]
        return [
            .string(lastSeen), .string(row.text("type")), .string(row.text("reason")),
            .string(name.isEmpty ? kind : "\(kind)/\(name)"), .string(subject["fieldPath"]?.string ?? ""),
            .string(from[1].isEmpty ? from[0] : from.joined(separator: ", ")),
            .string(trimmed(either("message", "note")?.string ?? "")), .string(TableRow.age(first, at: row.now)),
            .int(count),
            row.name,
        ]
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
