/// One JSON value (RFC 8259) as a tree: the form in which writes are defaulted, validated and patched.
///
/// Numbers keep the distinction that Kubernetes makes: what has neither fraction nor exponent and fits 64 bits is
/// ``int(_:)``, everything else is ``double(_:)``. Two objects are equal when they hold equal members, in any order; two
/// strings when their bytes are, whatever Unicode normalisation makes of them.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// Compares the bytes of strings: a write that changes how a text is composed is a change.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        case (.null, _), (.bool, _), (.int, _), (.double, _), (.string, _), (.array, _), (.object, _): false
        }
    }
}

extension JSON {
    /// The member `key` of an object; nil when absent or when this is no object. Setting nil removes the member;
    /// setting a member of a value that is no object replaces that value by an object.
    public subscript(_ key: String) -> JSON? {
        get {
            if case .object(let object) = self { object[key] } else { nil }
        }
        set {
            var object: JSONObject
            if case .object(let present) = self { object = present } else { object = JSONObject() }
            self = .null  // releases our reference, so that the object is changed in place
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The element at `index` of an array; nil when out of range or when this is no array.
    public subscript(at index: Int) -> JSON? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    /// The value at a path of object members, such as `value[path: "spec", "template", "metadata"]`.
    public subscript(path keys: String...) -> JSON? {
        get { self[path: keys] }
        set { self[path: keys] = newValue }
    }

    /// The value at a path of object members. Setting creates the objects on the way.
    public subscript(path keys: [String]) -> JSON? {
        get {
            var value = self
            for key in keys {
                guard let next = value[key] else { return nil }
                value = next
            }
            return value
        }
        set { set(newValue, at: keys[...]) }
    }

    private mutating func set(_ newValue: JSON?, at keys: ArraySlice<String>) {
        guard let first = keys.first else {
            self = newValue ?? .null
            return
        }
        if keys.count == 1 {
            self[first] = newValue
            return
        }
        if newValue == nil, self[first] == nil { return }
        var child = self[first] ?? .object([:])
        self[first] = .null
        child.set(newValue, at: keys.dropFirst())
        self[first] = child
    }

    /// The text of a string; nil for any other value.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// True or false as such; nil for any other value, the texts `"true"` and `"false"` included.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// A whole number of 64 bits that was written without fraction and exponent; nil for any other value.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }
    /// The elements of an array; nil for any other value.
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    /// The members of an object; nil for any other value.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// Whether this is a written null, which a patch tells from a member that is absent.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// A number as a double, whichever of the two forms it has.
    public var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The elements of an array that are strings; empty when this is no array.
    public var strings: [String] { array?.compactMap(\.string) ?? [] }

    /// The members of an object whose values are strings, such as labels; empty when this is no object.
    public var stringMap: [String: String] {
        guard let object else { return [:] }
        var map: [String: String] = [:]
        for (key, value) in object { if let text = value.string { map[key] = text } }
        return map
    }

    /// What Go calls the zero value: null, false, 0, "", an empty array or an empty object.
    public var isEmptyValue: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .double(let value): value == 0
        case .string(let value): value.isEmpty
        case .array(let value): value.isEmpty
        case .object(let value): value.isEmpty
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string, written as a Swift literal.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number, written as a Swift literal.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// True or false, written as a Swift literal.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array, written as a Swift literal.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object in the order of the literal; of members with the same key the last one's value is kept.
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }

    /// A string with this text.
    public init(_ value: String) { self = .string(value) }
    /// A whole number, as ``int(_:)``.
    public init(_ value: Int) { self = .int(Int64(value)) }
    /// A whole number, as ``int(_:)``.
    public init(_ value: Int64) { self = .int(value) }
    /// True or false.
    public init(_ value: Bool) { self = .bool(value) }
    /// An array of strings, in the given order.
    public init(_ value: [String]) { self = .array(value.map { .string($0) }) }
    /// An object of strings, its keys sorted.
    public init(_ value: [String: String]) {
        self = .object(JSONObject(value.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
