import JSONValue
import KubeModel

/// Writes types as OpenAPI schemas, and notes which further types they need.
struct OpenAPISchemas {
    /// The two forms: Swagger 2.0, and OpenAPI 3.0 with its defaults.
    enum Form { case v2, v3 }

    static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    let catalog: SchemaCatalog
    let form: Form
    /// The versions that share the types of options and of watches.
    let versions: [GroupVersion]
    private var needed: [String] = []
    private var known: Set<String> = []
    private var extra: [String: JSON] = [:]

    init(catalog: SchemaCatalog, form: Form, versions: [GroupVersion]) {
        self.catalog = catalog
        self.form = form
        self.versions = versions
    }

    /// A reference to a type, which is written with the others.
    mutating func reference(_ name: String) -> JSON {
        if known.insert(name).inserted { needed.append(name) }
        let root = form == .v2 ? "#/definitions/" : "#/components/schemas/"
        return .string(root + name.replacing("~", with: "~0").replacing("/", with: "~1"))
    }

    /// A reference to the list of a kind; a list type that the catalog does not know is made up.
    mutating func listReference(_ kind: GroupVersionKind, item: String) -> JSON {
        let list = item + "List"
        if catalog.types[list] == nil, extra[list] == nil {
            let meta = reference(Self.meta + "ListMeta")
            let element = reference(item)
            var properties: JSONObject = ["apiVersion": ["type": "string"], "kind": ["type": "string"]]
            properties["items"] = ["type": "array", "items": ["$ref": element]]
            properties["metadata"] = ["$ref": meta]
            for key in properties.keys {
                properties[key]?["description"] = .string(FieldTexts.field(key))
            }
            extra[list] = [
                "description": .string(FieldTexts.type(kind.kind + "List")), "type": "object", "required": ["items"],
                "properties": .object(properties),
                "x-kubernetes-group-version-kind": [
                    Self.json(
                        GroupVersionKind(
                            group: kind.group, version: kind.version, kind: kind.kind + "List"))
                ],
            ]
        }
        return reference(list)
    }

    /// The types that were referred to, with all that they refer to, by name.
    mutating func written() -> JSONObject {
        var all: [(String, JSON)] = []
        while let name = needed.popLast() {
            if let made = extra[name] {
                all.append((name, made))
            } else if let type = catalog.types[name] {
                all.append((name, self.type(type, named: name)))
            } else {
                // What a reference names must be there; of a type that is not known anything is allowed.
                all.append((name, ["type": "object", "description": .string(FieldTexts.type(name))]))
            }
        }
        return JSONObject(all.sorted { $0.0 < $1.0 })
    }

    static func json(_ kind: GroupVersionKind) -> JSON {
        ["group": .string(kind.group), "kind": .string(kind.kind), "version": .string(kind.version)]
    }

    private mutating func type(_ type: SchemaNode, named name: String) -> JSON {
        let short = String(name.split(separator: ".").last ?? "")
        let isBuiltin = name.hasPrefix("io.k8s.")
        var schema = body(type, isBuiltin: isBuiltin)
        // What a CRD does not describe, we do not either.
        schema["description"] = isBuiltin ? .string(FieldTexts.type(short)) : schema["description"]
        var kinds = type.kinds
        if name == Self.meta + "DeleteOptions" || name == Self.meta + "WatchEvent" {
            kinds = versions.map { GroupVersionKind(group: $0.group, version: $0.version, kind: short) }
        } else if name == Self.meta + "Status" {
            kinds = [GroupVersionKind(group: "", version: "v1", kind: "Status")]
        }
        if !kinds.isEmpty { schema["x-kubernetes-group-version-kind"] = .array(kinds.map(Self.json)) }
        if !isBuiltin, !type.kinds.isEmpty { addObjectFields(to: &schema) }
        schema.moveToFront("description")
        return .object(schema)
    }

    /// Custom resources do not spell out what every object has.
    private mutating func addObjectFields(to schema: inout JSONObject) {
        var properties = schema["properties"]?.object ?? JSONObject()
        // Where unknown fields are kept, Swagger clients must not think that these fields are all.
        if form == .v2, schema["x-kubernetes-preserve-unknown-fields"] != nil || properties.isEmpty { return }
        for key in ["apiVersion", "kind"] {
            properties[key] = ["description": .string(FieldTexts.field(key)), "type": "string"]
        }
        properties["metadata"] = referring(
            to: Self.meta + "ObjectMeta", beside: ["description": .string(FieldTexts.field("metadata"))])
        schema["properties"] = .object(JSONObject(members: properties.members.sorted { $0.key < $1.key }))
    }

