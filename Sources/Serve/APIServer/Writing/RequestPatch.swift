import CustomResources
import JSONValue
import KubeModel
import NIOHTTP1
import ObjectDefaults
import ObjectPatch
import PolicyModel
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

    static var unsupportedForm: StatusError {
        StatusError(code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", details: .init())
    }

    init(_ request: APIRequest, resource: ServedResource, options: WriteOptions, registry: Registry, now: Timestamp) throws(StatusError) {
        self.resource = resource
        self.options = options
        self.registry = registry
        self.now = now
        name = request.info.name
        namespace = request.info.namespace
        form = try Self.form(of: request)
        if form == .strategic, resource.custom != nil {
            // Nobody says how lists of a custom resource would be merged.
            throw StatusError(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
        }
        if form == .apply {
            do {
                let document = try YAML.document(request.body)
                value = document.value
                duplicates = document.duplicates.map(\.path.description)
            } catch {
                throw .badRequest("error decoding YAML: error converting YAML to JSON: yaml: \(YAMLWording.text(of: error))")
            }
        } else {
            do {
                let parsed = try JSON.parseReporting(request.body)
                value = parsed.value
                duplicates = parsed.hasDuplicates ? JSON.duplicateFields(in: request.body) : []
            } catch {
                throw Self.unreadable(error, body: request.body, isStrategic: form == .strategic)
            }
        }
    }

    /// The form that the content type names.
    static func form(of request: APIRequest) throws(StatusError) -> Form {
        switch request.mediaType {
        case "application/json-patch+json": return .json
        case "application/merge-patch+json": return .merge
        case "application/strategic-merge-patch+json": return .strategic
        case "application/apply-patch+yaml": return .apply
        default: throw unsupportedForm
        }
    }

    /// The refusal of a patch that is no JSON.
    private static func unreadable(_ error: JSONError, body: [UInt8], isStrategic: Bool) -> StatusError {
        .badRequest((isStrategic ? "" : "error decoding patch: ") + RequestBody.syntaxFault(error, in: body))
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
        if form != .strategic { patched = PatchedText.ordered(patched, from: current, kind: kind) }
        let decoded = try decode(patched, kind: kind)
        patched = decoded.object
        if let version = patched["metadata"]?["resourceVersion"], version == current["metadata"]?["resourceVersion"] {
            patched["metadata"]?["resourceVersion"] = nil
        }
        try checkName(patched)
        return .init(object: patched, warnings: decoded.warnings, isFromPresent: true)
    }

    /// The patched object, read as one of its kind.
    private func decode(_ patched: JSON, kind: GroupVersionKind) throws(StatusError) -> RequestBody.Decoded {
        // A strategic patch is refused with what was sent, the others with what they would make.
        let shown = { form == .strategic ? value.goText : patched.description }
        if let sent = RequestBody.sentKind(patched, expected: kind), sent != kind {
            if resource.custom != nil, sent.groupVersion == kind.groupVersion {
                throw .invalid(kind.kind, group: kind.group, name: name, [.invalid("kind", .string(sent.kind), "must be \(kind.kind)")])
            }
            throw BodyRefusal.patched(shown(), BodyRefusal.unconvertible(sent, into: kind, catalog: registry.catalog))
        }
        do throws(DecodingFault) {
            if let custom = resource.custom {
                return try RequestBody.decode(patched, duplicates: duplicates, of: custom, validation: options.fieldValidation)
            }
            return try RequestBody.decode(patched, duplicates: duplicates, kind: kind, validation: options.fieldValidation, now: now)
        } catch {
            throw BodyRefusal.patched(shown(), error.message)
        }
    }

    private func checkName(_ object: JSON) throws(StatusError) {
        let given = object["metadata"]?["name"]?.string ?? ""
        if given.isEmpty { throw .undeterminable(name: name) }
        if !given.isExactly(name) {
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        let stated = object["metadata"]?["namespace"]?.string ?? ""
        if !stated.isEmpty, stated != namespace, resource.facts.isNamespaced {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
    }

    private func applyConfiguration(to current: JSON?, subresource: String?) throws(StatusError) -> ObjectWriter.ChangedObject {
        let kind = resource.facts.groupVersionKind
        var warnings: [String] = []
        switch options.fieldValidation {
        case .ignore: break
        case .warn: warnings = ObjectDecoding.warnings(duplicateFields: duplicates, unknownFields: [])
        case .strict:
            if let fault = ObjectDecoding.strictFault(duplicateFields: duplicates, unknownFields: []) { throw fault.status(sent: kind) }
        }
        var config = value
        if let custom = resource.custom {
            let unknown = custom.version.schema.prune(&config)
            switch options.fieldValidation {
            case .ignore: break
            case .warn: warnings += ObjectDecoding.warnings(duplicateFields: [], unknownFields: unknown)
            case .strict:
                if let fault = ObjectDecoding.strictFault(duplicateFields: [], unknownFields: unknown) { throw fault.status(sent: kind) }
            }
        }
        var live = current
        live?["metadata"]?["resourceVersion"] = nil
        let managedFields =
            resource.custom?.managedFields(subresource) ?? ManagedFields(kind: kind, subresource: subresource ?? "", catalog: registry.catalog)
        let merged = try managedFields.apply(
            live: live, config: config, manager: options.fieldManager, force: options.force ?? false, now: now.description)
        var object: JSON
        do throws(DecodingFault) {
            if let custom = resource.custom {
                object = try RequestBody.decode(merged, duplicates: [], of: custom, validation: .ignore).object
            } else {
                object = try RequestBody.decode(merged, duplicates: [], kind: kind, validation: .ignore, now: now).object
            }
        } catch {
            throw error.status(sent: kind)
        }
        object["metadata"]?["managedFields"] = merged["metadata"]?["managedFields"]
        try checkName(object)
        return .init(object: object, warnings: warnings, hasManagedFields: true, isFromPresent: true)
    }
}

extension StatusError {
    /// An object without a name, sent to where a name is.
    static func undeterminable(name: String) -> StatusError {
        .badRequest("the name of the object (\(name) based on URL) was undeterminable: name must be provided")
    }
}

extension RequestPatch {
    /// A patched Scale.
    static func scale(_ request: APIRequest, scale: JSON, options: WriteOptions, now: Timestamp) throws(StatusError) -> JSON {
        let kind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
        let type = request.mediaType
        let value: JSON
        do {
            value = try JSON.parse(request.body)
        } catch {
            throw unreadable(error, body: request.body, isStrategic: type == "application/strategic-merge-patch+json")
        }
        let patched: JSON =
            switch type {
            case "application/json-patch+json": try JSONPatch(value).apply(to: scale)
            case "application/merge-patch+json": try MergePatch.apply(value, to: scale)
            case "application/strategic-merge-patch+json": try StrategicMergePatch.apply(value, to: scale, kind: kind)
            default: throw unsupportedForm
            }
        do throws(DecodingFault) {
            return try RequestBody.decode(patched, duplicates: [], kind: kind, validation: options.fieldValidation, now: now).object
        } catch {
            throw BodyRefusal.patched(patched.description, error.message)
        }
    }
}
