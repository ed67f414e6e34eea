public import JSONValue
import KubeModel

/// Why bytes are no object in Kubernetes' protobuf form. Nothing of the object is kept.
public struct ProtobufError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the bytes, such as `the body ends within a field`.
    public var description: String
    init(_ description: String) { self.description = description }
}

/// Reads objects in the protobuf form in which typed clients send them (`application/vnd.kubernetes.protobuf`): four
/// magic bytes, an envelope that names the kind, and the message of the kind.
///
/// Source: Kubernetes API concepts, "Protobuf encoding"; protobuf wire format, proto2.
public enum ProtobufDecoding {
    /// How deep messages may nest.
    static let maximumDepth = 100

    /// The object in `bytes` as the JSON form of its kind has it. Linear in the bytes.
    public static func decode(_ bytes: [UInt8]) throws(ProtobufError) -> JSON {
        guard bytes.starts(with: [0x6B, 0x38, 0x73, 0x00]) else { throw ProtobufError("the body does not begin as an object in protobuf form does") }
        var reader = WireReader(bytes[4...])
        var apiVersion = ""
        var kind = ""
        var raw: ArraySlice<UInt8> = []
        while let field = try reader.next() {
            switch (field.number, field.payload) {
            case (1, .bytes(let meta)):
                var inner = WireReader(meta)
                while let part = try inner.next() {
                    guard case .bytes(let text) = part.payload else { continue }
                    if part.number == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
                    if part.number == 2 { kind = String(decoding: text, as: UTF8.self) }
                }
            case (2, .bytes(let message)): raw = message
            case (3, .bytes(let encoding)) where !encoding.isEmpty: throw ProtobufError("an encoded envelope is not read here")
            default: break
            }
        }
        guard let version = GroupVersion(apiVersion), let message = messageName(kind: kind, version: version) else {
            throw ProtobufError("no kind \(goQuoted(kind)) is registered for version \(goQuoted(apiVersion))")
        }
        var object: JSON = ["kind": .string(kind), "apiVersion": .string(apiVersion)]
        for (name, value) in try self.message(raw, message, depth: 0) { object[name] = value }
        return object
    }

    /// The name of the message of a kind; options and the like are of the meta package in every group.
    private static func messageName(kind: String, version: GroupVersion) -> String? {
        let first = version.group.split(separator: ".").first.map(String.init) ?? "core"
        let own = "\(first).\(version.version).\(kind)"
        if ProtobufSchema.messages[own] != nil { return own }
        let meta = "meta.\(kind)"
        return ProtobufSchema.messages[meta] != nil ? meta : nil
    }

    private static func message(_ bytes: ArraySlice<UInt8>, _ name: String, depth: Int) throws(ProtobufError) -> JSONObject {
        if depth > maximumDepth { throw ProtobufError("nested too deeply") }
        guard let fields = ProtobufSchema.messages[name] else { throw ProtobufError("the message \(name) is not known") }
        var lists: [Int: [JSON]] = [:]
        var object = JSONObject()
        var reader = WireReader(bytes)
        while let part = try reader.next() {
            guard let field = fields[part.number] else { continue }
            switch field.shape {
            case .single:
                let decoded = try value(part.payload, field.type, depth: depth)
                if field.isInlined {
                    for (key, member) in decoded.object ?? JSONObject() { object[key] = member }
                } else {
                    object[field.name] = decoded
                }
            case .list:
                if case .bytes(let packed) = part.payload, field.isPackable {
                    var inner = WireReader(packed)
                    while !inner.isAtEnd { lists[part.number, default: []].append(.int(Int64(bitPattern: try inner.varint()))) }
                } else {
                    lists[part.number, default: []].append(try value(part.payload, field.type, depth: depth))
                }
            case .map:
                guard case .bytes(let entry) = part.payload else { throw ProtobufError("a map entry of \(name).\(field.name) is no message") }
                let (key, value) = try mapEntry(entry, field.type, depth: depth)
                var map = object[field.name] ?? [:]
                object[field.name] = nil
                map[key] = value
                object[field.name] = map
            }
        }
        for (number, elements) in lists { if let field = fields[number] { object[field.name] = .array(elements) } }
        return object
    }

