import JSONValue

/// A range of user or group IDs of a policy, both ends included.
struct IDRange: Hashable, Sendable {
    let min: Int64
    let max: Int64

    init(_ json: JSON) {
        min = json["min"]?.int ?? 0
        max = json["max"]?.int ?? 0
    }

    func contains(_ id: Int64) -> Bool { id >= min && id <= max }

    /// The ranges of the options of one rule.
    static func ranges(in options: JSON?) -> [IDRange] { (options?.member("ranges")?.array ?? []).map(IDRange.init) }
}

extension [IDRange] {
    func contains(id: Int64) -> Bool { contains { $0.contains(id) } }

    /// As Kubernetes prints them: `[{1 5} {10 20}]`.
    var printed: String { "[" + map { "{\($0.min) \($0.max)}" }.joined(separator: " ") + "]" }

    /// For people: `1 to 5, 10 to 20`.
    var words: String {
        map { $0.min == $0.max ? "\($0.min)" : "\($0.min) to \($0.max)" }.joined(separator: ", ")
    }
}
