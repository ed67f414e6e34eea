import JSONValue
import KubeModel
import NIOCore
import ObjectDefaults
import ObjectTables
import Store
import YAMLValue

/// Writes objects in the form that was asked for.
struct Answer: Sendable {
    let resource: ServedResource
    let negotiation: Negotiation
    let catalog: SchemaCatalog
    let now: Timestamp

    /// The object in the served version, as a tree.
    func tree(_ object: CachedObject) -> JSON { served(object.tree) }

    /// A stored object in the served version.
    func served(_ tree: JSON) -> JSON { resource.served(tree) }

    private var metaVersion: String { "meta.k8s.io/\(negotiation.metaVersion)" }

    private func partial(_ tree: JSON) -> JSON {
        ObjectTables.partialMetadata(tree, version: negotiation.metaVersion)
    }

    /// A table of one or many objects.
    private func table(_ trees: [JSON], list: JSON?, include: String?, noHeaders: Bool = false) -> JSON {
        let include = (try? ObjectTables.IncludeObject(query: include)) ?? .metadata
        if let custom = resource.custom {
            return ObjectTables.table(
                objects: trees, printer: custom.printer, kind: resource.facts.groupVersionKind, includeObject: include,
                listMetadata: list, version: negotiation.metaVersion, noHeaders: noHeaders, now: now)
        }
        return ObjectTables.table(
            objects: trees, resource: resource.facts, includeObject: include, listMetadata: list, version: negotiation.metaVersion,
            noHeaders: noHeaders, now: now)
    }

    /// One object, as bytes; the stored bytes themselves where they serve.
    func object(_ object: CachedObject, status: Int = 200, include: String? = nil, warnings: [String] = []) -> APIResponse {
        if case .object = negotiation.shape, negotiation.encoding == .json, resource.serves(bytesOf: object) {
            var buffer = ByteBufferAllocator().buffer(capacity: object.bytes.count + 1)
            buffer.writeBytes(object.bytes)
            buffer.writeInteger(UInt8(0x0A))
            return APIResponse(status: status, headers: Self.headers(warnings), body: .bytes(buffer))
        }
        return tree(self.tree(object), status: status, include: include, warnings: warnings)
    }

    /// One object given as a tree in the served version.
    func tree(_ tree: JSON, status: Int = 200, include: String? = nil, warnings: [String] = []) -> APIResponse {
        let shaped: JSON =
            switch negotiation.shape {
            case .object, .aggregatedDiscovery: tree
            case .partialMetadata: partial(tree)
            case .table: table([tree], list: nil, include: include)
            }
        return document(shaped, status: status, warnings: warnings)
    }

    /// A document in the encoding that was asked for.
    func document(_ value: JSON, status: Int = 200, warnings: [String] = []) -> APIResponse {
        switch negotiation.encoding {
        case .json: APIResponse(status: status, json: value, headers: Self.headers(warnings))
        case .yaml:
            APIResponse(
                status: status, contentType: "application/yaml", headers: Self.headers(warnings),
                body: .bytes(ByteBuffer(string: YAML.text(value.sorted))))
        }
    }

