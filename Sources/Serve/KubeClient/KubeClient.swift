package import JSONValue
package import KubeModel

/// A typed client of the Kubernetes API: what controllers, the console and the command line use.
package struct KubeClient: Sendable {
    private let transport: any Transport

    package init(_ transport: any Transport) { self.transport = transport }

    /// A list and the revision at which it was taken.
    package struct List: Sendable {
        package var items: [JSON]
        package var resourceVersion: String
    }

    /// One event of a watch.
    package struct Event: Sendable {
        package enum Kind: String, Sendable {
            case added = "ADDED"
            case modified = "MODIFIED"
            case deleted = "DELETED"
            case bookmark = "BOOKMARK"
        }
        package var kind: Kind
        package var object: JSON
    }

    /// Which form a patch has.
    package enum PatchForm: String, Sendable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    // MARK: Paths

    /// `/api/v1/namespaces/default/pods/x/status`; the namespace is left out when it is empty.
    package static func path(_ resource: GroupVersionResource, namespace: String = "", name: String = "", subresource: String = "") -> String {
        var path = resource.group.isEmpty ? "/api/\(resource.version)" : "/apis/\(resource.group)/\(resource.version)"
        if !namespace.isEmpty { path += "/namespaces/" + escaped(namespace) }
        path += "/" + resource.resource
        if !name.isEmpty { path += "/" + escaped(name) }
        if !subresource.isEmpty { path += "/" + subresource }
        return path
    }

    /// Percent-encodes all but the unreserved characters (RFC 3986 section 2.3).
    package static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    private static func query(_ items: [(String, String)]) -> String {
        let kept = items.filter { !$0.1.isEmpty }
        return kept.isEmpty ? "" : "?" + kept.map { "\($0.0)=\(escaped($0.1))" }.joined(separator: "&")
    }

    // MARK: Requests

    /// Sends a request and reads its answer.
    ///
    /// - Throws: `StatusError` when the server refuses, ``TransportError`` when it does not answer.
    package func send(_ request: ClientRequest) async throws -> JSON {
        let response = try await transport.send(request)
        guard let value = try? JSON.parse(response.body) else {
            if response.status < 300 { return .string(String(decoding: response.body, as: UTF8.self)) }
            throw StatusError(code: response.status, reason: "", message: String(decoding: response.body.prefix(1024), as: UTF8.self))
        }
        if response.status >= 300 { throw StatusError(json: value, code: response.status) }
        return value
    }

    /// The object of that name.
    package func get(_ resource: GroupVersionResource, namespace: String = "", name: String, subresource: String = "") async throws -> JSON {
        try await send(.init(method: "GET", uri: Self.path(resource, namespace: namespace, name: name, subresource: subresource)))
    }

    /// The kind and the metadata of the object of that name.
    package func metadata(of resource: GroupVersionResource, namespace: String = "", name: String) async throws -> JSON {
        var request = ClientRequest(method: "GET", uri: Self.path(resource, namespace: namespace, name: name))
        request.accept = Self.accept("PartialObjectMetadata")
        return try await send(request)
    }

    private static func accept(_ form: String) -> String { "application/json;as=\(form);g=meta.k8s.io;v=v1,application/json" }

    /// The objects that are selected; of all namespaces when none is named.
    ///
    /// - Parameter metadataOnly: whether only kind and metadata of the objects are sent.
    package func list(
        _ resource: GroupVersionResource, namespace: String = "", labelSelector: String = "", fieldSelector: String = "", metadataOnly: Bool = false
    ) async throws -> List {
        let query = Self.query([("labelSelector", labelSelector), ("fieldSelector", fieldSelector)])
        var request = ClientRequest(method: "GET", uri: Self.path(resource, namespace: namespace) + query)
        if metadataOnly { request.accept = Self.accept("PartialObjectMetadataList") }
        let value = try await send(request)
        let kind = value["kind"]?.string.map { $0.hasSuffix("List") ? String($0.dropLast(4)) : $0 } ?? ""
        let version = value["apiVersion"] ?? ""
        let items = (value["items"]?.array ?? []).map { item -> JSON in
            // Items of a list do not say what they are.
            var item = item
            item["kind"] = .string(kind)
            item["apiVersion"] = version
            return item
        }
        return List(items: items, resourceVersion: value["metadata"]?["resourceVersion"]?.string ?? "")
    }

    /// Creates an object, or calls a subresource such as `binding` with one.
    @discardableResult
    package func create(_ resource: GroupVersionResource, namespace: String = "", name: String = "", subresource: String = "", _ object: JSON) async throws -> JSON {
        try await send(
            .init(
                method: "POST", uri: Self.path(resource, namespace: namespace, name: name, subresource: subresource),
                contentType: "application/json", body: object.bytes))
    }

    /// Replaces an object; `metadata.resourceVersion` says which version it replaces.
    @discardableResult
    package func update(_ resource: GroupVersionResource, namespace: String = "", name: String, subresource: String = "", _ object: JSON) async throws -> JSON {
        try await send(
            .init(
                method: "PUT", uri: Self.path(resource, namespace: namespace, name: name, subresource: subresource),
                contentType: "application/json", body: object.bytes))
    }

    /// Changes parts of an object.
    @discardableResult
    package func patch(
        _ resource: GroupVersionResource, namespace: String = "", name: String, subresource: String = "", form: PatchForm = .merge,
        fieldManager: String = "", force: Bool = false, _ patch: JSON
    ) async throws -> JSON {
        let query = Self.query([("fieldManager", fieldManager), ("force", force ? "true" : "")])
        return try await send(
            .init(
                method: "PATCH", uri: Self.path(resource, namespace: namespace, name: name, subresource: subresource) + query,
                contentType: form.rawValue, body: patch.bytes))
    }

    /// Deletes an object.
    ///
    /// - Parameter options: a DeleteOptions object, such as `["propagationPolicy": "Background"]`.
    @discardableResult
    package func delete(_ resource: GroupVersionResource, namespace: String = "", name: String, options: JSON? = nil) async throws -> JSON {
        try await send(
            .init(
                method: "DELETE", uri: Self.path(resource, namespace: namespace, name: name),
                contentType: "application/json", body: options?.bytes ?? []))
    }

    /// Deletes every object of a collection that is selected.
    package func deleteCollection(_ resource: GroupVersionResource, namespace: String, labelSelector: String = "") async throws {
        _ = try await send(.init(method: "DELETE", uri: Self.path(resource, namespace: namespace) + Self.query([("labelSelector", labelSelector)])))
    }

    /// Watches a collection from a revision on. Ends when the server ends the watch; throws `StatusError` 410 when the
    /// revision is too old to resume from.
    ///
    /// - Parameter metadataOnly: whether only kind and metadata of the objects are sent.
    package func watch(
        _ resource: GroupVersionResource, namespace: String = "", resourceVersion: String, labelSelector: String = "", fieldSelector: String = "",
        metadataOnly: Bool = false
    ) async throws -> AsyncThrowingMapSequence<AsyncThrowingStream<[UInt8], any Error>, Event> {
        let query = Self.query([
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion), ("labelSelector", labelSelector),
            ("fieldSelector", fieldSelector),
        ])
        var request = ClientRequest(method: "GET", uri: Self.path(resource, namespace: namespace) + query)
        if metadataOnly { request.accept = Self.accept("PartialObjectMetadata") }
        let lines = try await transport.stream(request)
        return lines.map { line in
            let value = try JSON.parse(line)
            let object = value["object"] ?? [:]
            guard let kind = Event.Kind(rawValue: value["type"]?.string ?? "") else {
                throw StatusError(json: object, code: Int(object["code"]?.int ?? 500))
            }
            return Event(kind: kind, object: object)
        }
    }
}

