import JSONValue
import KubeModel

/// Reading an object as the API's Go types would hold it: an absent member is the zero value.
extension JSON {
    /// The string member `key`, or "".
    func text(_ key: String) -> String { self[key]?.string ?? "" }

    /// The elements of the list member `key`, or none.
    func list(_ key: String) -> [JSON] { self[key]?.array ?? [] }

    /// The strings of the list member `key`.
    func texts(_ key: String) -> [String] { self[key]?.strings ?? [] }

    /// The integer member `key`.
    func number(_ key: String) -> Int64? {
        switch self[key] {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The integer member `key`, or 0.
    func count(_ key: String) -> Int64 { number(key) ?? 0 }

    /// The boolean member `key`, or false.
    func flag(_ key: String) -> Bool { self[key]?.bool ?? false }

    /// The member `key` when it is there and not null.
    func given(_ key: String) -> JSON? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }

    /// Whether the member `key` is there and not null.
    func has(_ key: String) -> Bool { given(key) != nil }

    /// The entries of a map of strings, by key.
    func entries(_ key: String) -> [(key: String, value: String)] {
        (self[key]?.object?.map { ($0.key, $0.value.string ?? "") } ?? []).sorted { $0.0 < $1.0 }
    }

    /// The entries of a map, by key.
    func members(_ key: String) -> [(key: String, value: JSON)] {
        (self[key]?.object?.map { ($0.key, $0.value) } ?? []).sorted { $0.0 < $1.0 }
    }

    /// The quantities of a resource list, by name.
    func quantities(_ key: String) -> [(name: String, quantity: Quantity)] {
        members(key).map { ($0.key, Quantity(json: $0.value) ?? Quantity(0)) }
    }

    /// The quantity member `key`.
    func quantity(_ key: String) -> Quantity? { given(key).flatMap { Quantity(json: $0) } }

    var metadata: JSON { self["metadata"] ?? .object([:]) }
    var spec: JSON { self["spec"] ?? .object([:]) }
    var status: JSON { self["status"] ?? .object([:]) }
    var name: String { metadata.text("name") }
    var namespace: String { metadata.text("namespace") }
    func annotation(_ key: String) -> String? { metadata["annotations"]?[key]?.string }

    /// The value with the members of all objects in it sorted, as Go prints maps.
    var sortedMembers: JSON {
        switch self {
        case .object(let object):
            .object(JSONObject(object.map { ($0.key, $0.value.sortedMembers) }.sorted { $0.0 < $1.0 }))
        case .array(let elements): .array(elements.map(\.sortedMembers))
        default: self
        }
    }
}

extension Quantity {
    /// A quantity as JSON holds it: a string or a number.
    init?(json: JSON) {
        switch json {
        case .string(let text): self.init(text)
        case .int(let value): self.init(value)
        case .double(let value): self.init("\(value)")
        default: return nil
        }
    }
}

/// A number or a string (`IntOrString`).
enum IntOrString: Equatable {
    case int(Int64)
    case string(String)

    init(_ json: JSON?) {
        switch json {
        case .string(let text): self = .string(text)
        case .int(let value): self = .int(value)
        default: self = .int(0)
        }
    }

    var json: JSON {
        switch self {
        case .int(let value): .int(value)
        case .string(let text): .string(text)
        }
    }

    /// The value of a text such as `25%`; nil when it is none.
    var percent: Int64? {
        guard case .string(let text) = self, Names.isPercent(text) else { return nil }
        return Int64(text.dropLast())
    }

    /// The number, the number of percents, or the number that the text is.
    var magnitude: Int64 {
        switch self {
        case .int(let value): value
        case .string(let text): percent ?? Int64(text) ?? 0
        }
    }
}

/// Whether two values mean the same to the API: an absent or empty list or map is none, quantities are not compared here.
func sameMeaning(_ left: JSON?, _ right: JSON?) -> Bool {
    switch (left.meaningful, right.meaningful) {
    case (nil, nil): true
    case (nil, _), (_, nil): false
    case (.array(let a)?, .array(let b)?):
        a.count == b.count && zip(a, b).allSatisfy { sameMeaning($0, $1) }
    case (.object(let a)?, .object(let b)?):
        a.keys.allSatisfy { sameMeaning(a[$0], b[$0]) } && b.keys.allSatisfy { a[$0] != nil || b[$0].meaningful == nil }
    case (let a?, let b?): a == b
    }
}

extension JSON? {
    /// Nil for what is absent, null, or an empty list or map.
    fileprivate var meaningful: JSON? {
        switch self {
        case nil, .null?: nil
        case .array(let elements)? where elements.isEmpty: nil
        case .object(let members)? where members.isEmpty: nil
        default: self
        }
    }
}
