import JSONValue
import KubeModel

/// The Go form of values: what a fault or a difference prints where the server prints its own types.
enum GoTypes {
    /// How a field is held.
    enum Form {
        case string, integer, boolean, pointer, list, map, quantity, quantityPointer, resources, intOrString
        case intOrStringPointer, time, selector, selectorValue, selectors, raw
        case value(String), reference(String), values(String), mapOf(String), embedded(String)
    }
    struct Field {
        var name: String
        var member: String
        var form: Form
    }

    static let types: [String: [Field]] = {
        var types: [String: [Field]] = [:]
        for line in GoTypeFacts.text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard let type = words.first else { continue }
            types[type] = words.dropFirst().map(field)
        }
        return types
    }()

    private static func field(_ word: String) -> Field {
        if word.hasPrefix("+") { return Field(name: "", member: "", form: .embedded(String(word.dropFirst()))) }
        let parts = word.split(separator: ":").map(String.init)
        let names = parts[0].split(separator: "=").map(String.init)
        let name = names[0]
        let member = names.count > 1 ? names[1] : name.prefix(1).lowercased() + name.dropFirst()
        let form: Form
        switch parts.count > 1 ? parts[1] : "j" {
        case "s": form = .string
        case "i": form = .integer
        case "b": form = .boolean
        case "p": form = .pointer
        case "l": form = .list
        case "m": form = .map
        case "q": form = .quantity
        case "Q": form = .quantityPointer
        case "r": form = .resources
        case "x": form = .intOrString
        case "X": form = .intOrStringPointer
        case "t": form = .time
        case "L": form = .selector
        case "V": form = .selectorValue
        case "S": form = .selectors
        case "T": form = .value(parts[2])
        case "P": form = .reference(parts[2])
        case "A": form = .values(parts[2])
        case "M": form = .mapOf(parts[2])
        default: form = .raw
        }
        return Field(name: name, member: member, form: form)
    }

    private static let metadataOrder = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "managedFields",
    ]

    /// The value as the named type.
    static func value(_ json: JSON?, as type: String) -> JSON {
        if type == "PodSpec" { return value(hoisted(json ?? .object([:])), fields: types[type] ?? []) }
        if type == "PodTemplateSpec" {
            var members = metadata(json?["metadata"])
            members.append(("Spec", value(json?["spec"], as: "PodSpec")))
            return .object(JSONObject(members))
        }
        return value(json ?? .object([:]), fields: types[type] ?? [])
    }

    /// The value as the named type, or null.
    static func pointer(_ json: JSON?, as type: String) -> JSON {
        guard let json, !json.isNull else { return .null }
        return value(json, as: type)
    }

    /// The list as a list of the named type; an absent one is null.
    static func list(_ json: JSON?, of type: String) -> JSON {
        guard let elements = json?.array else { return .null }
        return .array(elements.map { value($0, as: type) })
    }

    /// As Go's JSON of the value prints it.
    static func text(_ json: JSON?, as type: String) -> String { value(json, as: type).description }

    private static func metadata(_ meta: JSON?) -> [(String, JSON)] {
        guard let meta else { return [] }
        var members: [(String, JSON)] = []
        for key in metadataOrder {
            guard let value = meta.given(key), !value.isEmptyValue else { continue }
            members.append((key, value.sortedMembers))
        }
        return members
    }

    /// The server keeps the host namespaces of a pod in its security context.
    private static func hoisted(_ spec: JSON) -> JSON {
        var context = spec.given("securityContext") ?? .object([:])
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
            if let value = spec[key] { context[key] = value }
        }
        var spec = spec
        spec["securityContext"] = context
        return spec
    }

    private static func value(_ json: JSON, fields: [Field]) -> JSON {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(fields.count)
        for field in fields {
            if case .embedded(let type) = field.form {
                let inner = type == "ObjectMeta" ? .object(JSONObject(metadata(json["metadata"]))) : value(json, as: type)
                members += inner.object?.members ?? []
            } else {
                members.append(.init(key: field.name, value: render(json.given(field.member), field.form)))
            }
        }
        return .object(JSONObject(members: members))
    }

    private static func render(_ json: JSON?, _ form: Form) -> JSON {
        switch form {
        case .string: json ?? ""
        case .integer: json ?? 0
        case .boolean: json ?? false
        case .pointer, .list, .time, .raw, .intOrStringPointer: json ?? .null
        case .map: json?.sortedMembers ?? .null
        case .quantity: .string((json.flatMap { Quantity(json: $0) } ?? Quantity(0)).description)
        case .quantityPointer: json.flatMap { Quantity(json: $0) }.map { .string($0.description) } ?? .null
        case .resources: resources(json)
        case .intOrString: json ?? 0
        case .selector: LabelSelectors.printed(json)
        case .selectorValue: LabelSelectors.printed(json ?? .object([:]))
        case .selectors: json?.array.map { .array($0.map { LabelSelectors.printed($0) }) } ?? .null
        case .value(let type): value(json, as: type)
        case .reference(let type): pointer(json, as: type)
        case .values(let type): list(json, of: type)
        case .mapOf(let type):
            json?.object.map { object in
                .object(JSONObject(object.map { ($0.key, value($0.value, as: type)) }.sorted { $0.0 < $1.0 }))
            } ?? .null
        case .embedded: .null
        }
    }

    /// A resource list with its quantities in canonical form; null when absent.
    static func resources(_ json: JSON?) -> JSON {
        guard let object = json?.object else { return .null }
        let entries = object.map { entry -> (String, JSON) in
            (entry.key, .string((Quantity(json: entry.value) ?? Quantity(0)).description))
        }
        return .object(JSONObject(entries.sorted { $0.0 < $1.0 }))
    }

    /// Whether two values of a type mean the same: empty lists and maps are none, quantities count by their value.
    static func same(_ left: JSON?, _ right: JSON?, as type: String) -> Bool {
        sameMeaning(pointer(left, as: type), pointer(right, as: type))
    }
}