    /// Warning headers (RFC 9111 section 5.5), each text once.
    static func headers(_ warnings: [String]) -> [(String, String)] {
        var seen = Set<String>()
        return warnings.filter { seen.insert($0).inserted }.map { ("warning", "299 - \(quoted($0))") }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case "\n", "\r", "\t": out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    /// A list of objects.
    func list(_ objects: [CachedObject], metadata: JSON, include: String?) -> APIResponse {
        switch negotiation.shape {
        case .object, .aggregatedDiscovery: break
        case .table: return document(table(objects.map(tree), list: metadata, include: include))
        case .partialMetadata:
            return document([
                "kind": "PartialObjectMetadataList", "apiVersion": .string(metaVersion), "metadata": metadata,
                // An empty list of these is written as none.
                "items": objects.isEmpty ? .null : .array(objects.map { partial($0.tree) }),
            ])
        }
        let facts = resource.facts
        if let custom = resource.custom { return list(objects, of: custom, metadata: metadata) }
        if negotiation.encoding == .yaml || resource.needsConversion {
            let items = objects.map { object -> JSON in
                var item = tree(object)
                item["kind"] = nil
                item["apiVersion"] = nil
                return item
            }
            return document([
                "kind": .string(facts.kind + "List"), "apiVersion": .string(facts.groupVersion.description), "metadata": metadata,
                "items": .array(items),
            ])
        }
        // The stored bytes themselves, without the kind and version that each begins with.
        let prefix = resource.storage?.prefixLength ?? 1
        var size = 256
        for object in objects { size += object.bytes.count }
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        buffer.writeString("{\"kind\":\"\(facts.kind)List\",\"apiVersion\":\"\(facts.groupVersion)\",\"metadata\":")
        buffer.writeBytes(metadata.bytes)
        buffer.writeString(",\"items\":[")
        var first = true
        for object in objects {
            if !first { buffer.writeInteger(UInt8(0x2C)) }
            first = false
            buffer.writeInteger(UInt8(0x7B))
            buffer.writeBytes(object.bytes[prefix...])
        }
        buffer.writeString("]}\n")
        return APIResponse(status: 200, body: .bytes(buffer))
    }

    /// A list of custom resources, each of which says what it is.
    private func list(_ objects: [CachedObject], of custom: CustomKind, metadata: JSON) -> APIResponse {
        var metadata = metadata
        if metadata["continue"] == nil { metadata["continue"] = "" }
        let version = resource.facts.groupVersion.description
        if negotiation.encoding == .yaml {
            return document([
                "apiVersion": .string(version), "items": .array(objects.map(tree)), "kind": .string(custom.listKind), "metadata": metadata,
            ])
        }
        var size = 256
        for object in objects { size += object.bytes.count }
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        buffer.writeString("{\"apiVersion\":\"\(version)\",\"items\":[")
        var first = true
        for object in objects {
            if !first { buffer.writeInteger(UInt8(0x2C)) }
            first = false
            if resource.serves(bytesOf: object) { buffer.writeBytes(object.bytes) } else { buffer.writeBytes(tree(object).bytes) }
        }
        buffer.writeString("],\"kind\":\"\(custom.listKind)\",\"metadata\":")
        buffer.writeBytes(metadata.bytes)
        buffer.writeString("}\n")
        return APIResponse(status: 200, body: .bytes(buffer))
    }

    /// One frame of a watch; `first` says that no frame of a table was sent yet.
    func frame(_ item: WatchItem, include: String?, first: Bool) -> ByteBuffer {
        switch item {
        case .change(let type, let object):
            if case .object = negotiation.shape, resource.serves(bytesOf: object) {
                var buffer = ByteBufferAllocator().buffer(capacity: object.bytes.count + 40)
                buffer.writeString("{\"type\":\"\(type.rawValue)\",\"object\":")
                buffer.writeBytes(object.bytes)
                buffer.writeString("}\n")
                return buffer
            }
            return frame(type, shaped(tree(object), include: include, first: first))
        case .initialEventsEnd(let revision): return bookmark(revision, annotations: ["k8s.io/initial-events-end": "true"], first: first)
        case .bookmark(let revision): return bookmark(revision, annotations: nil, first: first)
        }
    }

    private func shaped(_ tree: JSON, include: String?, first: Bool) -> JSON {
        switch negotiation.shape {
        case .object, .aggregatedDiscovery: return tree
        case .partialMetadata: return partial(tree)
        case .table:
            // Columns are told once.
            return table([tree], list: nil, include: include, noHeaders: !first)
        }
    }

    private func frame(_ type: WatchEventType, _ object: JSON) -> ByteBuffer {
        var writer = JSONWriter()
        writer.write(["type": .string(type.rawValue), "object": object] as JSON)
        writer.byte(0x0A)
        return ByteBuffer(bytes: writer.bytes)
    }

    private func bookmark(_ revision: Revision, annotations: JSON?, first: Bool) -> ByteBuffer {
        var metadata: JSON = ["resourceVersion": .string(String(revision.rawValue))]
        if let annotations { metadata["annotations"] = annotations }
        let kind: JSON = ["kind": .string(resource.facts.kind), "apiVersion": .string(resource.facts.groupVersion.description), "metadata": metadata]
        return frame(.bookmark, shaped(kind, include: nil, first: first))
    }

    /// The last frame of a watch that cannot go on.
    static func errorFrame(_ error: StatusError) -> ByteBuffer {
        ByteBuffer(bytes: (["type": "ERROR", "object": error.json] as JSON).bytes + [0x0A])
    }
}
