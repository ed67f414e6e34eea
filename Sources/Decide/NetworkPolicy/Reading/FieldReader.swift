import JSONValue
import KubeModel
public import PolicyModel

/// Why a policy object could not be read. Nothing of it is in force: a part that is left out could be the one that
/// denies.
public struct PolicyReadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The object.
    public var object: RuleReference
    /// The field.
    public var field: FieldPath
    /// What is wrong with it.
    public var reason: String
    /// All of it in one line.
    public var description: String { "\(object): \(field): \(reason)" }
}

/// A field of a policy object; every way to read it is strict.
struct FieldReader {
    let json: JSON?
    let path: FieldPath
    let object: RuleReference

    /// The object itself.
    init(_ json: JSON) {
        self.json = json
        path = ""
        let kind = json["kind"]?.string ?? ""
        // Two groups have a NetworkPolicy, and both may have one of a name: as kubectl tells them apart.
        let isCalico = kind == "NetworkPolicy" && json["apiVersion"]?.string?.hasPrefix("projectcalico.org/") ?? false
        object = RuleReference(
            kind: isCalico ? CalicoPolicy.namespacedKind : kind, namespace: json[path: "metadata", "namespace"]?.string ?? "",
            name: json[path: "metadata", "name"]?.string ?? "")
    }

    private init(json: JSON?, path: FieldPath, object: RuleReference) {
        self.json = json.flatMap { $0.isNull ? nil : $0 }
        self.path = path
        self.object = object
    }

    var isPresent: Bool { json != nil }

    func fault(_ reason: String) -> PolicyReadError { PolicyReadError(object: object, field: path, reason: reason) }

    /// The member, whether present or not.
    subscript(_ name: String) -> FieldReader { FieldReader(json: json?[name], path: path.child(name), object: object) }

    /// The field, which must be absent or an object with no other members than these.
    func knowing(_ names: String...) throws(PolicyReadError) -> FieldReader {
        guard let json else { return self }
        guard let members = json.object else { throw fault("must be an object") }
        for (key, value) in members where !value.isNull && !names.contains(key) {
            throw self[key].fault("this field is not supported")
        }
        return self
    }

    func elements() throws(PolicyReadError) -> [FieldReader] {
        guard let json else { return [] }
        guard let elements = json.array else { throw fault("must be a list") }
        return elements.enumerated().map { FieldReader(json: $1, path: path.index($0), object: object) }
    }

    func string() throws(PolicyReadError) -> String? {
        guard let json else { return nil }
        guard let text = json.string else { throw fault("must be a string") }
        return text
    }

    func required() throws(PolicyReadError) -> String {
        guard let text = try string(), !text.isEmpty else { throw fault("must be given") }
        return text
    }

    func bool() throws(PolicyReadError) -> Bool {
        guard let json else { return false }
        guard let value = json.bool else { throw fault("must be true or false") }
        return value
    }

    func number() throws(PolicyReadError) -> Double? {
        guard let json else { return nil }
        guard let value = json.number else { throw fault("must be a number") }
        return value
    }

    func integer(in range: ClosedRange<Int64>) throws(PolicyReadError) -> Int64? {
        guard let json else { return nil }
        guard let value = json.int, range.contains(value) else {
            throw fault("must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func port() throws(PolicyReadError) -> UInt16? { try integer(in: 1...65535).map { UInt16($0) } }

    func strings() throws(PolicyReadError) -> [String] {
        var all: [String] = []
        for element in try elements() { all.append(try element.required()) }
        return all
    }

    func networks() throws(PolicyReadError) -> [IPNetwork] {
        var all: [IPNetwork] = []
        for element in try elements() { all.append(try element.network()) }
        return all
    }

    func network() throws(PolicyReadError) -> IPNetwork {
        let text = try required()
        guard let network = IPNetwork(text) ?? IPAddress(text).map({ IPNetwork($0) }) else {
            throw fault("'\(text)' is no network")
        }
        return network
    }

    /// A LabelSelector; an absent one selects everything.
    func labelSelector() throws(PolicyReadError) -> LabelSelector {
        _ = try knowing("matchLabels", "matchExpressions")
        let labels = self["matchLabels"]
        if let json = labels.json {
            guard let members = json.object else { throw labels.fault("must be an object") }
            for (key, value) in members where value.string == nil { throw labels[key].fault("must be a string") }
        }
        for expression in try self["matchExpressions"].elements() {
            _ = try expression.knowing("key", "operator", "values")
            _ = try expression["key"].required()
            var values = 0
            for value in try expression["values"].elements() {
                _ = try value.string()
                values += 1
            }
            switch try expression["operator"].required() {
            case "In", "NotIn": if values == 0 { throw expression["values"].fault("must be given") }
            case "Exists", "DoesNotExist": if values > 0 { throw expression["values"].fault("must not be given") }
            default: throw expression["operator"].fault("this operator is not supported")
            }
        }
        return LabelSelector(object: json ?? .object([:]))
    }

    /// A Calico selector; nil when absent or empty.
    func selector() throws(PolicyReadError) -> EndpointSelector? {
        guard let text = try string(), !text.isEmpty else { return nil }
        do throws(SelectorError) {
            return try EndpointSelector(parsing: text)
        } catch {
            throw fault("'\(text)' is no selector: \(error)")
        }
    }
}
