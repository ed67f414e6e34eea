import JSONValue
import KubeModel

/// One object about to become a row: its fields by path, and the moment that ages are counted to.
struct TableRow {
    let object: JSON
    let now: Timestamp

    var name: JSON { .string(text("metadata", "name")) }
    /// The age of the object.
    var age: JSON { .string(age("metadata", "creationTimestamp")) }
    /// The moment of creation itself, for the kinds that print it so.
    var createdAt: JSON { .string((Timestamp(text("metadata", "creationTimestamp")) ?? .zero).description) }
    var isBeingDeleted: Bool { value("metadata", "deletionTimestamp") != nil }

    /// The value at a path; nil when absent or null.
    func value(_ path: String...) -> JSON? { object.present(path) }
    /// The text at a path; empty when absent.
    func text(_ path: String...) -> String { object.present(path)?.string ?? "" }
    /// The text at a path, or `absent` where there is none or an empty one.
    func text(_ path: String..., absent: String) -> JSON {
        let found = object.present(path)?.string ?? ""
        return .string(found.isEmpty ? absent : found)
    }
    /// The text at a path, or `absent` where the field is not there; an empty text stays.
    func optional(_ path: String..., absent: String) -> JSON { .string(object.present(path)?.string ?? absent) }
    /// The whole number at a path.
    func int(_ path: String..., absent: Int64 = 0) -> JSON { .int(object.present(path)?.int ?? absent) }
    func number(_ path: String..., absent: Int64 = 0) -> Int64 { object.present(path)?.int ?? absent }
    func bool(_ path: String..., absent: Bool = false) -> JSON { .bool(object.present(path)?.bool ?? absent) }
    func list(_ path: String...) -> [JSON] { object.present(path)?.array ?? [] }
    /// How many elements or members the value has.
    func count(_ path: String...) -> Int {
        let found = object.present(path)
        return found?.array?.count ?? found?.object?.count ?? 0
    }

    /// The time since a moment; `<unknown>` when there is none.
    func age(_ path: String...) -> String { Self.age(object.present(path), at: now) }

    static func age(_ moment: JSON?, at now: Timestamp) -> String {
        guard let moment = moment?.string.flatMap({ Timestamp($0) }), moment != .zero else { return "<unknown>" }
        return span(from: moment, to: now)
    }

    /// The time between two moments; parts of a second are cut off.
    static func span(from start: Timestamp, to end: Timestamp) -> String {
        var seconds = end.seconds - start.seconds
        let fraction = end.nanoseconds - start.nanoseconds
        if fraction < 0, seconds > 0 { seconds -= 1 }
        if fraction > 0, seconds < 0 { seconds += 1 }
        return Timestamp.humanDuration(seconds: seconds)
    }

    // MARK: Words that several kinds share

    /// `a=b,c=d` of a map, its keys sorted; `<none>` for an empty one.
    func labels(_ path: String...) -> JSON {
        let map = object.present(path)?.stringMap ?? [:]
        if map.isEmpty { return "<none>" }
        return .string(map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
    }

    /// A `LabelSelector` as text; `<none>` for one without requirements.
    func selector(_ path: String...) -> JSON {
        let text = SelectorText.text(object.present(path))
        return .string(text.isEmpty ? "<none>" : text)
    }

    /// The names and the images of containers, each joined by commas.
    func containers(_ path: String...) -> [JSON] {
        let containers = object.present(path)?.array ?? []
        return ["name", "image"].map { key in
            .string(containers.map { $0[key]?.string ?? "" }.joined(separator: ","))
        }
    }

    /// The canonical text of a quantity.
    static func quantity(_ value: JSON?, absent: String = "0") -> String {
        guard let value, !value.isNull else { return absent }
        let text = value.string ?? value.int.map(String.init) ?? value.number.map { "\($0)" } ?? ""
        return Quantity(text)?.description ?? text
    }

    /// An integer or a text, as `IntOrString` prints itself.
    static func intOrString(_ value: JSON?, absent: String) -> JSON {
        guard let value else { return .string(absent) }
        return .string(value.int.map(String.init) ?? value.string ?? absent)
    }

    /// The first `limit` words, and how many more there are.
    static func abbreviated(_ words: [String], limit: Int = 3, separator: String = ",") -> String {
        let text = words.prefix(limit).joined(separator: separator)
        return words.count > limit ? "\(text) + \(words.count - limit) more..." : text
    }

    /// Whether the condition of a type is `True`: the first of that type decides.
    func isTrue(_ condition: String) -> Bool {
        list("status", "conditions").first { $0["type"]?.string == condition }?["status"]?.string == "True"
    }
}

extension JSON {
    /// The value at a path of members; nil when absent or null.
    func present(_ path: [String]) -> JSON? {
        guard let value = self[path: path], !value.isNull else { return nil }
        return value
    }
    func present(_ path: String...) -> JSON? { present(path) }
}

extension Timestamp {
    /// What Go calls the zero time.
    static let zero = Timestamp(seconds: -62_135_596_800)
}
