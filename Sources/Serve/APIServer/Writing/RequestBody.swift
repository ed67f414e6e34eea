import JSONValue
import KubeModel
import NIOHTTP1
import ObjectDefaults
import ObjectProtobuf
import PodSecurityPolicy
import RBAC
import YAMLValue

/// Reads the object in a request's body: decoded to its type, defaulted, with what was found on the way.
enum RequestBody {
    struct Decoded: Sendable {
        var object: JSON
        var warnings: [String]
    }

    private enum Form { case json, yaml, protobuf }

    /// The form of a whole object, by its content type.
    private static func form(_ request: APIRequest) throws(StatusError) -> Form {
        let type = request.headers.first(name: "content-type")?.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
        switch type {
        case "", "application/json", "*/*": return .json
        case "application/yaml", "application/x-yaml": return .yaml
        case "application/vnd.kubernetes.protobuf": return .protobuf
        default:
            throw StatusError(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf")
        }
    }

    /// The body as JSON, and the members that were named twice.
    static func parse(_ request: APIRequest) throws(StatusError) -> (value: JSON, duplicates: [String]) {
        switch try form(request) {
        case .json: break
        case .protobuf:
            do { return (try ProtobufDecoding.decode(request.body), []) } catch { throw .badRequest("\(error)") }
        case .yaml:
            do {
                let document = try YAML.document(request.body)
                return (document.value, document.duplicates.map(\.path.description))
            } catch {
                throw .badRequest("error converting YAML to JSON: \(error)")
            }
        }
        do {
            let parsed = try JSON.parseReporting(request.body)
            return (parsed.value, parsed.hasDuplicates ? JSON.duplicateFields(in: request.body) : [])
        } catch {
            throw Self.refusal(of: error, body: request.body)
        }
    }

    /// The words in which an unreadable body is refused.
    static func refusal(of error: JSONError, body: [UInt8]) -> StatusError {
        let text = String(decoding: body.prefix(4096), as: UTF8.self)
        let what: String
        switch error.cause {
        case .unexpectedEnd: what = "unexpected end of JSON input"
        case .tooDeep: what = "exceeded max depth"
        default:
            let found = error.byte.map { String(Character(Unicode.Scalar($0))) } ?? ""
            what = "invalid character '\(found)' looking for beginning of value"
        }
        if body.isEmpty { return .badRequest("EOF") }
        return .badRequest("couldn't get version/kind; json parse error: \(what)" + (text.isEmpty ? "" : ""))
    }

    /// The object of a create or update.
    ///
    /// - Throws: ``StatusError`` 400 when it is none of `resource`'s kind, 415 when the form is not read here.
    static func object(
        _ request: APIRequest, resource: ServedResource, validation: WriteOptions.FieldValidation,
        kind expected: GroupVersionKind? = nil, now: Timestamp
    ) throws(StatusError) -> Decoded {
        let (value, duplicates) = try parse(request)
        return try decode(value, duplicates: duplicates, kind: expected ?? resource.facts.groupVersionKind, validation: validation, now: now)
    }

    /// Decodes and defaults a parsed object of a kind.
    static func decode(
        _ value: JSON, duplicates: [String], kind: GroupVersionKind, validation: WriteOptions.FieldValidation, now: Timestamp
    ) throws(StatusError) -> Decoded {
        try checkKind(value, expected: kind)
        var object = value
        object["kind"] = .string(kind.kind)
        object["apiVersion"] = .string(kind.groupVersion.description)
        let decoded: ObjectDecoding.Decoded
        do throws(DecodingFault) {
            decoded = try ObjectDecoding.decode(object, as: kind)
        } catch {
            throw error.status(sent: kind)
        }
        var warnings: [String] = []
        switch validation {
        case .ignore: break
        case .warn: warnings = ObjectDecoding.warnings(duplicateFields: duplicates, unknownFields: decoded.unknownFields)
        case .strict:
            if let fault = ObjectDecoding.strictFault(duplicateFields: duplicates, unknownFields: decoded.unknownFields) {
                throw fault.status(sent: kind)
            }
        }
        object = decoded.object
        if kind.kind == "PodSecurityPolicy" { object = PodSecurityPolicyDefaults.applied(to: object) }
        ObjectDefaults.apply(to: &object, kind: kind, now: now)
        if kind.group == RBACKind.group, let rbac = RBACKind(rawValue: kind.kind) { RBACDefaults.apply(to: &object, kind: rbac) }
        return Decoded(object: object, warnings: warnings)
    }

    /// Refuses a body that says it is of another kind.
    static func checkKind(_ value: JSON, expected: GroupVersionKind) throws(StatusError) {
        let kind = value["kind"]?.string ?? ""
        let version = value["apiVersion"]?.string ?? ""
        if kind.isEmpty, version.isEmpty { return }
        let given = GroupVersion(version) ?? GroupVersion(group: "", version: version)
        let actual = GroupVersionKind(
            group: version.isEmpty ? expected.group : given.group, version: version.isEmpty ? expected.version : given.version,
            kind: kind.isEmpty ? expected.kind : kind)
        if actual.groupVersion != expected.groupVersion {
            throw .badRequest("the API version in the data (\(actual.groupVersion)) does not match the expected API version (\(expected.groupVersion))")
        }
        if actual.kind != expected.kind {
            throw .badRequest("the kind in the data (\(actual.kind)) does not match the expected kind (\(expected.kind))")
        }
    }
}
