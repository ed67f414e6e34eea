package import JSONValue
import KubeModel
package import Store

/// One stored object as it is served: its JSON with the resource version in it, and what selects it.
package final class CachedObject: Sendable {
    /// The storage key, `/registry/pods/default/x`.
    package let key: String
    package let name: String
    package let namespace: String
    package let uid: String
    package let labels: [String: String]
    package let revision: Revision
    /// The serialised object in its storage version: `{"kind":…,"apiVersion":…,"metadata":{"resourceVersion":…`.
    package let bytes: [UInt8]
    /// The values of the selectable fields beyond name and namespace.
    let fields: [String: String]

    /// Splices the resource version into the stored value.
    ///
    /// - Throws: ``JSONError`` when the value is no object with metadata.
    /// - Parameter revision: nil for an object of a dry run, which has no version of its own.
    convenience init(key: String, value: [UInt8], revision: Revision?, fields reader: FieldReader = FieldReader()) throws(JSONError) {
        let fields = reader.keys.isEmpty ? [:] : reader.values(of: try JSON.parse(value))
        try self.init(key: key, value: value, revision: revision, fields: fields)
    }

    /// The same object, selected by other fields.
    init(_ object: CachedObject, fields reader: FieldReader) {
        key = object.key
        name = object.name
        namespace = object.namespace
        uid = object.uid
        labels = object.labels
        revision = object.revision
        bytes = object.bytes
        fields = reader.values(of: object.tree)
    }

    private init(key: String, value: [UInt8], revision: Revision?, fields: [String: String]) throws(JSONError) {
        let header = try ObjectHeader.skim(value)
        self.key = key
        name = header.name
        namespace = header.namespace
        uid = header.uid
        labels = header.labels
        self.revision = revision ?? Revision(rawValue: 0)
        var out: [UInt8] = []
        let splice = revision.map { "\"resourceVersion\":\"\($0.rawValue)\"" + (header.metadataIsEmpty ? "" : ",") } ?? ""
        out.reserveCapacity(value.count + splice.utf8.count)
        out.append(contentsOf: value[..<header.metadataOffset])
        out.append(contentsOf: splice.utf8)
        out.append(contentsOf: value[header.metadataOffset...])
        bytes = out
        self.fields = fields
    }

    /// The object as a tree, parsed anew at each call.
    package var tree: JSON {
        // The bytes were parsed when they were written; what we cannot read is no object.
        (try? JSON.parse(bytes)) ?? [:]
    }

    /// The value of a selectable field.
    func field(_ key: String) -> String {
        switch key {
        case "metadata.name": name
        case "metadata.namespace": namespace
        default: fields[key] ?? ""
        }
    }
}

/// Reads the values of selectable fields of an object, as the field selectors of its kind have them.
struct FieldReader: Sendable {
    var keys: [String] = []
    /// Fields of custom resources are plain paths.
    var isCustom = false

    func values(of object: JSON) -> [String: String] {
        var values: [String: String] = [:]
        for key in keys { values[key] = isCustom ? plain(object, key: key) : value(of: object, key: key) }
        return values
    }

    private func plain(_ object: JSON, key: String) -> String {
        switch object[path: key.split(separator: ".").map(String.init)] {
        case .string(let text)?: text
        case .int(let number)?: String(number)
        case .bool(let flag)?: flag ? "true" : "false"
        case .null?, .double?, .array?, .object?, nil: ""
        }
    }

    private func value(of object: JSON, key: String) -> String {
        switch key {
        case "metadata.name", "metadata.namespace": return ""
        case "spec.unschedulable", "spec.hostNetwork": return object[path: key.split(separator: ".").map(String.init)]?.bool == true ? "true" : "false"
        case "status.successful": return String(object["status"]?["succeeded"]?.int ?? 0)
        case "status.podIP": return object["status"]?["podIP"]?.string ?? ""
        case "involvedObject.uid", "regarding.uid": return object["involvedObject"]?["uid"]?.string ?? ""
        case "reportingComponent": return object["reportingComponent"]?.string ?? ""
        case "source":
            let source = object["source"]?["component"]?.string ?? ""
            return source.isEmpty ? object["reportingComponent"]?.string ?? "" : source
        default:
            var path = key.split(separator: ".").map(String.init)
            if path.first == "regarding" { path[0] = "involvedObject" }
            switch object[path: path] {
            case .string(let text)?: return text
            case .int(let number)?: return String(number)
            case .bool(let flag)?: return flag ? "true" : "false"
            case .null?, .double?, .array?, .object?, nil:
                // Counters read as zero when they are absent.
                return key == "status.replicas" ? "0" : ""
            }
        }
    }
}

extension CachedObject {
    /// The object as it was before it left a selection or was deleted, with the revision of the change that took it out.
    convenience init(leaving object: CachedObject, at revision: Revision) throws(JSONError) {
        var tree = object.tree
        tree["metadata"]?["resourceVersion"] = nil
        try self.init(key: object.key, value: tree.bytes, revision: revision, fields: object.fields)
    }
}
