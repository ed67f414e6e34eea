import JSONValue
import KubeModel

/// Walks a value along its shape. One decoder reads one object.
struct Decoder {
    enum PathElement { case key(String), index(Int) }
    /// A fault as it is found: its text, or the parts of a type mismatch, which is told with the place.
    enum Fault: Error {
        case text(String)
        case mismatch(value: String, type: String, fields: [String])
    }

    private let types = TypeFacts.builtin
    /// Where we are, for unknown fields.
    var path: [PathElement] = []
    /// The names of the fields above the value, for type mismatches.
    var fieldStack: [String] = []
    /// The structure that has the field.
    var structureName = ""
    private(set) var unknownFields: [String] = []
    /// Unknown fields are not reported where a part of the object is read on its own.
    private var isQuiet = false
    /// The first fault that does not end the walk.
    private var firstFault: Fault?

    /// Decodes the whole value, and tells the first fault.
    mutating func finish(_ value: JSON, _ shape: Shape) throws(DecodingFault) -> JSON? {
        do throws(Fault) {
            let decoded = try self.value(value, shape)
            if let firstFault { throw firstFault }
            return decoded
        } catch {
            throw DecodingFault(message(of: error))
        }
    }

    private func message(of fault: Fault) -> String {
        switch fault {
        case .text(let text): return text
        case .mismatch(let value, let type, let fields):
            if structureName.isEmpty, fields.isEmpty {
                return "json: cannot unmarshal \(value) into Go value of type \(type)"
            }
            let field = ([structureName] + fields).joined(separator: ".")
            return "json: cannot unmarshal \(value) into Go struct field \(field) of type \(type)"
        }
    }

    /// Notes a fault that does not end the walk.
    private mutating func note(_ fault: Fault) {
        guard firstFault == nil else { return }
        // The place is told with the fault, since the walk goes on.
        firstFault = .text(message(of: fault))
    }

    private mutating func mismatch(_ value: JSON, _ shape: Shape) {
        note(.mismatch(value: Self.describe(value), type: types.displayName(of: shape), fields: fieldStack))
    }

