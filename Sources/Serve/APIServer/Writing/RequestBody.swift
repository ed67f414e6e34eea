import CustomResources
import JSONValue
import KubeModel
import NIOHTTP1
import ObjectDefaults
import ObjectProtobuf
import PodSecurityPolicy
import PolicyModel
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
        switch request.mediaType {
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
    ///
    /// - Parameter kind: the kind that is asked for, for the refusal.
    static func parse(_ request: APIRequest, kind: String) throws(StatusError) -> (value: JSON, duplicates: [String]) {
        let value: JSON
        var duplicates: [String] = []
        switch try form(request) {
        case .json:
            do {
                let parsed = try JSON.parseReporting(request.body)
                value = parsed.value
                if parsed.hasDuplicates { duplicates = JSON.duplicateFields(in: request.body) }
            } catch {
                throw BodyRefusal.unrecognized(
                    kind, "couldn't get version/kind; json parse error: \(syntaxFault(error, in: request.body))", body: request.body)
            }
        case .protobuf:
            let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]
            guard request.body.starts(with: magic) else {
                throw BodyRefusal.unrecognized(
                    kind, "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]", body: request.body)
            }
            do { value = try ProtobufDecoding.decode(request.body) } catch { throw .badRequest("\(error)") }
        case .yaml:
            do {
                // Of several documents the first is meant.
                let document = try YAML.documents(request.body).first
                value = document?.value ?? .null
                duplicates = document?.duplicates.map(\.path.description) ?? []
            } catch {
                throw BodyRefusal.unrecognized(kind, "yaml: \(YAMLWording.text(of: error))", body: request.body)
            }
        }
        if let why = BodyRefusal.unreadableIdentity(value) { throw BodyRefusal.unrecognized(kind, why, body: request.body) }
        return (value.isNull ? [:] : value, duplicates)
    }

    /// What is wrong with a text that could not be parsed, in the words that clients know.
    static func syntaxFault(_ error: JSONError, in body: [UInt8]) -> String {
        if case .tooDeep = error.cause { return "exceeded max depth" }
        return GoJSONSyntax.fault(in: body) ?? "\(error)"
    }

    /// The object of a create or update.
    ///
    /// - Throws: ``StatusError`` 400 when it is none of `resource`'s kind, 415 when the form is not read here.
    static func object(
        _ request: APIRequest, resource: ServedResource, validation: WriteOptions.FieldValidation,
        kind expected: GroupVersionKind? = nil, now: Timestamp
    ) throws(StatusError) -> Decoded {
        let kind = expected ?? resource.facts.groupVersionKind
        let (value, duplicates) = try parse(request, kind: kind.kind)
        if expected == nil, let custom = resource.custom {
            return try object(value, duplicates: duplicates, of: custom, validation: validation)
        }
        if let sent = sentKind(value, expected: kind), sent != kind {
            if sent.kind == kind.kind, sent.group == kind.group, ServedAPI.catalog.type(of: sent) != nil {
                throw .badRequest(
                    "the API version in the data (\(sent.groupVersion)) does not match the expected API version (\(kind.groupVersion))")
            }
            throw DecodingFault(BodyRefusal.unconvertible(sent, into: kind, catalog: ServedAPI.catalog)).status(sent: sent, expected: kind.kind)
        }
        do throws(DecodingFault) {
            return try decode(value, duplicates: duplicates, kind: kind, validation: validation, now: now)
        } catch {
            throw error.status(sent: kind)
        }
    }

    /// The custom resource of a create or update.
    private static func object(
        _ value: JSON, duplicates: [String], of custom: CustomKind, validation: WriteOptions.FieldValidation
    ) throws(StatusError) -> Decoded {
        let kind = custom.version.facts.groupVersionKind
        if let sent = sentKind(value, expected: kind), sent != kind {
            if sent.groupVersion != kind.groupVersion {
                throw .badRequest(
                    "the API version in the data (\(sent.groupVersion)) does not match the expected API version (\(kind.groupVersion))")
            }
            throw .invalid(
                kind.kind, group: kind.group, name: value["metadata"]?["name"]?.string ?? "",
                [.invalid("kind", .string(sent.kind), "must be \(kind.kind)")])
        }
        do throws(DecodingFault) {
            return try decode(value, duplicates: duplicates, of: custom, validation: validation)
        } catch {
            throw error.status(sent: kind)
        }
    }

    /// Prunes and defaults a parsed custom resource, whatever kind it says that it is.
    static func decode(
        _ value: JSON, duplicates: [String], of custom: CustomKind, validation: WriteOptions.FieldValidation
    ) throws(DecodingFault) -> Decoded {
        let kind = custom.version.facts.groupVersionKind
        var object = value
        object["kind"] = .string(kind.kind)
        object["apiVersion"] = .string(kind.groupVersion.description)
        let metadata = try ObjectDecoding.decodeMetadata(of: object)
        object = metadata.object
        let unknown = custom.version.schema.prune(&object) + metadata.unknownFields
        var warnings: [String] = []
        switch validation {
        case .ignore: break
        case .warn: warnings = ObjectDecoding.warnings(duplicateFields: duplicates, unknownFields: unknown)
        case .strict:
            if let fault = ObjectDecoding.strictFault(duplicateFields: duplicates, unknownFields: unknown) { throw fault }
        }
        custom.version.schema.applyDefaults(to: &object)
        return Decoded(object: object, warnings: warnings)
    }

    /// Decodes and defaults a parsed object of a kind, whatever kind it says that it is.
    static func decode(
        _ value: JSON, duplicates: [String], kind: GroupVersionKind, validation: WriteOptions.FieldValidation, now: Timestamp
    ) throws(DecodingFault) -> Decoded {
        var object = value
        object["kind"] = .string(kind.kind)
        object["apiVersion"] = .string(kind.groupVersion.description)
        let decoded = try ObjectDecoding.decode(object, as: kind)
        var warnings: [String] = []
        switch validation {
        case .ignore: break
        case .warn: warnings = ObjectDecoding.warnings(duplicateFields: duplicates, unknownFields: decoded.unknownFields)
        case .strict:
            if let fault = ObjectDecoding.strictFault(duplicateFields: duplicates, unknownFields: decoded.unknownFields) { throw fault }
        }
        object = decoded.object
        if kind.kind == "PodSecurityPolicy" { object = PodSecurityPolicyDefaults.applied(to: object) }
        ObjectDefaults.apply(to: &object, kind: kind, now: now)
        if kind.group == RBACKind.group, let rbac = RBACKind(rawValue: kind.kind) { RBACDefaults.apply(to: &object, kind: rbac) }
        return Decoded(object: object, warnings: warnings)
    }

    /// The kind that a body says it is, what it leaves out taken from the expected one; nil when it says nothing.
    static func sentKind(_ value: JSON, expected: GroupVersionKind) -> GroupVersionKind? {
        let kind = value["kind"]?.string ?? ""
        let text = value["apiVersion"]?.string ?? ""
        if kind.isEmpty, text.isEmpty { return nil }
        let version = text.isEmpty ? expected.groupVersion : GroupVersion(text) ?? GroupVersion(group: "", version: text)
        return GroupVersionKind(group: version.group, version: version.version, kind: kind.isEmpty ? expected.kind : kind)
    }
}