extension StatusError {
    /// Reads a Status that a server answered.
    package init(json: JSON, code: Int) {
        let details = json["details"]
        self.init(
            code: Int(json["code"]?.int ?? Int64(code)), reason: json["reason"]?.string ?? "", message: json["message"]?.string ?? "status \(code)",
            details: details.map { details in
                Details(
                    name: details["name"]?.string ?? "", group: details["group"]?.string ?? "", kind: details["kind"]?.string ?? "",
                    uid: details["uid"]?.string ?? "",
                    causes: (details["causes"]?.array ?? []).map {
                        Cause(reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "", field: $0["field"]?.string ?? "")
                    },
                    retryAfterSeconds: Int(details["retryAfterSeconds"]?.int ?? 0))
            })
    }
}

extension GroupVersionResource {
    /// `pods` of `v1`, `deployments` of `apps/v1`.
    package init(_ groupVersion: String, _ resource: String) {
        let version = GroupVersion(groupVersion) ?? GroupVersion(group: "", version: groupVersion)
        self.init(group: version.group, version: version.version, resource: resource)
    }
}

extension ClientResponse {
    /// The refusal that the answer is.
    package var refusal: StatusError {
        guard let value = try? JSON.parse(body) else {
            return StatusError(code: status, reason: "", message: String(decoding: body.prefix(1024), as: UTF8.self))
        }
        return StatusError(json: value, code: status)
    }
}