    /// A reference with members beside it: OpenAPI 3.0 does not allow them, so the reference is wrapped.
    private mutating func referring(to name: String, beside: JSONObject) -> JSON {
        var schema = beside
        let target = reference(name)
        if form == .v2 || beside.isEmpty { schema["$ref"] = target } else { schema["allOf"] = [["$ref": target]] }
        return .object(schema)
    }

    private mutating func field(_ node: SchemaNode, name: String, isBuiltin: Bool) -> JSON {
        var schema = node.ref == nil ? body(node, isBuiltin: isBuiltin) : JSONObject()
        if isBuiltin { schema["description"] = .string(node.constraints["description"]?.string ?? FieldTexts.field(name)) }
        schema.moveToFront("description")
        return finished(schema, node)
    }

    /// An element of a list or a value of a map; built-in ones have the zero value of their type as default.
    private mutating func element(_ node: SchemaNode, isBuiltin: Bool) -> JSON {
        var schema = node.ref == nil ? body(node, isBuiltin: isBuiltin) : JSONObject()
        if isBuiltin, form == .v3, node.defaultValue == nil, let zero = zero(of: node) { schema["default"] = zero }
        return finished(schema, node)
    }

    private func zero(of node: SchemaNode) -> JSON? {
        if node.ref != nil { return catalog.resolve(node).fields.isEmpty ? nil : [:] }
        switch node.type {
        case .string: return node.format == "byte" ? nil : ""
        case .integer, .number: return 0
        case .boolean: return false
        case .object, .array, .intOrString, .quantity, .any: return nil
        }
    }

    /// Adds what this use of a type says beside the type itself.
    private mutating func finished(_ given: JSONObject, _ node: SchemaNode) -> JSON {
        var schema = given
        if form == .v3, let value = node.defaultValue { schema["default"] = value }
        if let listType = node.listType { schema["x-kubernetes-list-type"] = .string(listType.rawValue) }
        if !node.listMapKeys.isEmpty { schema["x-kubernetes-list-map-keys"] = JSON(node.listMapKeys) }
        if !node.patchStrategy.isEmpty {
            schema["x-kubernetes-patch-strategy"] = .string(node.patchStrategy.joined(separator: ","))
        }
        if let key = node.patchMergeKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
        if node.isAtomicMap { schema["x-kubernetes-map-type"] = "atomic" }
        guard let name = node.ref else { return .object(schema) }
        return referring(to: name, beside: schema)
    }

    private mutating func body(_ node: SchemaNode, isBuiltin: Bool) -> JSONObject {
        var schema = JSONObject()
        switch node.type {
        case .object: schema["type"] = "object"
        case .array: schema["type"] = "array"
        case .string: schema["type"] = "string"
        case .integer: schema["type"] = "integer"
        case .number: schema["type"] = "number"
        case .boolean: schema["type"] = "boolean"
        case .intOrString, .quantity: if form == .v2 { schema["type"] = "string" }
        case .any: break
        }
        if node.type == .intOrString, node.constraints["oneOf"] == nil {
            schema["x-kubernetes-int-or-string"] = true
            if form == .v3, node.constraints["anyOf"] == nil {
                schema["anyOf"] = [["type": "integer"], ["type": "string"]]
            }
        }
        if let format = node.format { schema["format"] = .string(format) }
        if !node.enumeration.isEmpty { schema["enum"] = .array(node.enumeration) }
        if let items = node.items { schema["items"] = element(items, isBuiltin: isBuiltin) }
        if let values = node.values { schema["additionalProperties"] = element(values, isBuiltin: isBuiltin) }
        if !node.fields.isEmpty {
            var properties: [(String, JSON)] = []
            for (name, field) in node.fields.sorted(by: { $0.key < $1.key }) {
                properties.append((name, self.field(field, name: name, isBuiltin: isBuiltin)))
            }
            schema["properties"] = .object(JSONObject(properties))
        }
        if !node.required.isEmpty { schema["required"] = JSON(node.required) }
        if node.preservesUnknownFields { schema["x-kubernetes-preserve-unknown-fields"] = true }
        if node.isEmbeddedResource { schema["x-kubernetes-embedded-resource"] = true }
        // What an item or a type says of itself; uses of it say more.
        if node.isAtomicMap { schema["x-kubernetes-map-type"] = "atomic" }
        add(node.constraints, to: &schema)
        return schema
    }

    private func add(_ constraints: JSONObject, to schema: inout JSONObject) {
        let onlyInV3: Set<String> = ["oneOf", "anyOf", "allOf", "not", "nullable"]
        for (key, value) in constraints where form == .v3 || !onlyInV3.contains(key) {
            switch key {
            case "validations", "unions": schema["x-kubernetes-" + key] = value
            default: schema[key] = value
            }
        }
    }
}
