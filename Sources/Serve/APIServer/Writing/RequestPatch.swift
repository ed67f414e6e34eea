import JSONValue
import KubeModel
import NIOHTTP1
import ObjectDefaults
import ObjectPatch
import YAMLValue

/// The patch in a request's body, ready to be applied to whatever the object is by then.
struct RequestPatch: Sendable {
    enum Form: Sendable { case json, merge, strategic, apply }

    let form: Form
    private let value: JSON
    private let duplicates: [String]
    private let resource: ServedResource
    private let options: WriteOptions
    private let registry: Registry
    private let now: Timestamp
    private let name: String
    private let namespace: String

    var isApply: Bool { form == .apply }

    /// The patch forms in the words of the refusal.
    private static let accepted =
        "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor"

    init(_ request: APIRequest, resource: ServedResource, options: WriteOptions, registry: Registry, now: Timestamp) throws(StatusError) {
        self.resource = resource
        self.options = options
        self.registry = registry
        self.now = now
        name = request.info.name
        namespace = request.info.namespace
        let type = request.headers.first(name: "content-type")?.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
        switch type {
        case "application/json-patch+json": form = .json
        case "application/merge-patch+json": form = .merge
        case "application/strategic-merge-patch+json": form = .strategic
        case "application/apply-patch+yaml": form = .apply
        default:
            throw StatusError(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: \(Self.accepted)")
        }
        if form == .apply {
            do {
                let document = try YAML.document(request.body)
                value = document.value
                duplicates = document.duplicates.map(\.path.description)
            } catch {
                throw .badRequest("error decoding YAML: \(error)")
            }
        } else {
            do {
                let parsed = try JSON.parseReporting(request.body)
                value = parsed.value
                duplicates = parsed.hasDuplicates ? JSON.duplicateFields(in: request.body) : []
            } catch {
                throw RequestBody.refusal(of: error, body: request.body).asPatchRefusal(form: type)
            }
        }
    }

    /// The object that the patch makes of the present one.
    func apply(to current: JSON?, subresource: String?) throws(StatusError) -> ObjectWriter.ChangedObject {
        let kind = resource.facts.groupVersionKind
        if form == .apply { return try applyConfiguration(to: current, subresource: subresource) }
        guard let current else { throw .notFound(resource.facts.groupResource, name: name) }
        var patched: JSON
        switch form {
        case .json: patched = try JSONPatch(value, isStrict: options.fieldValidation != .ignore).apply(to: current)
        case .merge: patched = try MergePatch.apply(value, to: current, isStrict: options.fieldValidation != .ignore)
        case .strategic: patched = try StrategicMergePatch.apply(value, to: current, kind: kind, catalog: registry.catalog)
        case .apply: patched = current
        }
        let decoded = try RequestBody.decode(
            patched, duplicates: duplicates, kind: kind, validation: options.fieldValidation, now: now)
        patched = decoded.object
        if let version = patched["metadata"]?["resourceVersion"], version == current["metadata"]?["resourceVersion"] {
            patched["metadata"]?["resourceVersion"] = nil
        }
        let given = patched["metadata"]?["name"]?.string ?? ""
        if given != name {
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        return .init(object: patched, warnings: decoded.warnings, isFromPresent: true)
    }

    private func applyConfiguration(to current: JSON?, subresource: String?) throws(StatusError) -> ObjectWriter.ChangedObject {
        let kind = resource.facts.groupVersionKind
        let decoded = try ApplyConfiguration.decode(
            value, duplicates: duplicates, kind: kind, name: name, namespace: namespace, isNamespaced: resource.facts.isNamespaced,
            validation: options.fieldValidation)
        var live = current
        live?["metadata"]?["resourceVersion"] = nil
        let merged = try ManagedFields(kind: kind, subresource: subresource ?? "", catalog: registry.catalog).apply(
            live: live, config: decoded.object, manager: options.fieldManager, force: options.force ?? false, now: now.description)
        var object = try RequestBody.decode(merged, duplicates: [], kind: kind, validation: .ignore, now: now).object
        object["metadata"]?["managedFields"] = merged["metadata"]?["managedFields"]
        return .init(object: object, warnings: decoded.warnings, hasManagedFields: true, isFromPresent: true)
    }
}

/// What a client declares in server-side apply: only the fields that it has an opinion on.
enum ApplyConfiguration {
    static func decode(
        _ value: JSON, duplicates: [String], kind: GroupVersionKind, name: String, namespace: String, isNamespaced: Bool,
        validation: WriteOptions.FieldValidation
    ) throws(StatusError) -> RequestBody.Decoded {
        guard value.object != nil else { throw .badRequest("error decoding YAML: the body is no object") }
        if let entries = value["metadata"]?["managedFields"]?.array, !entries.isEmpty {
            throw .badRequest("metadata.managedFields must be nil")
        }
        try RequestBody.checkKind(value, expected: kind)
        let decoded: ObjectDecoding.Decoded
        do throws(DecodingFault) {
            decoded = try ObjectDecoding.decode(value, as: kind)
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
        var object = value
        if object["metadata"]?.object == nil { object["metadata"] = [:] }
        let given = object["metadata"]?["name"]?.string ?? ""
        if !given.isEmpty, given != name {
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        object["metadata"]?["name"] = .string(name)
        if isNamespaced {
            let stated = object["metadata"]?["namespace"]?.string ?? ""
            if !stated.isEmpty, stated != namespace {
                throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
            }
            object["metadata"]?["namespace"] = .string(namespace)
        }
        return .init(object: object, warnings: warnings)
    }
}

extension StatusError {
    func asPatchRefusal(form: String) -> StatusError {
        var copy = self
        copy.message = "error decoding patch: " + message
        return copy
    }
}

extension RequestPatch {
    /// A patched Scale.
    static func scale(_ request: APIRequest, scale: JSON, options: WriteOptions, now: Timestamp) throws(StatusError) -> JSON {
        let kind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
        let type = request.headers.first(name: "content-type")?.split(separator: ";").first.map(String.init) ?? ""
        let value: JSON
        do {
            value = try JSON.parse(request.body)
        } catch {
            throw RequestBody.refusal(of: error, body: request.body).asPatchRefusal(form: type)
        }
        let patched: JSON =
            switch type {
            case "application/json-patch+json": try JSONPatch(value).apply(to: scale)
            case "application/merge-patch+json": try MergePatch.apply(value, to: scale)
            case "application/strategic-merge-patch+json": try StrategicMergePatch.apply(value, to: scale, kind: kind)
            default:
                throw StatusError(
                    code: 415, reason: "UnsupportedMediaType",
                    message: "the body of the request was in an unknown format - accepted media types include: \(accepted)")
            }
        return try RequestBody.decode(patched, duplicates: [], kind: kind, validation: options.fieldValidation, now: now).object
    }
}
