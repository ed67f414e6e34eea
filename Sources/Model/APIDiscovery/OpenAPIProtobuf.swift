import JSONValue

/// The binary form of an OpenAPI 2.0 document, which clients before kubectl 1.27 ask for and take nothing else.
///
/// Source: the messages of package `openapi.v2` of gnostic (OpenAPIv2.proto), by their field numbers.
enum OpenAPIProtobuf {
    /// The media type of the form, as it is answered; with an @ before the version, as older clients ask for it, it is no
    /// media type that they could read.
    static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    /// Encodes a document as ``OpenAPIDocuments/swagger`` builds it.
    static func document(_ swagger: JSON) -> [UInt8] {
        var out = ProtobufWriter()
        out.string(1, swagger["swagger"])
        out.message(2) { info in
            info.string(1, swagger["info"]?["title"])
            info.string(2, swagger["info"]?["version"])
        }
        out.message(8) { paths in
            for (name, item) in swagger["paths"]?.object ?? JSONObject() {
                paths.named(2, name) { pathItem(item, &$0) }
            }
        }
        out.message(9) { definitions in
            for (name, one) in swagger["definitions"]?.object ?? JSONObject() {
                definitions.named(1, name) { schema(one, &$0) }
            }
        }
        return out.bytes
    }

    // MARK: Operations

    private static let methods: [(String, Int)] = [
        ("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("options", 6), ("head", 7), ("patch", 8),
    ]

    private static func pathItem(_ item: JSON, _ out: inout ProtobufWriter) {
        for (method, field) in methods {
            guard let one = item[method] else { continue }
            out.message(field) { operation(one, &$0) }
        }
        for one in item["parameters"]?.array ?? [] { out.message(9) { parameter(one, &$0) } }
    }

    private static func operation(_ operation: JSON, _ out: inout ProtobufWriter) {
        out.strings(1, operation["tags"])
        out.string(3, operation["description"])
        out.string(5, operation["operationId"])
        out.strings(6, operation["produces"])
        out.strings(7, operation["consumes"])
        for one in operation["parameters"]?.array ?? [] { out.message(8) { parameter(one, &$0) } }
        out.message(9) { responses in
            for (code, response) in operation["responses"]?.object ?? JSONObject() {
                responses.named(1, code) { value in
                    value.message(1) { one in
                        one.string(1, response["description"])
                        guard let type = response["schema"] else { return }
                        one.message(2) { item in item.message(1) { schema(type, &$0) } }
                    }
                }
            }
        }
        out.strings(10, operation["schemes"])
        extensions(13, operation, &out)
    }

    private static func parameter(_ parameter: JSON, _ out: inout ProtobufWriter) {
        out.message(1) { item in
            switch parameter["in"]?.string {
            case "body":
                item.message(1) { body in
                    body.string(1, parameter["description"])
                    body.string(2, parameter["name"])
                    body.string(3, parameter["in"])
                    body.bool(4, parameter["required"])
                    if let type = parameter["schema"] { body.message(5) { schema(type, &$0) } }
                }
            case "query": item.message(2) { $0.message(3) { value(parameter, typeField: 6, uniqueField: 20, &$0) } }
            case "path": item.message(2) { $0.message(4) { value(parameter, typeField: 5, uniqueField: 19, &$0) } }
            default: item.message(2) { $0.message(1) { value(parameter, typeField: 5, uniqueField: 19, &$0) } }
            }
        }
    }

    /// A parameter that is one value.
    private static func value(_ parameter: JSON, typeField: Int, uniqueField: Int, _ out: inout ProtobufWriter) {
        out.bool(1, parameter["required"])
        out.string(2, parameter["in"])
        out.string(3, parameter["description"])
        out.string(4, parameter["name"])
        out.string(typeField, parameter["type"])
        out.bool(uniqueField, parameter["uniqueItems"])
    }

    // MARK: Schemas

    private static func schema(_ schema: JSON, _ out: inout ProtobufWriter) {
        out.string(1, schema["$ref"])
        out.string(2, schema["format"])
        out.string(4, schema["description"])
        if let value = schema["default"] { out.any(5, value) }
        out.strings(19, schema["required"])
        for value in schema["enum"]?.array ?? [] { out.any(20, value) }
        switch schema["additionalProperties"] {
        case .bool(let flag)?: out.message(21) { $0.bool(2, .bool(flag)) }
        case let values? where values.object != nil:
            out.message(21) { item in item.message(1) { Self.schema(values, &$0) } }
        case .some, nil: break
        }
        if let type = schema["type"] { out.message(22) { $0.string(1, type) } }
        if let items = schema["items"] { out.message(23) { item in item.message(1) { Self.schema(items, &$0) } } }
        if let properties = schema["properties"]?.object {
            out.message(25) { all in
                for (name, one) in properties { all.named(1, name) { Self.schema(one, &$0) } }
            }
        }
        extensions(31, schema, &out)
    }

    /// The members that start with `x-`.
    private static func extensions(_ field: Int, _ object: JSON, _ out: inout ProtobufWriter) {
        for (name, value) in object.object ?? JSONObject() where name.hasPrefix("x-") {
            out.message(field) { named in
                named.string(1, .string(name))
                named.any(2, value)
            }
        }
    }
}

/// Writes the wire format of Protocol Buffers: fields of type string, bool and message.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func delimited(_ field: Int, _ content: some Collection<UInt8>) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    /// A string; an absent or empty one is not written.
    mutating func string(_ field: Int, _ value: JSON?) {
        guard let text = value?.string, !text.isEmpty else { return }
        delimited(field, Array(text.utf8))
    }

    mutating func strings(_ field: Int, _ value: JSON?) {
        for text in value?.strings ?? [] { delimited(field, Array(text.utf8)) }
    }

    mutating func bool(_ field: Int, _ value: JSON?) {
        guard value?.bool == true else { return }
        varint(UInt64(field) << 3)
        bytes.append(1)
    }

    mutating func message(_ field: Int, _ write: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        write(&inner)
        delimited(field, inner.bytes)
    }

    /// An entry of a map: its key and its value.
    mutating func named(_ field: Int, _ name: String, _ write: (inout ProtobufWriter) -> Void) {
        message(field) { entry in
            entry.string(1, .string(name))
            entry.message(2, write)
        }
    }

    /// Any value, as YAML text, which JSON is.
    mutating func any(_ field: Int, _ value: JSON) {
        message(field) { $0.string(2, .string(value.description + "\n")) }
    }
}
