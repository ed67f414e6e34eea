import JSONValue
import KubeModel

/// How a value is merged and owned: what the schema says of it, in the terms of structured merging.
///
/// A type may allow several forms; the value at hand decides which one holds.
struct MergeType {
    enum Scalar { case numeric, string, boolean, untyped }

    struct List {
        /// Whether elements have an identity of their own.
        var isAssociative: Bool
        /// The fields that identify an element; none when the list is a set.
        var keys: [String]
        var element: Reference
    }

    struct Map {
        /// The fields that are declared.
        var fields: [String: SchemaNode]
        /// What other members are; nil when there may be none.
        var element: Reference?
        var isAtomic: Bool
        /// Whether the fields' types, and those of their children, may have members that are not declared.
        var preservesUnknown: Bool

        /// What the member `key` is; nil when it is not allowed.
        func type(of key: String) -> Reference? {
            if let node = fields[key] { return .node(node, preservesUnknown: preservesUnknown) }
            return element
        }
    }

    /// A type by name or in place.
    enum Reference {
        case node(SchemaNode, preservesUnknown: Bool)
        /// A custom resource; its schema leaves out what every object has.
        case customResource(SchemaNode)
        /// Any value, as one piece.
        case untyped
        /// Any value; members of maps are owned one by one.
        case deduced
    }

    var scalar: Scalar?
    var list: List?
    var map: Map?

    private static let untyped = MergeType(
        scalar: .untyped, list: List(isAssociative: false, keys: [], element: .untyped),
        map: Map(fields: [:], element: .untyped, isAtomic: true, preservesUnknown: false))
    private static let deduced = MergeType(
        scalar: .untyped, list: List(isAssociative: false, keys: [], element: .untyped),
        map: Map(fields: [:], element: .deduced, isAtomic: false, preservesUnknown: false))

    private init(scalar: Scalar?, list: List?, map: Map?) {
        self.scalar = scalar
        self.list = list
        self.map = map
    }

    init(_ reference: Reference, _ catalog: SchemaCatalog) {
        switch reference {
        case .untyped: self = .untyped
        case .deduced: self = .deduced
        case .customResource(let node):
            self.init(node: node, preservesUnknown: false)
            map?.fields.merge(Self.objectFields) { _, common in common }
        case .node(let use, let preserves):
            guard let name = use.ref else {
                self.init(node: use, preservesUnknown: preserves)
                return
            }
            if name == "io.k8s.apimachinery.pkg.runtime.RawExtension" {
                self = .untyped
                return
            }
            guard let type = catalog.types[name] else {
                self = .deduced
                return
            }
            self.init(node: type, preservesUnknown: false)
            if use.isAtomicMap { map?.isAtomic = true }
            // The claim of a volume is the one use of an atomic type whose fields are owned one by one.
            if name == "io.k8s.api.core.v1.ObjectReference", use === Self.claimReference(in: catalog) {
                map?.isAtomic = false
            }
        }
    }

    private static func claimReference(in catalog: SchemaCatalog) -> SchemaNode? {
        catalog.types["io.k8s.api.core.v1.PersistentVolumeSpec"]?.fields["claimRef"]
    }

    private init(node: SchemaNode, preservesUnknown inherited: Bool) {
        let preserves = inherited || node.preservesUnknownFields
        switch node.type {
        case .object:
            self.init(scalar: nil, list: nil, map: Self.map(node, preserves))
        case .array:
            self.init(scalar: nil, list: Self.list(node, preserves), map: nil)
        case .integer, .number:
            self.init(scalar: .numeric, list: nil, map: nil)
        case .boolean:
            self.init(scalar: .boolean, list: nil, map: nil)
        case .string:
            let isPlain = node.format == nil || node.format == "" || node.format == "byte"
            self.init(scalar: isPlain ? .string : .untyped, list: nil, map: nil)
        case .intOrString:
            self.init(scalar: .untyped, list: nil, map: nil)
        case .quantity where node.format != "int-or-string":
            self.init(scalar: .untyped, list: nil, map: nil)
        case .quantity, .any:
            self.init(scalar: .untyped, list: Self.list(node, preserves), map: Self.map(node, preserves))
        }
    }

    private static func map(_ node: SchemaNode, _ preserves: Bool) -> Map {
        var fields = node.fields
        if node.isEmbeddedResource { fields.merge(objectFields) { declared, _ in declared } }
        let element: Reference?
        if let values = node.values {
            element = .node(values, preservesUnknown: preserves)
        } else {
            element = preserves || fields.isEmpty ? .deduced : nil
        }
        return Map(fields: fields, element: element, isAtomic: node.isAtomicMap, preservesUnknown: preserves)
    }

    private static func list(_ node: SchemaNode, _ preserves: Bool) -> List {
        let element = node.items.map { Reference.node($0, preservesUnknown: preserves) } ?? .untyped
        switch node.listType {
        case .atomic?: return List(isAssociative: false, keys: [], element: element)
        case .set?: return List(isAssociative: true, keys: [], element: element)
        case .map?: return List(isAssociative: true, keys: node.listMapKeys, element: element)
        case nil:
            guard node.patchStrategy.contains("merge") else {
                return List(isAssociative: false, keys: [], element: element)
            }
            return List(isAssociative: true, keys: node.patchMergeKey.map { [$0] } ?? [], element: element)
        }
    }

    /// The fields that every object has, for types whose schema leaves them out.
    static let objectFields: [String: SchemaNode] = [
        "apiVersion": SchemaNode(["type": "string"]), "kind": SchemaNode(["type": "string"]),
        "metadata": SchemaNode(["ref": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]),
    ]

    /// The forms that `value` can have: the one that fits it, or all of them when none does.
    func deduced(for value: JSON?) -> MergeType {
        switch value {
        case .bool?, .int?, .double?, .string?:
            scalar == nil ? self : MergeType(scalar: scalar, list: nil, map: nil)
        case .array?:
            list == nil ? self : MergeType(scalar: nil, list: list, map: nil)
        case .object?:
            map == nil ? self : MergeType(scalar: nil, list: nil, map: map)
        case .null?, nil:
            self
        }
    }

    /// One form of a value.
    enum Form {
        case scalar(Scalar)
        case list(List)
        case map(Map)
        /// A type that allows nothing.
        case none
    }

    /// The form in which a value of this type is walked.
    var form: Form {
        if let map { .map(map) } else if let scalar { .scalar(scalar) } else if let list { .list(list) } else { .none }
    }

    /// Which forms are allowed, to tell two deductions of the same type apart.
    var forms: Set<Int> {
        var found = Set<Int>()
        if scalar != nil { found.insert(0) }
        if list != nil { found.insert(1) }
        if map != nil { found.insert(2) }
        return found
    }
}
