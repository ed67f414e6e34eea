public import JSONValue

/// A schema of a custom resource, ready to prune, default and validate its objects.
///
/// Made from `openAPIV3Schema` of a CRD. The structural part (`type`, `properties`, `items`, `additionalProperties` and
/// the extensions) says which fields there are; value validations (`minimum`, `pattern`, `anyOf`, …) say what they may
/// hold. Sources: KEP-1152 (structural schemas), KEP-575 (defaulting), OpenAPI 3.0 section 4.7.24.
public final class StructuralSchema: Sendable {
    /// The JSON type that a value must have.
    public enum ValueType: String, Hashable, Sendable, CaseIterable { case array, boolean, integer, number, object, string }
    /// How a list is compared and merged (KEP-555).
    public enum ListType: String, Hashable, Sendable { case atomic, set, map }

    /// The type; nil when any is allowed.
    public let type: ValueType?
    /// Whether null is a value of its own, which is kept.
    public let isNullable: Bool
    /// `int-or-string`: an integer or a string.
    public let isIntOrString: Bool
    /// Whether fields that are not named are kept.
    public let preservesUnknownFields: Bool
    /// Whether the value is a whole object with `apiVersion`, `kind` and `metadata`.
    public let isEmbeddedResource: Bool
    /// The fields, in the order of the definition.
    public let properties: [(name: String, schema: StructuralSchema)]
    private let byName: [String: StructuralSchema]
    /// What the values of a map are.
    public let additionalProperties: StructuralSchema?
    /// Whether any member is allowed (`additionalProperties: true`).
    public let allowsAnyMember: Bool
    /// What the elements of a list are.
    public let items: StructuralSchema?
    /// The value of a field that is left out.
    public let defaultValue: JSON?
    /// How a list is compared and merged; nil when the definition does not say.
    public let listType: ListType?
    /// The fields whose values together tell the elements of a ``ListType/map`` list apart.
    public let listMapKeys: [String]
    /// What the value may hold.
    let rules: ValueRules

    /// Makes the schema that a definition writes.
    ///
    /// - Throws: ``Pattern/Fault`` when a `pattern` in it is none. Everything else that is wrong with a definition is
    ///   found by its validation; what cannot be read here is taken as not being there.
    public convenience init(_ definition: JSON) throws(Pattern.Fault) { try self.init(definition, depth: 0) }

    /// How deep schemas may stand in each other; deeper ones are refused by the depth limit of bodies before.
    private static let depthLimit = 512

    private init(_ definition: JSON, depth: Int) throws(Pattern.Fault) {
        guard depth < Self.depthLimit else { throw Pattern.Fault(description: "the schema nests too deeply") }
        type = definition["type"]?.string.flatMap(ValueType.init(rawValue:))
        isNullable = definition["nullable"]?.bool ?? false
        isIntOrString = definition["x-kubernetes-int-or-string"]?.bool ?? false
        preservesUnknownFields = definition["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
        isEmbeddedResource = definition["x-kubernetes-embedded-resource"]?.bool ?? false
        var properties: [(name: String, schema: StructuralSchema)] = []
        for (name, member) in definition["properties"]?.object ?? JSONObject() {
            properties.append((name, try StructuralSchema(member, depth: depth + 1)))
        }
        self.properties = properties
        byName = Dictionary(properties.map { ($0.name, $0.schema) }) { first, _ in first }
        switch definition["additionalProperties"] {
        case .object?:
            additionalProperties = try StructuralSchema(definition["additionalProperties"] ?? [:], depth: depth + 1)
            allowsAnyMember = false
        case .bool(true)?:
            additionalProperties = nil
            allowsAnyMember = true
        default:
            additionalProperties = nil
            allowsAnyMember = false
        }
        if definition["items"]?.object != nil {
            items = try StructuralSchema(definition["items"] ?? [:], depth: depth + 1)
        } else {
            items = nil
        }
        defaultValue = definition["default"].flatMap { $0.isNull && definition["nullable"]?.bool != true ? nil : $0 }
        listType = definition["x-kubernetes-list-type"]?.string.flatMap(ListType.init(rawValue:))
        listMapKeys = definition["x-kubernetes-list-map-keys"]?.strings ?? []
        rules = try ValueRules(definition) { (member: JSON) throws(Pattern.Fault) in try StructuralSchema(member, depth: depth + 1) }
    }

    /// The schema of a field; nil when the definition does not name it.
    public func property(_ name: String) -> StructuralSchema? { byName[name] }

    /// The schema of a member of an object: the named field's, or that of all other members.
    func member(_ name: String) -> StructuralSchema? { byName[name] ?? additionalProperties }

    /// Whether any field below has a default.
    public var hasDefaults: Bool {
        if defaultValue != nil { return true }
        if properties.contains(where: { $0.schema.hasDefaults }) { return true }
        return additionalProperties?.hasDefaults ?? false || items?.hasDefaults ?? false
    }
}

/// What a value may hold beside its type.
struct ValueRules: Sendable {
    var format: String?
    var enumeration: [JSON]?
    var required: [String]
    var minimum: Double?
    var maximum: Double?
    var excludesMinimum: Bool
    var excludesMaximum: Bool
    var multipleOf: Double?
    var minLength: Int64?
    var maxLength: Int64?
    var pattern: (text: String, pattern: Pattern)?
    var minItems: Int64?
    var maxItems: Int64?
    var hasUniqueItems: Bool
    var minProperties: Int64?
    var maxProperties: Int64?
    var allOf: [StructuralSchema]
    var anyOf: [StructuralSchema]
    var oneOf: [StructuralSchema]
    var not: StructuralSchema?

    init(_ definition: JSON, make: (JSON) throws(Pattern.Fault) -> StructuralSchema) throws(Pattern.Fault) {
        format = definition["format"]?.string
        enumeration = definition["enum"]?.array
        required = definition["required"]?.strings ?? []
        minimum = definition["minimum"]?.number
        maximum = definition["maximum"]?.number
        excludesMinimum = definition["exclusiveMinimum"]?.bool ?? false
        excludesMaximum = definition["exclusiveMaximum"]?.bool ?? false
        multipleOf = definition["multipleOf"]?.number
        minLength = definition["minLength"]?.int
        maxLength = definition["maxLength"]?.int
        if let text = definition["pattern"]?.string, !text.isEmpty {
            pattern = (text, try Pattern(text))
        } else {
            pattern = nil
        }
        minItems = definition["minItems"]?.int
        maxItems = definition["maxItems"]?.int
        hasUniqueItems = definition["uniqueItems"]?.bool ?? false
        minProperties = definition["minProperties"]?.int
        maxProperties = definition["maxProperties"]?.int
        func list(_ key: String) throws(Pattern.Fault) -> [StructuralSchema] {
            var made: [StructuralSchema] = []
            for member in definition[key]?.array ?? [] { made.append(try make(member)) }
            return made
        }
        allOf = try list("allOf")
        anyOf = try list("anyOf")
        oneOf = try list("oneOf")
        if let member = definition["not"], member.object != nil { not = try make(member) } else { not = nil }
    }
}