    private static func mapEntry(_ bytes: ArraySlice<UInt8>, _ type: String, depth: Int) throws(ProtobufError) -> (String, JSON) {
        var key = ""
        var found: JSON?
        var reader = WireReader(bytes)
        while let part = try reader.next() {
            if part.number == 1, case .bytes(let text) = part.payload { key = String(decoding: text, as: UTF8.self) }
            if part.number == 2 { found = try value(part.payload, type, depth: depth) }
        }
        if let found { return (key, found) }
        // An absent value is the zero of its type.
        switch type {
        case "string", "bytes": return (key, "")
        case "bool": return (key, false)
        case "int32", "int64": return (key, 0)
        default: return (key, try value(.bytes([]), type, depth: depth))
        }
    }

    private static func value(_ payload: WireReader.Payload, _ type: String, depth: Int) throws(ProtobufError) -> JSON {
        switch (type, payload) {
        case ("string", .bytes(let text)): return .string(String(decoding: text, as: UTF8.self))
        case ("bytes", .bytes(let data)): return .string(Base64Text.encode(data))
        case ("bool", .varint(let flag)): return .bool(flag != 0)
        case ("int32", .varint(let bits)): return .int(Int64(Int32(truncatingIfNeeded: bits)))
        case ("int64", .varint(let bits)): return .int(Int64(bitPattern: bits))
        case ("uint32", .varint(let bits)), ("uint64", .varint(let bits)): return .int(Int64(clamping: bits))
        case ("double", .fixed64(let bits)): return .double(Double(bitPattern: bits))
        case (_, .bytes(let bytes)):
            if let value = try special(bytes, type) { return value }
            return .object(try message(bytes, type, depth: depth + 1))
        default: throw ProtobufError("a field of type \(type) has another wire type")
        }
    }

    /// The types whose JSON form is not that of their message.
    private static func special(_ bytes: ArraySlice<UInt8>, _ type: String) throws(ProtobufError) -> JSON? {
        switch type {
        case "meta.Time", "meta.MicroTime":
            var reader = WireReader(bytes)
            var seconds: Int64 = 0
            var nanoseconds: Int32 = 0
            var isSet = false
            while let part = try reader.next() {
                guard case .varint(let bits) = part.payload else { continue }
                isSet = true
                if part.number == 1 { seconds = Int64(bitPattern: bits) }
                if part.number == 2 { nanoseconds = Int32(truncatingIfNeeded: bits) }
            }
            guard isSet, seconds > -62_135_596_800, seconds < 253_402_300_800 else { return .null }
            let moment = Timestamp(seconds: seconds, nanoseconds: max(0, nanoseconds))
            return .string(type == "meta.Time" ? moment.description : moment.micro)
        case "meta.Duration":
            let nanoseconds = try integer(bytes, field: 1)
            return .string(nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000)s" : "\(nanoseconds)ns")
        case "k8s.io.apimachinery.pkg.api.resource.Quantity": return .string(try text(bytes, field: 1))
        case "k8s.io.apimachinery.pkg.util.intstr.IntOrString":
            return try integer(bytes, field: 1) == 0 ? .int(Int64(Int32(truncatingIfNeeded: try integer(bytes, field: 2)))) : .string(try text(bytes, field: 3))
        case "k8s.io.apimachinery.pkg.runtime.RawExtension", "meta.FieldsV1":
            let raw = try text(bytes, field: 1)
            if raw.isEmpty { return .null }
            do { return try JSON.parse(raw) } catch { throw ProtobufError("embedded JSON: \(error)") }
        default:
            // Named lists of strings are messages with the one field `items`.
            guard type.hasSuffix("ExtraValue") || type.hasSuffix("OptionalNames") || type == "meta.Verbs" else { return nil }
            var reader = WireReader(bytes)
            var items: [JSON] = []
            while let part = try reader.next() {
                if part.number == 1, case .bytes(let text) = part.payload { items.append(.string(String(decoding: text, as: UTF8.self))) }
            }
            return .array(items)
        }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>, field: Int) throws(ProtobufError) -> Int64 {
        var reader = WireReader(bytes)
        while let part = try reader.next() { if part.number == field, case .varint(let bits) = part.payload { return Int64(bitPattern: bits) } }
        return 0
    }

