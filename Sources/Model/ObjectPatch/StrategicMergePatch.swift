public import JSONValue
public import KubeModel

/// Strategic merge patch: a merge patch that knows how the lists of a type are merged, and has directives.
public struct StrategicMergePatch {
    static let directive = "$patch"
    static let retainKeys = "$retainKeys"
    static let setElementOrder = "$setElementOrder"
    static let deleteFromPrimitiveList = "$deleteFromPrimitiveList"

    /// Applies `patch` to `object`, whose type is `kind`.
    ///
    /// - Parameters:
    ///   - patch: the parsed body.
    ///   - object: the present object in the version of `kind`.
    ///   - kind: a built-in kind.
    ///   - catalog: the schemas.
    /// - Complexity: linear in the patch and in the objects and lists that it touches.
    /// - Returns: the patched object, not yet checked against its type.
    /// - Throws: 400 for a malformed directive or a patch that is no object, 422 for lists of lists, and 500, as the
    ///   API server answers, for whatever else does not fit the type.
    public static func apply(
        _ patch: JSON, to object: JSON, kind: GroupVersionKind, catalog: SchemaCatalog = .builtin
    ) throws(StatusError) -> JSON {
        guard let type = catalog.type(of: kind) else {
            throw .badRequest("strategic merge patch format is not supported")
        }
        switch patch {
        case .object(let changes):
            let schema = PatchSchema(node: type, typeName: catalog.typeName(of: kind), catalog: catalog)
            return .object(try mergeMap(object.object ?? [:], changes, schema))
        case .null:
            return object
        case .bool, .int, .double, .string, .array:
            throw .badRequest("json: cannot unmarshal \(patch.jsonKind) into Go value of type map[string]interface {}")
        }
    }

    // MARK: - Maps

    static func mergeMap(
        _ present: JSONObject, _ given: JSONObject, _ schema: PatchSchema
    ) throws(StatusError) -> JSONObject {
        var patch = given
        if let directive = patch[directive] {
            switch directive {
            case "replace":
                patch[Self.directive] = nil
                return patch
            case "delete":
                return [:]
            default:
                throw .badPatchType(directive, patch)
            }
        }
        var original = present
        try applyRetainKeys(&original, &patch)
        try applyElementOrder(&original, &patch, schema)
        var removed = Set<String>()
        for (name, change) in patch {
            var key = name
            let deletesElements = name.hasPrefix(deleteFromPrimitiveList)
            if deletesElements {
                key = try listName(name, after: deleteFromPrimitiveList, "invalid patch format of primitive list")
            }
            if change.isNull {
                removed.insert(key)
                continue
            }
            guard let value = original[key], !removed.contains(key), value.goType == change.goType else {
                if !deletesElements {
                    removed.remove(key)
                    original[key] = withoutDirectives(withoutNulls(change))
                }
                continue
            }
            switch (value, change) {
            case (.object(let object), .object(let inner)):
                let field = try schema.field(key)
                let strategy = try field.strategy()
                original[key] = .null
                original[key] = .object(strategy == "replace" ? inner : try mergeMap(object, inner, field.schema))
            case (.array(let elements), .array(let inner)):
                let field = try schema.listField(key)
                original[key] = .array(
                    try mergeList(
                        elements, inner, field, strategy: try field.strategy(), deletesElements: deletesElements))
            default:
                original[key] = change
            }
        }
        if !removed.isEmpty { original.updateValues { key, value in removed.contains(key) ? nil : value } }
        return original
    }

    private static func applyRetainKeys(_ original: inout JSONObject, _ patch: inout JSONObject) throws(StatusError) {
        guard let directive = patch[retainKeys] else { return }
        patch[retainKeys] = nil
        let malformed = "invalid patch format of retainKeys"
        guard case .array(let list) = directive else { throw .badRequest(malformed) }
        let kept = Set(list)
        for (key, value) in patch {
            if value.isNull || key.hasPrefix(deleteFromPrimitiveList) || key.hasPrefix(setElementOrder) { continue }
            guard kept.contains(.string(key)) else { throw .badRequest(malformed) }
        }
        original.updateValues { key, value in kept.contains(.string(key)) ? value : nil }
    }

    /// The list that a directive such as `$setElementOrder/ports` is about.
    static func listName(_ key: String, after prefix: String, _ malformed: String) throws(StatusError) -> String {
        let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == prefix else { throw .badRequest(malformed) }
        return String(parts[1])
    }

    // MARK: - Values that are taken as they are

    /// The value without what carries a directive; nil when the value itself does.
    static func withoutDirectives(_ value: JSON) -> JSON? {
        switch value {
        case .object(var object):
            if object[directive] != nil { return nil }
            object.updateValues { _, member in withoutDirectives(member) }
            return .object(object)
        case .array(let elements):
            return .array(elements.compactMap(withoutDirectives))
        case .null, .bool, .int, .double, .string:
            return value
        }
    }

    private static func withoutNulls(_ value: JSON) -> JSON {
        switch value {
        case .object(var object):
            object.updateValues { _, member in member.isNull ? nil : withoutNulls(member) }
            return .object(object)
        case .array(let elements):
            return .array(elements.map(withoutNulls))
        case .null, .bool, .int, .double, .string:
            return value
        }
    }
}
