public import JSONValue

/// The type of one value of the API: what its fields are, and how lists and maps of it are merged.
///
/// Read from the schema facts (`Generated/`) and, in the same form, from CRDs. Types refer to each other by name
/// (``ref``), so that recursive types need no cycle; ``SchemaCatalog/resolve(_:)`` follows the name.
public final class SchemaNode: Sendable {
    /// What JSON the value is.
    public enum ValueType: Hashable, Sendable {
        case object, array, string, integer, number, boolean
        /// An integer or a string (`IntOrString`).
        case intOrString
        /// A quantity: a string or a number.
        case quantity
        /// Any JSON (`RawExtension`, `FieldsV1`, preserved unknown fields).
        case any
    }
    /// How two versions of a list are merged (KEP-555).
    public enum ListType: String, Hashable, Sendable { case atomic, set, map }

    /// What JSON the value must be; `any` where the facts leave it open.
    public let type: ValueType
    /// `int32`, `int64`, `double`, `byte`, `date-time` or nil.
    public let format: String?
    /// The name of the type that describes this value; every other property beside it is of this use of the type.
    public let ref: String?
    /// What the elements of a list are.
    public let items: SchemaNode?
    /// What the values of a map are.
    public let values: SchemaNode?
    /// The fields of an object.
    public let fields: [String: SchemaNode]
    /// The names of the fields in the order of the facts.
    public let fieldOrder: [String]
    /// The names of the fields that an object must have.
    public let required: [String]
    /// The OpenAPI default; `""`, `0`, `{}` say only that Go writes the field even when it is empty.
    public let defaultValue: JSON?
    /// The values that are allowed; empty when the type alone decides.
    public let enumeration: [JSON]
    /// Strategic merge patch: `merge`, `replace`, `retainKeys`.
    public let patchStrategy: [String]
    /// Strategic merge patch: the field by which elements of two lists are taken for the same.
    public let patchMergeKey: String?
    /// How two versions of a list are merged; nil when the facts do not say.
    public let listType: ListType?
    /// The fields whose values together tell the elements of a ``ListType/map`` list apart.
    public let listMapKeys: [String]
    /// Whether an object or map is replaced as a whole.
    public let isAtomicMap: Bool
    /// Whether fields that the schema does not name are kept (`x-kubernetes-preserve-unknown-fields`).
    public let preservesUnknownFields: Bool
    /// Whether the value is a whole object with `apiVersion`, `kind` and `metadata`.
    public let isEmbeddedResource: Bool
    /// Server-side-apply unions, validations, minima and the like, as in the facts.
    public let constraints: JSONObject
    /// The kinds that have this type.
    public let kinds: [GroupVersionKind]

    /// Reads a node of the facts.
    public init(_ facts: JSON) {
        let object = facts.object ?? JSONObject()
        ref = object["ref"]?.string
        format = object["format"]?.string
        items = object["items"].map(SchemaNode.init)
        values = object["values"].map(SchemaNode.init)
        var fields: [String: SchemaNode] = [:]
        var order: [String] = []
        for (name, node) in object["fields"]?.object ?? JSONObject() {
            fields[name] = SchemaNode(node)
            order.append(name)
        }
        self.fields = fields
        fieldOrder = order
        required = object["required"]?.strings ?? []
        defaultValue = object["default"]
        enumeration = object["enum"]?.array ?? []
        patchStrategy = object["patchStrategy"]?.string?.split(separator: ",").map(String.init) ?? []
        patchMergeKey = object["patchMergeKey"]?.string
        listType = object["listType"]?.string.flatMap(ListType.init(rawValue:))
        listMapKeys = object["listMapKeys"]?.strings ?? []
        isAtomicMap = object["mapType"]?.string == "atomic"
        preservesUnknownFields = object["preserveUnknown"]?.bool ?? false
        isEmbeddedResource = object["embedded"]?.bool ?? false
        kinds = (object["gvk"]?.array ?? []).compactMap { entry in
            let parts = entry.strings
            return parts.count == 3 ? GroupVersionKind(group: parts[0], version: parts[1], kind: parts[2]) : nil
        }
        let known: Set<String> = [
            "ref", "format", "items", "values", "fields", "required", "default", "enum", "patchStrategy", "patchMergeKey", "listType",
            "listMapKeys", "mapType", "preserveUnknown", "embedded", "gvk", "type", "intOrString",
        ]
        constraints = JSONObject(members: object.members.filter { !known.contains($0.key) })
        switch object["type"]?.string {
        case "object": type = .object
        case "array": type = .array
        case "string": type = format == "int-or-string" ? .intOrString : .string
        case "integer": type = .integer
        case "number": type = .number
        case "boolean": type = .boolean
        default:
            if object["intOrString"]?.bool == true {
                type = .intOrString
            } else if object["oneOf"] != nil {
                type = .quantity
            } else if !fields.isEmpty {
                type = .object
            } else {
                type = .any
            }
        }
    }
}