    private static func describe(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    // MARK: Values

    /// Decodes one value that is not null. Nil when nothing is to be kept.
    mutating func value(_ value: JSON, _ shape: Shape) throws(Fault) -> JSON? {
        switch shape {
        case .string:
            if case .string = value { return value }
        case .boolean:
            if case .bool = value { return value }
        case .integer(let bits, let name):
            switch value {
            case .int(let number)
            where bits >= 64 || (number >= -(Int64(1) << (bits - 1)) && number < Int64(1) << (bits - 1)):
                return value
            case .int, .double:
                note(.mismatch(value: "number " + ScalarForm.text(ofNumber: value), type: name, fields: fieldStack))
                return nil
            default: break
            }
        case .number:
            if value.number != nil { return value }
        case .bytes: return bytes(value, shape)
        case .time, .microTime: return try time(value, micro: shape)
        case .quantity: return try quantity(value)
        case .intOrString: return try intOrString(value)
        case .any, .schemaValue: return value
        case .schemaOrBoolean: return try schemaOrBoolean(value)
        case .schemaOrList: return try schemaOr(.list(.structure(TypeFacts.schema), "[]v1.JSONSchemaProps"), value)
        case .schemaOrNames: return try schemaOr(.list(.string("string"), "[]string"), value)
        case .list(let element, _):
            if case .array(let elements) = value { return .array(try list(elements, element)) }
        case .map(let element, _):
            if case .object(let object) = value { return .object(try map(object, element)) }
        case .structure(let at):
            if case .object(let object) = value { return .object(try structure(object, types.structures[at])) }
        }
        mismatch(value, shape)
        return nil
    }

    private mutating func structure(_ object: JSONObject, _ facts: Structure) throws(Fault) -> JSONObject {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(object.count)
        let outer = structureName
        for member in object.members {
            guard let position = facts.positions[member.key] else {
                unknown(member.key)
                continue
            }
            if member.value.isNull { continue }
            let field = facts.fields[position]
            path.append(.key(field.name))
            fieldStack.append(field.name)
            structureName = facts.name
            if let decoded = try value(member.value, field.shape), field.isPointer || !Self.isZero(decoded, field.shape)
            {
                members.append(.init(key: field.name, value: decoded))
            }
            path.removeLast()
            fieldStack.removeLast()
            structureName = outer
        }
        return JSONObject(members: members)
    }

    private mutating func list(_ elements: [JSON], _ shape: Shape) throws(Fault) -> [JSON] {
        var decoded: [JSON] = []
        decoded.reserveCapacity(elements.count)
        for (at, element) in elements.enumerated() {
            path.append(.index(at))
            decoded.append(try self.element(element, shape))
            path.removeLast()
        }
        return decoded
    }

    private mutating func map(_ object: JSONObject, _ shape: Shape) throws(Fault) -> JSONObject {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(object.count)
        for member in object.members {
            path.append(.key(member.key))
            members.append(.init(key: member.key, value: try element(member.value, shape)))
            path.removeLast()
        }
        return JSONObject(members: members)
    }

    /// Decodes an element of a list or map, where null is the zero of the shape.
    private mutating func element(_ value: JSON, _ shape: Shape) throws(Fault) -> JSON {
        if value.isNull { return ScalarForm.zero(of: shape) }
        return try self.value(value, shape) ?? ScalarForm.zero(of: shape)
    }

    /// Whether a field that cannot be absent holds its zero.
    private static func isZero(_ value: JSON, _ shape: Shape) -> Bool {
        switch shape {
        case .string, .boolean, .integer, .number, .bytes: value.isEmptyValue
        default: false
        }
    }

    private mutating func unknown(_ key: String) {
        guard !isQuiet, unknownFields.count < ObjectDecoding.maximumUnknownFields else { return }
        var text = ""
        for element in path + [.key(key)] {
            switch element {
            case .key(let name): text += text.isEmpty ? name : "." + name
            case .index(let at): text += "[\(at)]"
            }
        }
        if !unknownFields.contains(text) { unknownFields.append(text) }
    }

    // MARK: Values that read themselves; their faults end the walk

    private mutating func bytes(_ value: JSON, _ shape: Shape) -> JSON? {
        guard case .string(let text) = value else {
            mismatch(value, shape)
            return nil
        }
        switch Base64.decode(text) {
        case .success(let bytes): return .string(Base64.encode(bytes))
        case .failure(let error):
            note(.text("illegal base64 data at input byte \(error.offset)"))
            return nil
        }
    }

    private func time(_ value: JSON, micro shape: Shape) throws(Fault) -> JSON? {
        guard case .string(let text) = value else {
            throw .mismatch(value: Self.describe(value), type: "string", fields: fieldStack)
        }
        let isMicro = if case .microTime = shape { true } else { false }
        switch TimeForm.parse(text, micro: isMicro) {
        case .success(let time): return .string(isMicro ? time.micro : time.description)
        case .failure(let error): throw .text(error.message)
        }
    }

    private func quantity(_ value: JSON) throws(Fault) -> JSON? {
        let text: String
        switch value {
        case .string(let written): text = written
        case .int, .double: text = ScalarForm.text(ofNumber: value)
        case .null, .bool, .array, .object: text = value.description
        }
        switch QuantityForm.parse(text) {
        case .success(let quantity): return .string(quantity.description)
        case .failure(let error): throw .text(error.message)
        }
    }

    private func intOrString(_ value: JSON) throws(Fault) -> JSON? {
        switch value {
        case .string: return value
        case .int(let number) where Int32(exactly: number) != nil: return value
        case .int, .double:
            throw .mismatch(value: "number " + ScalarForm.text(ofNumber: value), type: "int32", fields: fieldStack)
        case .null, .bool, .array, .object:
            throw .mismatch(value: Self.describe(value), type: "int32", fields: fieldStack)
        }
    }

    private mutating func schemaOrBoolean(_ value: JSON) throws(Fault) -> JSON? {
        switch value {
        case .bool: return value
        case .object: return try alone(value, .structure(TypeFacts.schema))
        case .null, .int, .double, .string, .array: throw .text("boolean or JSON schema expected")
        }
    }

    private mutating func schemaOr(_ list: Shape, _ value: JSON) throws(Fault) -> JSON? {
        switch value {
        case .object: return try alone(value, .structure(TypeFacts.schema))
        case .array: return try alone(value, list)
        case .null, .bool, .int, .double, .string: return nil
        }
    }

    /// Decodes a value that the reference implementation reads with a decoder of its own: unknown fields are not
    /// reported, and a fault ends the walk.
    private mutating func alone(_ value: JSON, _ shape: Shape) throws(Fault) -> JSON? {
        let (wasQuiet, before) = (isQuiet, firstFault)
        isQuiet = true
        firstFault = nil
        defer { isQuiet = wasQuiet }
        let decoded = try self.value(value, shape)
        if let firstFault { throw firstFault }
        firstFault = before
        return decoded
    }
}