    private static func text(_ bytes: ArraySlice<UInt8>, field: Int) throws(ProtobufError) -> String {
        var reader = WireReader(bytes)
        while let part = try reader.next() {
            if part.number == field, case .bytes(let text) = part.payload { return String(decoding: text, as: UTF8.self) }
        }
        return ""
    }
}

/// Reads the fields of one message. Every length is checked against what is there.
struct WireReader {
    enum Payload { case varint(UInt64), fixed64(UInt64), fixed32(UInt32), bytes(ArraySlice<UInt8>) }

    private var rest: ArraySlice<UInt8>
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    var isAtEnd: Bool { rest.isEmpty }

    mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            if shift > 63 { throw ProtobufError("a number is too long") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw ProtobufError("the body ends within a number")
    }

    private mutating func take(_ count: Int) throws(ProtobufError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw ProtobufError("the body ends within a field") }
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return taken
    }

    mutating func next() throws(ProtobufError) -> (number: Int, payload: Payload)? {
        if rest.isEmpty { return nil }
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), number > 0 else { throw ProtobufError("a field has no number") }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
        case 2:
            guard let length = Int(exactly: try varint()) else { throw ProtobufError("a field is too long") }
            return (number, .bytes(try take(length)))
        case 5: return (number, .fixed32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }))
        default: throw ProtobufError("a field has a wire type that is not used")
        }
    }
}

/// The fields of the messages, read once from the generated facts.
enum ProtobufSchema {
    enum Shape { case single, list, map }
    struct Field {
        var name: String
        var type: String
        var shape: Shape
        var isInlined: Bool
        var isPackable: Bool { ["int32", "int64", "uint32", "uint64", "bool"].contains(type) }
    }

    static let messages: [String: [Int: Field]] = {
        var all: [String: [Int: Field]] = [:]
        for line in ProtobufFacts.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            var fields: [Int: Field] = [:]
            for word in words.dropFirst() {
                let parts = word.split(separator: ":")
                guard parts.count == 3, let number = Int(parts[0]) else { continue }
                var type = String(parts[2])
                var shape = Shape.single
                if type.hasSuffix("[]") { shape = .list } else if type.hasSuffix("{}") { shape = .map }
                if shape != .single { type.removeLast(2) }
                let isInlined = parts[1].hasPrefix("^")
                fields[number] = Field(name: String(isInlined ? parts[1].dropFirst() : parts[1]), type: type, shape: shape, isInlined: isInlined)
            }
            all[String(name)] = fields
        }
        return all
    }()
}

/// Base64 with padding (RFC 4648 section 4).
enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ data: ArraySlice<UInt8>) -> String {
        let bytes = Array(data)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var at = 0
        while at < bytes.count {
            let rest = bytes.count - at
            let word = UInt32(bytes[at]) << 16 | (rest > 1 ? UInt32(bytes[at + 1]) << 8 : 0) | (rest > 2 ? UInt32(bytes[at + 2]) : 0)
            for position in 0..<4 {
                out.append(position <= rest ? alphabet[Int(word >> UInt32(18 - 6 * position)) & 63] : 0x3D)
            }
            at += 3
        }
        return String(decoding: out, as: UTF8.self)
    }
}