/// One resource of one API version, as discovery describes it and as its storage behaves.
public struct ResourceFacts: Sendable {
    /// A part of a resource with a path of its own, such as `pods/log`.
    public struct Subresource: Sendable {
        /// The last part of the path, such as `status`, `scale` or `log`.
        public var name: String
        /// The kind that it reads and writes, such as `Scale`; the parent's own for `status`.
        public var kind: String
        /// What can be done with it, as discovery lists it: `get`, `update`, `create`, ….
        public var verbs: [String]
        /// The group and version of `kind` where it is not the parent's.
        public var apiVersion: GroupVersion?
        /// Query parameters of connect subresources and their types.
        public var queryParameters: [String: String]

        /// A subresource of a custom resource.
        public init(name: String, kind: String, verbs: [String], apiVersion: GroupVersion? = nil) {
            self.name = name
            self.kind = kind
            self.verbs = verbs
            self.apiVersion = apiVersion
            queryParameters = [:]
        }

        init(name: String, kind: String, verbs: [String], apiVersion: GroupVersion?, queryParameters: [String: String]) {
            self.init(name: name, kind: kind, verbs: verbs, apiVersion: apiVersion)
            self.queryParameters = queryParameters
        }
    }
    /// A column of the table that kubectl prints (`metav1.TableColumnDefinition`).
    public struct Column: Hashable, Sendable {
        /// The heading as the server sends it.
        public var name: String
        /// The OpenAPI type of its cells, such as `string` or `integer`.
        public var type: String
        /// The OpenAPI format of its cells; `name` marks the column with the object's name.
        public var format: String
        /// 0 for columns that are always shown; greater ones appear with `kubectl get -o wide` only.
        public var priority: Int
    }

    /// The API group, such as `apps`; empty for the core group.
    public var group: String
    /// The version in which the resource is described here, such as `v1`.
    public var version: String
    /// The name in paths, such as `deployments`.
    public var plural: String
    /// The `singularName` of discovery, such as `deployment`.
    public var singular: String
    /// The kind of its objects, such as `Deployment`.
    public var kind: String
    /// Whether its objects live in namespaces; otherwise in the cluster scope.
    public var isNamespaced: Bool
    /// What can be done with it, as discovery lists it: `get`, `list`, `watch`, ….
    public var verbs: [String]
    /// Abbreviations that kubectl takes for the name, such as `deploy`.
    public var shortNames: [String]
    /// Names of sets of resources that it is in, such as `all` of `kubectl get all`.
    public var categories: [String]
    /// The subresources by the last part of their path.
    public var subresources: [String: Subresource]
    /// The version in which objects are stored; nil for kinds that are never stored.
    public var storageVersion: GroupVersion?
    /// The columns of the table that kubectl prints.
    public var columns: [Column]
    /// The field selector keys that are accepted.
    public var fieldSelectors: [String]
    /// The text of the refusal of any other key; `<key>` stands for the key.
    public var fieldSelectorError: String

    /// Group and version, such as `apps/v1`.
    public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
    /// The resource whatever its version, such as `deployments.apps`.
    public var groupResource: GroupResource { GroupResource(group: group, resource: plural) }
    /// The kind of its objects in this version.
    public var groupVersionKind: GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }

    /// The facts of a custom resource, whose columns are its CRD's matter.
    public init(
        group: String, version: String, plural: String, singular: String, kind: String, isNamespaced: Bool, verbs: [String],
        shortNames: [String], categories: [String], subresources: [String: Subresource], storageVersion: GroupVersion,
        fieldSelectors: [String], fieldSelectorError: String
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.singular = singular
        self.kind = kind
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.shortNames = shortNames
        self.categories = categories
        self.subresources = subresources
        self.storageVersion = storageVersion
        columns = []
        self.fieldSelectors = fieldSelectors
        self.fieldSelectorError = fieldSelectorError
    }

    init(_ facts: JSON, group: String, version: String) {
        self.group = group
        self.version = version
        plural = facts["plural"]?.string ?? ""
        singular = facts["singular"]?.string ?? ""
        kind = facts["kind"]?.string ?? ""
        isNamespaced = facts["namespaced"]?.bool ?? false
        verbs = facts["verbs"]?.strings ?? []
        shortNames = facts["shortNames"]?.strings ?? []
        categories = facts["categories"]?.strings ?? []
        storageVersion = facts["storageVersion"]?.string.flatMap { GroupVersion($0) }
        fieldSelectors = facts["fieldSelectors"]?.strings ?? []
        fieldSelectorError = facts["fieldSelectorError"]?.string ?? ""
        columns = (facts["columns"]?.array ?? []).map {
            Column(name: $0["name"]?.string ?? "", type: $0["type"]?.string ?? "", format: $0["format"]?.string ?? "", priority: Int($0["priority"]?.int ?? 0))
        }
        subresources = [:]
        for (name, entry) in facts["subresources"]?.object ?? JSONObject() {
            subresources[name] = Subresource(
                name: name, kind: entry["kind"]?.string ?? "", verbs: entry["verbs"]?.strings ?? [],
                apiVersion: entry["apiVersion"]?.string.flatMap { GroupVersion($0) }, queryParameters: entry["queryParams"]?.stringMap ?? [:])
        }
    }
}

