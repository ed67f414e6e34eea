import KubeModel

/// What a value of the API is made of, as the reference implementation declares it.
indirect enum Shape: Sendable {
    /// A string, with the name of its type.
    case string(String)
    /// A boolean, with the name of its type.
    case boolean(String)
    /// An integer of 16, 32 or 64 bits, with the name of its type.
    case integer(bits: Int, String)
    /// A floating-point number.
    case number
    /// Bytes, written in base64.
    case bytes
    /// A time to the second.
    case time
    /// A time to the microsecond.
    case microTime
    case quantity
    case intOrString
    /// Any JSON, kept as it is.
    case any
    /// Any JSON in the schema of a CRD; a null element is kept.
    case schemaValue
    /// A schema or a boolean.
    case schemaOrBoolean
    /// A schema or a list of schemas.
    case schemaOrList
    /// A schema or a list of property names.
    case schemaOrNames
    /// A list, with the name of its type.
    case list(Shape, String)
    /// A map with string keys, with the name of its type.
    case map(Shape, String)
    /// A structure: its place in ``TypeFacts/structures``.
    case structure(Int)
}

/// How one field of a structure is written.
struct FieldShape: Sendable {
    var name: String
    /// Whether the field is written even when it is empty.
    var isAlwaysWritten: Bool
    /// Whether the field can be absent, so that a zero in it is a value of its own.
    var isPointer: Bool
    /// Whether a zero structure or time is left out.
    var omitsZero: Bool
    var shape: Shape
}

/// One structure of the API.
struct Structure: Sendable {
    /// The name in error messages: `PodSpec`.
    var name: String
    /// The qualified name in error messages: `v1.PodSpec`.
    var qualifiedName: String
    /// The fields in the order in which they are written.
    var fields: [FieldShape]
    /// The place of each field in ``fields``.
    var positions: [String: Int]
}

/// How every built-in type is written: which fields can be absent, which are written even when empty, and under which
/// names types appear in error messages. The OpenAPI facts do not tell this.
struct TypeFacts: Sendable {
    private(set) var structures: [Structure] = []
    private var index: [String: Int] = [:]

    /// The facts of Kubernetes 1.36 and of PodSecurityPolicy, read once.
    static let builtin = TypeFacts(text: FieldFacts.text)

    /// The structure of the objects of a kind; nil when the kind is not built in.
    func structure(of kind: GroupVersionKind) -> Int? {
        var kind = kind
        if kind.group == "extensions", kind.kind == "PodSecurityPolicy" { kind.group = "policy" }
        // Every group has the options under its own name.
        if kind.kind == "DeleteOptions" { return index["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"] }
        return SchemaCatalog.builtin.typeName(of: kind).flatMap { index[$0] }
    }

    /// The structure with an OpenAPI name.
    func structure(named name: String) -> Int? { index[name] }

    /// The metadata of every object.
    static let objectMeta: Int = builtin.index["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"] ?? 0
    /// The schema of a CRD.
    static let schema: Int =
        builtin.index["io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"] ?? 0

    private static func expand(_ name: Substring) -> String {
        let rest = name.dropFirst()
        switch name.first {
        case "~": return "io.k8s.api." + rest
        case "^": return "io.k8s.apimachinery.pkg.apis.meta.v1." + rest
        case "%": return "io.k8s.apiextensions-apiserver.pkg.apis." + rest
        case "&": return "io.k8s.kube-aggregator.pkg.apis." + rest
        default: return String(name)
        }
    }

    private init(text: String) {
        let lines = text.split(separator: "\n")
        var bodies: [Substring] = []
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.expand(parts[0])
            let words = name.split(separator: ".")
            let short = words.last.map(String.init) ?? name
            let package = words.dropLast().last.map(String.init) ?? ""
            index[name] = structures.count
            structures.append(Structure(name: short, qualifiedName: package + "." + short, fields: [], positions: [:]))
            bodies.append(parts.count > 1 ? parts[1] : "")
        }
        for (at, body) in bodies.enumerated() {
            for entry in body.split(separator: ";") {
                let words = entry.split(separator: " ")
                guard words.count == 3 else { continue }
                var rest = words[2]
                let field = FieldShape(
                    name: String(words[0]), isAlwaysWritten: words[1].contains("!"), isPointer: words[1].contains("*"),
                    omitsZero: words[1].contains("z"), shape: shape(&rest))
                structures[at].positions[field.name] = structures[at].fields.count
                structures[at].fields.append(field)
            }
        }
    }

    /// Reads one shape from the front of `text`.
    private func shape(_ text: inout Substring) -> Shape {
        guard let code = text.popFirst() else { return .any }
        switch code {
        case "s": return .string(name(&text) ?? "string")
        case "b": return .boolean(name(&text) ?? "bool")
        case "h": return .integer(bits: 16, name(&text) ?? "int16")
        case "i": return .integer(bits: 32, name(&text) ?? "int32")
        case "l": return .integer(bits: 64, name(&text) ?? "int64")
        case "f": return .number
        case "y": return .bytes
        case "t": return .time
        case "m": return .microTime
        case "q": return .quantity
        case "x": return .intOrString
        case "J": return .schemaValue
        case "B": return .schemaOrBoolean
        case "A": return .schemaOrList
        case "S": return .schemaOrNames
        case "[":
            let element = shape(&text)
            return .list(element, "[]" + displayName(of: element))
        case "{":
            let key = text.prefix { $0 != "}" }
            text = text.dropFirst(key.count + 1)
            let value = shape(&text)
            return .map(value, "map[\(key)]" + displayName(of: value))
        case "=":
            let name = text.prefix { $0 != "=" }
            text = text.dropFirst(name.count + 1)
            switch shape(&text) {
            case .list(let element, _): return .list(element, String(name))
            case .map(let value, _): return .map(value, String(name))
            case let other: return other
            }
        case "@":
            let name = Self.expand(text)
            text = ""
            return index[name].map(Shape.structure) ?? .any
        default: return .any
        }
    }

    private func name(_ text: inout Substring) -> String? {
        guard text.first == ":" else { return nil }
        let name = String(text.dropFirst())
        text = ""
        return name
    }

    /// The name of a shape in error messages.
    func displayName(of shape: Shape) -> String {
        switch shape {
        case .string(let name), .boolean(let name), .integer(_, let name), .list(_, let name), .map(_, let name): name
        case .number: "float64"
        case .bytes: "[]uint8"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .quantity: "resource.Quantity"
        case .intOrString: "intstr.IntOrString"
        case .any: "runtime.RawExtension"
        case .schemaValue: "v1.JSON"
        case .schemaOrBoolean: "v1.JSONSchemaPropsOrBool"
        case .schemaOrList: "v1.JSONSchemaPropsOrArray"
        case .schemaOrNames: "v1.JSONSchemaPropsOrStringArray"
        case .structure(let at): structures[at].qualifiedName
        }
    }
}
