import JSONValue
import KubeModel

/// What strategic merge patch needs to know of one value: its type, as Go reflection would see it.
struct PatchSchema {
    let node: SchemaNode
    /// The OpenAPI name of the type, where it has one.
    let typeName: String?
    let catalog: SchemaCatalog

    /// How the value of one field is merged.
    struct Field {
        var schema: PatchSchema
        var strategies: [String]
        var mergeKey: String

        /// The strategy beside `retainKeys`; empty when there is none.
        func strategy() throws(StatusError) -> String {
            switch strategies.count {
            case 0: return ""
            case 1: return strategies[0] == "retainKeys" ? "" : strategies[0]
            case 2 where strategies[0] == "retainKeys": return strategies[1]
            case 2 where strategies[1] == "retainKeys": return strategies[0]
            default: throw .unclassified("unexpected patch strategy: [\(strategies.joined(separator: " "))]")
            }
        }
    }

    private var structName: String { typeName?.split(separator: ".").last.map(String.init) ?? "" }

    /// The Go kind of the value.
    var kind: String {
        switch node.type {
        case .object: node.fields.isEmpty && node.values != nil ? "map" : "struct"
        case .array: "slice"
        case .string: node.format == "date-time" ? "struct" : "string"
        case .boolean: "bool"
        case .integer: node.format ?? "int64"
        case .number: "float64"
        case .intOrString, .quantity, .any: "struct"
        }
    }

    private func follow(_ next: SchemaNode) -> PatchSchema {
        PatchSchema(node: catalog.resolve(next), typeName: next.ref, catalog: catalog)
    }

    /// The field `key` of a struct, matched without regard to case when it does not match exactly.
    func field(_ key: String) throws(StatusError) -> Field {
        guard kind == "struct" else {
            throw .unclassified("merging an object in json but data type is not struct, instead is: \(kind)")
        }
        guard let found = node.fields[key] ?? caseInsensitiveField(key) else {
            throw .unclassified("unable to find api field in struct \(structName) for the json field \(goQuoted(key))")
        }
        return Field(schema: follow(found), strategies: found.patchStrategy, mergeKey: found.patchMergeKey ?? "")
    }

    private func caseInsensitiveField(_ key: String) -> SchemaNode? {
        let folded = key.lowercased()
        guard let name = node.fieldOrder.first(where: { $0.lowercased() == folded }) else { return nil }
        return node.fields[name]
    }

    /// The field `key` of a struct, and in its place the type of the elements of that list.
    func listField(_ key: String) throws(StatusError) -> Field {
        var found = try field(key)
        guard found.schema.node.type == .array, let items = found.schema.node.items else {
            throw .unclassified("expected slice or array type, but got: \(kind)")
        }
        found.schema = found.schema.follow(items)
        if found.schema.node.type == .array { throw .unclassified("unexpected slice of slice") }
        return found
    }
}

extension StatusError {
    static func noMergeKey(_ object: JSONObject, _ key: String) -> StatusError {
        .unclassified("map: \(JSON.object(object).goText) does not contain declared merge key: \(key)")
    }

    static func badArgument(expected: String, _ actual: JSON) -> StatusError {
        .unclassified("expected a \(expected), but received a \(actual.goType)")
    }

    static func badPatchType(_ directive: JSON, _ patch: JSONObject) -> StatusError {
        .unclassified("unknown patch type: \(directive.goText) in map: \(JSON.object(patch).goText)")
    }
}
