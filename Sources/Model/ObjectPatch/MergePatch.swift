public import JSONValue
public import KubeModel

/// JSON merge patch (RFC 7386) as the Kubernetes API server reads it.
public enum MergePatch {
    /// Merges `patch` into `document`: null removes a member, objects merge, everything else replaces.
    ///
    /// - Parameters:
    ///   - patch: the parsed body.
    ///   - document: the present object.
    ///   - isStrict: whether field validation is `Warn` or `Strict`; then a patch must be an object.
    /// - Complexity: linear in the patch and in the members of the objects it touches.
    /// - Returns: the patched object, not yet checked against its type.
    /// - Throws: 400 when the patch is no object.
    public static func apply(_ patch: JSON, to document: JSON, isStrict: Bool = true) throws(StatusError) -> JSON {
        switch patch {
        case .object(let changes):
            guard case .object(let object) = document else { return withoutNulls(patch) }
            return .object(merged(object, changes))
        case .array:
            if isStrict { throw undecodable(patch) }
            return withoutNulls(patch)
        case .null:
            throw .badRequest("Invalid JSON Patch")
        case .bool, .int, .double, .string:
            throw isStrict ? undecodable(patch) : .badRequest("Invalid JSON Patch")
        }
    }

    private static func undecodable(_ patch: JSON) -> StatusError {
        .badRequest(
            "error decoding patch: json: cannot unmarshal \(patch.jsonKind) "
                + "into Go value of type map[string]interface {}"
        )
    }

    private static func merged(_ object: JSONObject, _ changes: JSONObject) -> JSONObject {
        var result = object
        var removesSome = false
        for (key, change) in changes {
            if change.isNull {
                removesSome = true
                continue
            }
            switch (object[key], change) {
            case (nil, _), (.null?, _): result[key] = withoutNulls(change)
            case (.object(let present)?, .object(let inner)): result[key] = .object(merged(present, inner))
            case (.object?, _): result[key] = change
            default: result[key] = withoutNulls(change)
            }
        }
        if removesSome { result.updateValues { key, value in changes[key]?.isNull == true ? nil : value } }
        return result
    }

    /// The value without the members that are null, at any depth; elements of arrays that are null stay.
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
