public import JSONValue
public import KubeModel

/// Writes an object as the reference implementation encodes it: fields that are never left out are there even when
/// empty, empty ones that may be left out are not, and members stand in the order of their declaration.
public enum ObjectNormalization {
    /// Brings an object of a built-in kind into the written form; other kinds get the written form of their metadata.
    ///
    /// Linear in the size of the object. Idempotent.
    public static func normalize(_ object: inout JSON, kind: GroupVersionKind) {
        guard let structure = TypeFacts.builtin.structure(of: kind) else {
            object.edit("metadata") { $0 = Encoder().structure($0, TypeFacts.objectMeta) }
            return
        }
        object = Encoder(keepsEmptyLists: storesJSON(kind)).structure(object, structure)
    }

    /// What an object is once it was stored and read back: in the written form, with the defaults that follow from
    /// what the strategy set.
    public static func finish(_ object: inout JSON, kind: GroupVersionKind, now: Timestamp) {
        normalize(&object, kind: kind)
        guard TypeFacts.builtin.structure(of: kind) != nil else { return }
        ObjectDefaults.apply(to: &object, kind: kind, now: now)
        normalize(&object, kind: kind)
    }

    /// One member of an object of a kind in the written form, such as its `spec`; nil when the object has none.
    static func normalized(_ field: String, of object: JSON, kind: GroupVersionKind) -> JSON? {
        guard let value = object[field], let structure = TypeFacts.builtin.structure(of: kind) else {
            return object[field]
        }
        let facts = TypeFacts.builtin.structures[structure]
        guard let position = facts.positions[field] else { return value }
        return Encoder(keepsEmptyLists: storesJSON(kind)).value(value, facts.fields[position].shape)
    }

    /// Whether objects of the kind are stored as JSON, which tells an empty list from an absent one; all others forget
    /// the difference.
    private static func storesJSON(_ kind: GroupVersionKind) -> Bool {
        kind.group == "apiextensions.k8s.io" || kind.group == "apiregistration.k8s.io"
    }
}

/// Writes values along their shapes.
struct Encoder {
    private let types = TypeFacts.builtin
    var keepsEmptyLists = false

    init(keepsEmptyLists: Bool = false) { self.keepsEmptyLists = keepsEmptyLists }

    func structure(_ value: JSON, _ at: Int) -> JSON {
        let facts = types.structures[at]
        var given = [JSON?](repeating: nil, count: facts.fields.count)
        for member in value.object?.members ?? [] where !member.value.isNull {
            if let position = facts.positions[member.key] { given[position] = member.value }
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(facts.fields.count)
        for (position, field) in facts.fields.enumerated() {
            if let written = self.field(given[position], field) {
                members.append(.init(key: field.name, value: written))
            }
        }
        return .object(JSONObject(members: members))
    }

    /// How a field is written; nil when it is left out.
    private func field(_ value: JSON?, _ field: FieldShape) -> JSON? {
        if field.isPointer {
            guard let value else { return field.isAlwaysWritten ? .null : nil }
            return self.value(value, field.shape)
        }
        switch field.shape {
        case .string, .bytes:
            if value?.string?.isEmpty ?? true {
                if case .bytes = field.shape { return field.isAlwaysWritten ? .null : nil }
                return field.isAlwaysWritten ? "" : nil
            }
            return value
        case .boolean: return value?.bool == true ? true : field.isAlwaysWritten ? false : nil
        case .integer, .number:
            guard let value, !value.isEmptyValue else { return field.isAlwaysWritten ? 0 : nil }
            return value
        case .list, .map:
            guard let value, !value.isEmptyValue else {
                guard field.isAlwaysWritten else { return nil }
                return keepsEmptyLists ? value ?? .null : .null
            }
            return self.value(value, field.shape)
        case .structure:
            if value == nil, field.omitsZero { return nil }
            return self.value(value ?? [:], field.shape)
        case .time, .microTime, .any, .schemaValue: return value ?? (field.omitsZero ? nil : .null)
        case .quantity: return value ?? "0"
        case .intOrString: return value ?? 0
        case .schemaOrBoolean, .schemaOrList, .schemaOrNames: return value.map { self.value($0, field.shape) }
        }
    }

    func value(_ value: JSON, _ shape: Shape) -> JSON {
        switch shape {
        case .string, .boolean, .integer, .number, .bytes, .time, .microTime, .quantity, .intOrString, .any,
            .schemaValue:
            return value
        case .schemaOrBoolean, .schemaOrNames:
            return value.object == nil ? value : structure(value, TypeFacts.schema)
        case .schemaOrList:
            if case .array(let elements) = value { return .array(elements.map { structure($0, TypeFacts.schema) }) }
            return structure(value, TypeFacts.schema)
        case .list(let element, _):
            guard case .array(let elements) = value, Self.isComposed(element) else { return value }
            return .array(elements.map { self.value($0, element) })
        case .map(let element, _):
            guard case .object(let object) = value else { return value }
            var members = object.members
            if Self.isComposed(element) {
                for at in members.indices { members[at].value = self.value(members[at].value, element) }
            }
            members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .object(JSONObject(members: members))
        case .structure(let at): return structure(value, at)
        }
    }

    private static func isComposed(_ shape: Shape) -> Bool {
        switch shape {
        case .list, .map, .structure, .schemaOrBoolean, .schemaOrList, .schemaOrNames: true
        default: false
        }
    }
}
