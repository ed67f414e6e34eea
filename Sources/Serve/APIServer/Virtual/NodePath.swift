import JSONValue
import KubeModel
import NIOCore
import PolicyModel

/// The way from a request for logs, a command, a port or a proxy to the node that serves it.
struct NodePath: Sendable {
    let reader: ObjectReader

    /// Checks the request as far as the API server can; only then is the node asked.
    func serve(_ request: AuthorizedRequest, _ resource: ServedResource, subresource: String) throws(StatusError) -> Outcome {
        let info = request.info
        let query = request.request.query
        if subresource == "log" { try LogOptions.check(query, name: info.name) }
        let object = try reader.object(resource, namespace: info.namespace, name: info.name)
        switch (resource.facts.plural, subresource) {
        case ("pods", "log"):
            try checkContainer(object.tree, query)
            guard let node = node(of: object) else { return .now(APIResponse(status: 204, body: .bytes(ByteBuffer()))) }
            throw try unreachable(node)
        case ("pods", "exec"), ("pods", "attach"), ("pods", "portforward"):
            if subresource != "portforward" { try checkContainer(object.tree, query) }
            guard let node = node(of: object) else { throw .badRequest("pod \(object.name) does not have a host assigned") }
            throw try unreachable(node)
        case ("pods", "proxy"):
            if (object.tree["status"]?["podIP"]?.string ?? "").isEmpty { throw .badRequest("address not allowed") }
            guard let node = node(of: object) else { throw .badRequest("pod \(object.name) does not have a host assigned") }
            throw try unreachable(node)
        case ("services", "proxy"):
            throw StatusError(
                code: 503, reason: "ServiceUnavailable", message: "no endpoints available for service \(goQuoted(object.name))", details: nil)
        default: throw try unreachable(object.name)
        }
    }

    private func node(of pod: CachedObject) -> String? {
        pod.tree["spec"]?["nodeName"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Why a node cannot be asked.
    private func unreachable(_ name: String) throws(StatusError) -> StatusError {
        guard let nodes = reader.registry["", "v1", "nodes"], (try? reader.object(nodes, namespace: "", name: name)) != nil else {
            return .notFound(GroupResource(group: "", resource: "pods"), name: name)
        }
        return StatusError(
            code: 503, reason: "ServiceUnavailable", message: "the node \(goQuoted(name)) has no connection to this server")
    }

    /// The container that is meant must be one of the pod's.
    private func checkContainer(_ pod: JSON, _ query: QueryParameters) throws(StatusError) {
        let name = pod["metadata"]?["name"]?.string ?? ""
        func names(_ field: String) -> [String] { (pod["spec"]?[field]?.array ?? []).map { $0["name"]?.string ?? "" } }
        let (containers, initial, ephemeral) = (names("containers"), names("initContainers"), names("ephemeralContainers"))
        let wanted = query["container"] ?? ""
        if wanted.isEmpty {
            if containers.count == 1 { return }
            if let chosen = pod["metadata"]?["annotations"]?["kubectl.kubernetes.io/default-container"]?.string, containers.contains(chosen) { return }
            if containers.isEmpty { throw .badRequest("pod \(name) has no containers") }
            var message = "a container name must be specified for pod \(name), choose one of: [\(containers.joined(separator: " "))]"
            if !initial.isEmpty { message += " or one of the init containers: [\(initial.joined(separator: " "))]" }
            if !ephemeral.isEmpty { message += " or one of the ephemeral containers: [\(ephemeral.joined(separator: " "))]" }
            throw .badRequest(message)
        }
        if !(containers + initial + ephemeral).contains(wanted) { throw .badRequest("container \(wanted) is not valid for pod \(name)") }
    }
}

/// The options of a request for logs.
enum LogOptions {
    static func check(_ query: QueryParameters, name: String) throws(StatusError) {
        var errors: [FieldError] = []
        func number(_ field: String) throws(StatusError) -> Int64? {
            guard let text = query[field], !text.isEmpty else { return nil }
            guard let value = Int64(text) else { throw .badRequest("strconv.ParseInt: parsing \(goQuoted(text)): invalid syntax") }
            return value
        }
        if let time = query["sinceTime"], !time.isEmpty, Timestamp(time) == nil {
            let layout = "2006-01-02T15:04:05Z07:00"
            throw .badRequest("parsing time \(goQuoted(time)) as \(goQuoted(layout)): cannot parse \(goQuoted(time)) as \"2006\"")
        }
        if let lines = try number("tailLines"), lines < 0 {
            errors.append(.invalid("tailLines", .int(lines), "must be greater than or equal to 0"))
        }
        if let bytes = try number("limitBytes"), bytes < 1 { errors.append(.invalid("limitBytes", .int(bytes), "must be greater than 0")) }
        let seconds = try number("sinceSeconds")
        if seconds != nil, query["sinceTime"].map({ !$0.isEmpty }) == true {
            errors.append(.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        } else if let seconds, seconds < 1 {
            errors.append(.invalid("sinceSeconds", .int(seconds), "must be greater than 0"))
        }
        if query["stream"].map({ !$0.isEmpty }) == true { errors.append(.forbidden("stream", "may not be specified")) }
        if !errors.isEmpty { throw .invalid("PodLogOptions", group: "", name: name, errors) }
    }
}