/// All types and resources that are known: the built-in ones, and those of installed CRDs.
public struct SchemaCatalog: Sendable {
    /// Types by their OpenAPI name.
    public private(set) var types: [String: SchemaNode] = [:]
    /// Resources in the order of discovery.
    public internal(set) var resources: [ResourceFacts] = []
    /// Groups with their versions, the preferred one first, in the order of discovery.
    public internal(set) var groups: [(name: String, versions: [String])] = []
    private var typeOfKind: [GroupVersionKind: String] = [:]

    /// A catalog that knows nothing yet.
    public init() {}

    /// The type that describes the node: the one its ``SchemaNode/ref`` names, or itself.
    public func resolve(_ node: SchemaNode) -> SchemaNode {
        guard let name = node.ref, let type = types[name] else { return node }
        return type
    }

    /// The type of the objects of a kind.
    public func type(of kind: GroupVersionKind) -> SchemaNode? { typeOfKind[kind].flatMap { types[$0] } }

    /// The OpenAPI name of the type of a kind.
    public func typeName(of kind: GroupVersionKind) -> String? { typeOfKind[kind] }

    /// Gives a kind the type of another.
    mutating func share(_ kind: GroupVersionKind, with other: GroupVersionKind) { typeOfKind[other] = typeOfKind[kind] }

    /// Takes over named types of another catalog.
    public mutating func adopt(_ names: [String], from other: SchemaCatalog) {
        for name in names { types[name] = other.types[name] }
    }

    /// Takes over all types and kinds of another catalog.
    public mutating func adopt(_ other: SchemaCatalog) {
        types.merge(other.types) { _, new in new }
        typeOfKind.merge(other.typeOfKind) { _, new in new }
    }

    /// Adds a resource; its group is set with ``setVersions(_:of:)``.
    public mutating func add(_ resource: ResourceFacts) { resources.append(resource) }

    /// Sets the versions of a group, the preferred one first; a new group comes last.
    public mutating func setVersions(_ versions: [String], of group: String) {
        if let at = groups.firstIndex(where: { $0.name == group }) { groups[at].versions = versions } else { groups.append((group, versions)) }
    }

    /// Adds the types and resources of one facts file.
    public mutating func add(_ facts: JSON) {
        for (name, node) in facts["types"]?.object ?? JSONObject() {
            let type = SchemaNode(node)
            types[name] = type
            for kind in type.kinds { typeOfKind[kind] = name }
        }
        let group = facts["group"]?.string ?? ""
        let version = facts["version"]?.string ?? ""
        for entry in facts["resources"]?.array ?? [] {
            resources.append(ResourceFacts(entry, group: group, version: version))
        }
    }

    /// The order in which groups are listed.
    public mutating func setGroups(_ facts: JSON) {
        groups = (facts.array ?? []).map { ($0["group"]?.string ?? "", $0["versions"]?.strings ?? []) }
    }

    /// The API of Kubernetes 1.36, read once from the generated facts.
    public static let builtin: SchemaCatalog = {
        var catalog = SchemaCatalog()
        for text in SchemaFacts.files {
            // Generated text: a fault here is ours, and every test would show it.
            guard let facts = try? JSON.parse(text) else { preconditionFailure("the generated schema facts are not JSON") }
            catalog.add(facts)
        }
        if let groups = try? JSON.parse(SchemaFacts.groups) { catalog.setGroups(groups) }
        return catalog
    }()
}
