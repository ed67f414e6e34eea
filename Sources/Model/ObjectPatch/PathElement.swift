public import JSONValue
import KubeModel

/// One step of the path to a field: how a child is chosen in its container.
public enum PathElement: Hashable, Sendable {
    /// One key field of an element of an associative list.
    public struct KeyField: Hashable, Sendable {
        /// The field's name.
        public var name: String
        /// The value that it has in the element.
        public var value: JSON
        /// A field and its value.
        public init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The member of a map.
    case field(String)
    /// The element of a list whose key fields have these values; they are in the order of their names.
    case key([KeyField])
    /// The element of a set.
    case value(JSON)
    /// The element of a list by its place.
    case index(Int)

    /// A key element, its fields in order and its numbers in one form.
    static func key(of fields: [KeyField]) -> PathElement {
        let normal = fields.map { KeyField(name: $0.name, value: normalized($0.value)) }
        return .key(normal.count < 2 ? normal : normal.sorted { precedes($0.name, $1.name) })
    }

    /// A set element, its number in one form.
    static func value(of value: JSON) -> PathElement { .value(normalized(value)) }

    /// 80.0 and 80 are the same key.
    private static func normalized(_ value: JSON) -> JSON {
        if case .double(let number) = value, let whole = Int64(exactly: number) { return .int(whole) }
        return value
    }
}

extension PathElement: Comparable {
    /// Whether the left one comes first in FieldsV1.
    public static func < (left: PathElement, right: PathElement) -> Bool { left.compare(right) < 0 }

    /// Negative when this comes first, zero when both are equal, positive otherwise. The order is that of FieldsV1:
    /// fields, keys, values, indices.
    func compare(_ other: PathElement) -> Int {
        switch (self, other) {
        case (.field(let left), .field(let right)): Self.compare(left, right)
        case (.key(let left), .key(let right)): Self.compare(left, right)
        case (.value(let left), .value(let right)): Self.compare(left, right)
        case (.index(let left), .index(let right)): left < right ? -1 : left == right ? 0 : 1
        case (.field, _), (.key, .value), (.key, .index), (.value, .index): -1
        case (.key, .field), (.value, .field), (.value, .key), (.index, .field), (.index, .key), (.index, .value): 1
        }
    }

    private static func compare(_ left: String, _ right: String) -> Int {
        if left == right { return 0 }
        return precedes(left, right) ? -1 : 1
    }

    private static func compare(_ left: [KeyField], _ right: [KeyField]) -> Int {
        for (ours, theirs) in zip(left, right) {
            let names = compare(ours.name, theirs.name)
            if names != 0 { return names }
            let values = compare(ours.value, theirs.value)
            if values != 0 { return values }
        }
        return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
    }

    private static func compare(_ left: JSON, _ right: JSON) -> Int {
        switch (left, right) {
        case (.int(let ours), .int(let theirs)): return ours < theirs ? -1 : ours == theirs ? 0 : 1
        case (.string(let ours), .string(let theirs)): return compare(ours, theirs)
        case (.bool(let ours), .bool(let theirs)): return ours == theirs ? 0 : ours ? 1 : -1
        case (.array(let ours), .array(let theirs)):
            for (mine, its) in zip(ours, theirs) {
                let order = compare(mine, its)
                if order != 0 { return order }
            }
            return ours.count < theirs.count ? -1 : ours.count == theirs.count ? 0 : 1
        case (.object, .object):
            // Objects are no keys in practice; any order that is total will do.
            return left == right ? 0 : compare(left.sorted.description, right.sorted.description)
        default:
            if let ours = left.number, let theirs = right.number { return ours < theirs ? -1 : ours == theirs ? 0 : 1 }
            return left.rank < right.rank ? -1 : left.rank == right.rank ? 0 : 1
        }
    }
}

extension JSON {
    /// The place of the kind of value in the order of FieldsV1.
    fileprivate var rank: Int {
        switch self {
        case .double: 0
        case .int: 1
        case .string: 2
        case .bool: 3
        case .array: 4
        case .object: 5
        case .null: 6
        }
    }

    /// The value as it stands in a path of a conflict.
    fileprivate var pathText: String {
        switch self {
        case .null: "null"
        case .string(let text): goQuoted(text)
        case .bool, .int, .double: goText
        case .array(let elements): "[" + elements.map(\.pathText).joined(separator: ",") + "]"
        case .object(let object): object.membersInByteOrder.map { $0.key + "=" + $0.value.pathText }.joined()
        }
    }
}

extension PathElement: CustomStringConvertible {
    /// As it stands in a path: `.spec`, `[name="c"]`, `[="x"]`, `[0]`.
    public var description: String {
        switch self {
        case .field(let name): "." + name
        case .key(let fields): "[" + fields.map { $0.name + "=" + $0.value.pathText }.joined(separator: ",") + "]"
        case .value(let value): "[=" + value.pathText + "]"
        case .index(let index): "[\(index)]"
        }
    }
}

// MARK: - FieldsV1

extension PathElement {
    /// The key of FieldsV1: `f:spec`, `k:{"name":"c"}`, `v:"x"`, `i:0`.
    public var encoded: String {
        switch self {
        case .field(let name): return "f:" + name
        case .key(let fields):
            var writer = JSONWriter(capacity: 64)
            writer.raw("k:{")
            for (number, field) in fields.enumerated() {
                if number > 0 { writer.raw(",") }
                writer.string(field.name)
                writer.raw(":")
                writer.write(field.value)
            }
            writer.raw("}")
            return String(decoding: writer.bytes, as: UTF8.self)
        case .value(let value): return "v:" + value.description
        case .index(let index): return "i:\(index)"
        }
    }

    /// What reading a key of FieldsV1 gives.
    enum Decoded {
        case element(PathElement)
        /// A kind of element that a later version may know.
        case unknown
        /// No key of FieldsV1.
        case malformed
    }

    static func decode(_ text: String) -> Decoded {
        let bytes = text.utf8
        guard bytes.count >= 2, bytes[bytes.index(after: bytes.startIndex)] == 0x3A else { return .malformed }
        let rest = String(text.unicodeScalars.dropFirst(2))
        switch bytes.first {
        case 0x66: return .element(.field(rest))
        case 0x76:
            guard let value = try? JSON.parse(rest) else { return .malformed }
            return .element(.value(of: value))
        case 0x6B:
            guard case .object(let object)? = try? JSON.parse(rest) else { return .malformed }
            return .element(.key(of: object.members.map { KeyField(name: $0.key, value: $0.value) }))
        case 0x69:
            guard let index = Int(rest) else { return .malformed }
            return .element(.index(index))
        default: return .unknown
        }
    }
}
