import JSONValue
import KubeModel
import NIOCore
import PolicyModel
import StreamProtocol

/// The way from a request for logs, a command, a port or a proxy to the node that serves it.
struct NodePath: Sendable {
    let reader: ObjectReader
    let admission: Admission
    let streams: StreamServer
    let authorizer: Authorizer

    /// Checks the request as far as the API server can; only then is the node asked.
    func serve(_ request: AuthorizedRequest, _ resource: ServedResource, subresource: String) throws(StatusError) -> Outcome {
        if subresource == "proxy" { return try NodeProxy(path: self).serve(request, resource) }
        let info = request.info
        let query = request.request.query
        if subresource == "log" { try LogOptions.check(query, name: info.name) }
        // Opened by a GET, as WebSockets are, it does what a POST does, and takes the same right.
        if request.verbs.contains("create"), info.verb == "get" { _ = try request.creating(authorizer) }
        let object = try reader.object(resource, namespace: info.namespace, name: info.name)
        var parameters = Self.parameters(of: object)
        if subresource != "portforward" { parameters.container = try container(object.tree, query) }
        guard let node = Self.node(of: object) else {
            if subresource == "log" { return .now(APIResponse(status: 204, body: .bytes(ByteBuffer()))) }
            throw .badRequest("pod \(object.name) does not have a host assigned")
        }
        try checkNode(node)
        let streams = streams
        switch subresource {
        case "log":
            LogOptions.fill(&parameters, query, now: reader.clock())
            return .later { [parameters] in await Router.answering { try await streams.logs(request, parameters, node: node) } }
        case "exec", "attach":
            parameters.channels = try Self.channels(query)
            parameters.command = query.all("command")
            if subresource == "exec", parameters.command.isEmpty { throw .badRequest("you must specify at least 1 command for the container") }
            try admission.connect(request, resource, options: subresource == "exec" ? "PodExecOptions" : "PodAttachOptions")
            return .later { [parameters] in
                await Router.answering {
                    try await streams.remoteCommand(request, subresource == "exec" ? .exec : .attach, parameters, node: node)
                }
            }
        default:
            try admission.connect(request, resource, options: "PodPortForwardOptions")
            guard streams.tunnels.nodes.contains(node) else { throw streams.tunnels.notConnected(node) }
            return .later { [parameters] in await Router.answering { try streams.portForward(request, parameters, node: node) } }
        }
    }

    /// Refuses in kube-apiserver's words what leads to a node that there is not. One that is connected is there, whatever is
    /// stored.
    func checkNode(_ name: String) throws(StatusError) {
        if streams.tunnels.nodes.contains(name) { return }
        guard let nodes = reader.registry["", "v1", "nodes"], (try? reader.object(nodes, namespace: "", name: name)) != nil else {
            throw .notFound(GroupResource(group: "", resource: "pods"), name: name)
        }
    }

    /// Which pod is meant.
    static func parameters(of pod: CachedObject) -> OperationParameters {
        var parameters = OperationParameters()
        parameters.namespace = pod.namespace
        parameters.pod = pod.name
        parameters.uid = pod.uid
        return parameters
    }

    static func node(of pod: CachedObject) -> String? {
        pod.tree["spec"]?["nodeName"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Which of its standard three a client wants. One that names none wants both outputs, as in `PodExecOptions`.
    private static func channels(_ query: QueryParameters) throws(StatusError) -> RemoteCommandChannels {
        let names = ["stdin", "stdout", "stderr"]
        let isAsked = names.contains { query[$0] != nil }
        let channels = RemoteCommandChannels(
            input: query.isTrue("stdin"), output: isAsked ? query.isTrue("stdout") : true, errorOutput: isAsked ? query.isTrue("stderr") : true,
            terminal: query.isTrue("tty"))
        if !channels.input, !channels.output, !channels.errorOutput { throw .badRequest("you must specify at least 1 of stdin, stdout, stderr") }
        return channels
    }

    /// The container that is meant must be one of the pod's.
    private func container(_ pod: JSON, _ query: QueryParameters) throws(StatusError) -> String {
        let name = pod["metadata"]?["name"]?.string ?? ""
        func names(_ field: String) -> [String] { (pod["spec"]?[field]?.array ?? []).map { $0["name"]?.string ?? "" } }
        let (containers, initial, ephemeral) = (names("containers"), names("initContainers"), names("ephemeralContainers"))
        let wanted = query["container"] ?? ""
        if wanted.isEmpty {
            if containers.count == 1 { return containers[0] }
            if let chosen = pod["metadata"]?["annotations"]?["kubectl.kubernetes.io/default-container"]?.string, containers.contains(chosen) { return chosen }
            if containers.isEmpty { throw .badRequest("pod \(name) has no containers") }
            var message = "a container name must be specified for pod \(name), choose one of: [\(containers.joined(separator: " "))]"
            if !initial.isEmpty { message += " or one of the init containers: [\(initial.joined(separator: " "))]" }
            if !ephemeral.isEmpty { message += " or one of the ephemeral containers: [\(ephemeral.joined(separator: " "))]" }
            throw .badRequest(message)
        }
        if !(containers + initial + ephemeral).contains(wanted) { throw .badRequest("container \(wanted) is not valid for pod \(name)") }
        return wanted
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

    /// What a checked query asks of the node.
    static func fill(_ parameters: inout OperationParameters, _ query: QueryParameters, now: Timestamp) {
        func number(_ field: String) -> Int? { query[field].flatMap { Int($0) } }
        parameters.isPrevious = query.isTrue("previous")
        parameters.follows = query.isTrue("follow")
        parameters.showsTimes = query.isTrue("timestamps")
        parameters.tail = number("tailLines")
        parameters.limit = number("limitBytes")
        if let seconds = number("sinceSeconds") { parameters.since = now.adding(seconds: -Int64(seconds)) }
        if let time = query["sinceTime"].flatMap({ Timestamp($0) }) { parameters.since = time }
    }
}
