public import JSONValue
public import KubeModel

/// Objects as the Table of `kubectl get`, and as their metadata alone.
///
/// Pure: the moment that ages are counted to is given.
public enum ObjectTables {
    /// What a row carries beside its cells.
    public enum IncludeObject: Hashable, Sendable {
        case none, metadata, object

        /// Reads the query parameter `includeObject`; absent or empty means the metadata.
        ///
        /// - Throws: the refusal that the API answers.
        public init(query: String?) throws(StatusError) {
            switch query ?? "" {
            case "", "Metadata": self = .metadata
            case "None": self = .none
            case "Object": self = .object
            case let other:
                throw .badRequest(
                    "Unable to convert to Table as requested: includeObject: Invalid value: \"\(other)\": "
                        + "must be 'Metadata', 'Object', 'None', or empty")
            }
        }
    }

    /// The `columnDefinitions` of a resource.
    public static func columns(for resource: ResourceFacts) -> [JSON] { TablePrinter(resource).columns.map(\.json) }

    /// The cells of one object.
    public static func cells(for object: JSON, resource: ResourceFacts, now: Timestamp) -> [JSON] {
        TablePrinter(resource).cells(of: object, at: now)
    }

    /// A Table of objects of a built-in resource.
    ///
    /// - Parameters:
    ///   - objects: the objects in the form of the resource's version, defaults filled in.
    ///   - resource: the resource that they are of.
    ///   - includeObject: what each row carries.
    ///   - listMetadata: the metadata of the list; for a single object `nil`, and the object's version is used.
    ///   - version: the version of `meta.k8s.io` that was asked for: `v1` or `v1beta1`.
    ///   - noHeaders: leaves the columns out, as in all events of a watch but the first.
    ///   - now: the moment that ages are counted to.
    /// - Returns: the Table as it is sent.
    public static func table(
        objects: [JSON], resource: ResourceFacts, includeObject: IncludeObject = .metadata, listMetadata: JSON? = nil,
        version: String = "v1", noHeaders: Bool = false, now: Timestamp
    ) -> JSON {
        table(
            objects: objects, printer: TablePrinter(resource), kind: resource.groupVersionKind,
            includeObject: includeObject,
            listMetadata: listMetadata, version: version, noHeaders: noHeaders, now: now)
    }

    /// A Table of objects as `printer` prints them; `kind` is written into whole objects that do not say theirs.
    public static func table(
        objects: [JSON], printer: TablePrinter, kind: GroupVersionKind, includeObject: IncludeObject = .metadata,
        listMetadata: JSON? = nil, version: String = "v1", noHeaders: Bool = false, now: Timestamp
    ) -> JSON {
        var objects = objects
        if let precedes = printer.precedes, listMetadata != nil { objects.sort(by: precedes) }
        let metadata = listMetadata ?? single(objects)
        let rows = objects.map { object -> JSON in
            var row: JSONObject = ["cells": .array(printer.cells(of: object, at: now))]
            let conditions = printer.conditions(of: object)
            if !conditions.isEmpty { row["conditions"] = .array(conditions) }
            switch includeObject {
            case .none: row["object"] = .null
            case .metadata: row["object"] = partialMetadata(object, version: version)
            case .object: row["object"] = named(object, kind)
            }
            return .object(row)
        }
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata,
            "columnDefinitions": noHeaders ? .null : .array(printer.columns.map(\.json)), "rows": .array(rows),
        ]
    }

    private static func single(_ objects: [JSON]) -> JSON {
        guard let revision = objects.first?[path: "metadata", "resourceVersion"] else { return [:] }
        return ["resourceVersion": revision]
    }

    /// The object with its kind and version first, where lists leave them out.
    private static func named(_ object: JSON, _ kind: GroupVersionKind) -> JSON {
        if object["kind"] != nil, object["apiVersion"] != nil { return object }
        var full: JSONObject = ["kind": .string(kind.kind), "apiVersion": .string(kind.groupVersion.description)]
        for (key, value) in object.object ?? JSONObject() { full[key] = value }
        return .object(full)
    }

    /// An object's metadata alone, as `PartialObjectMetadata`.
    public static func partialMetadata(_ object: JSON, version: String = "v1") -> JSON {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": metadata(of: object),
        ]
    }

    /// The metadata without the annotations in which a version carries fields of the object itself.
    private static func metadata(of object: JSON) -> JSON {
        var metadata = object["metadata"] ?? [:]
        let carriers = ["DaemonSet": "deprecated.daemonset.template.generation", "Deployment": "deprecated.deployment.rollback.to"]
        guard let key = carriers[object["kind"]?.string ?? ""], metadata["annotations"]?[key] != nil else { return metadata }
        metadata["annotations"]?[key] = nil
        if metadata["annotations"]?.object?.isEmpty == true { metadata["annotations"] = nil }
        return metadata
    }

    /// The metadata of objects alone, as `PartialObjectMetadataList`.
    public static func partialMetadataList(_ objects: [JSON], listMetadata: JSON, version: String = "v1") -> JSON {
        [
            "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": listMetadata,
            "items": .array(objects.map { partialMetadata($0, version: version) }),
        ]
    }
}
