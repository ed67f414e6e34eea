import JSONValue
import KubeModel
import NIOCore
import NIOHTTP1
import NIOSSL
import StreamProtocol
import TunnelChannel

/// Passes a request on to a pod, to one of the pods of a service, or to a node itself.
///
/// Source: Kubernetes documentation, "Access Services Running on Clusters": `[SCHEME:]NAME[:PORT]`.
struct NodeProxy: Sendable {
    let path: NodePath

    /// The name of a proxied object with what may stand around it.
    struct Target: Hashable, Sendable {
        var scheme = "http"
        var name: String
        var port = ""

        /// - Throws: 400 when the text is no such name.
        init(_ text: String) throws(StatusError) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            switch parts.count {
            case 1: name = parts[0]
            case 2: (name, port) = (parts[0], parts[1])
            case 3: (scheme, name, port) = (parts[0].isEmpty ? "http" : parts[0], parts[1], parts[2])
            default: throw .badRequest("invalid \(goQuoted(text)): want [scheme:]name[:port]")
            }
            if !["http", "https"].contains(scheme) || name.isEmpty { throw .badRequest("invalid \(goQuoted(text)): want [scheme:]name[:port]") }
        }
    }

    func serve(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> Outcome {
        let info = request.info
        let plural = resource.facts.plural
        let target = try Target(info.name)
        let object = try path.reader.object(resource, namespace: info.namespace, name: target.name)
        try path.admission.connect(request, resource, options: plural == "pods" ? "PodProxyOptions" : plural == "services" ? "ServiceProxyOptions" : "NodeProxyOptions")
        let streams = path.streams
        if plural == "nodes" {
            // A node's pages are for reading.
            guard ["GET", "HEAD"].contains(request.request.method) else { throw .methodNotAllowed }
            let rest = info.rest.joined(separator: "/")
            return .later { await Router.answering { try await streams.node(request, path: rest, node: object.name) } }
        }
        let backend = plural == "pods" ? try pod(object, target) : try service(object, target)
        let address = backend.pod.tree["status"]?["podIP"]?.string ?? ""
        if address.isEmpty { throw .badRequest("address not allowed") }
        guard let node = NodePath.node(of: backend.pod) else { throw .badRequest("pod \(backend.pod.name) does not have a host assigned") }
        try path.checkNode(node)
        // Relative links of what is served lead into it only from a folder.
        if info.rest.isEmpty, !request.request.path.hasSuffix("/"), ["GET", "HEAD"].contains(request.request.method) {
            return .now(APIResponse(status: 301, headers: [("location", request.request.path + "/")], body: .bytes(ByteBuffer())))
        }
        var parameters = NodePath.parameters(of: backend.pod)
        parameters.port = backend.port
        parameters.addresses = [address]
        let exchange = ProxyExchange(request: request, isSecure: target.scheme == "https", host: "\(address):\(backend.port)")
        return .later { [parameters] in await Router.answering { try await exchange.run(streams, parameters, node: node) } }
    }

    private func pod(_ pod: CachedObject, _ target: Target) throws(StatusError) -> (pod: CachedObject, port: UInt16) {
        let ports = (pod.tree["spec"]?["containers"]?.array ?? []).flatMap { $0["ports"]?.array ?? [] }
        if target.port.isEmpty { return (pod, ports.first?["containerPort"]?.int.flatMap { UInt16(exactly: $0) } ?? 80) }
        guard let port = UInt16(target.port) ?? ports.first(where: { $0["name"]?.string == target.port })?["containerPort"]?.int.flatMap({ UInt16(exactly: $0) }),
            port > 0
        else { throw .badRequest("pod \(pod.name) has no port \(goQuoted(target.port))") }
        return (pod, port)
    }

    /// One of the ready pods behind a port of a service.
    private func service(_ service: CachedObject, _ target: Target) throws(StatusError) -> (pod: CachedObject, port: UInt16) {
        let none = StatusError(code: 503, reason: "ServiceUnavailable", message: "no endpoints available for service \(goQuoted(target.name))")
        let ports = service.tree["spec"]?["ports"]?.array ?? []
        let port = ports.first { port in
            target.port.isEmpty ? ports.count == 1 : port["name"]?.string == target.port || port["port"]?.int.map(String.init) == target.port
        }
        guard let port else {
            throw StatusError(code: 503, reason: "ServiceUnavailable", message: "no service port \(goQuoted(target.port)) found for service \(goQuoted(target.name))")
        }
        guard let pods = path.reader.registry["", "v1", "pods"] else { throw none }
        var found: [(CachedObject, UInt16)] = []
        let slices = path.admission.cluster.objects(of: GroupResource(group: "discovery.k8s.io", resource: "endpointslices"), namespace: service.namespace)
        for slice in slices where slice["metadata"]?["labels"]?["kubernetes.io/service-name"]?.string == service.name {
            let name = port["name"]?.string ?? ""
            guard let entry = (slice["ports"]?.array ?? []).first(where: { ($0["name"]?.string ?? "") == name }),
                let number = entry["port"]?.int.flatMap({ UInt16(exactly: $0) })
            else { continue }
            for endpoint in slice["endpoints"]?.array ?? [] where endpoint["conditions"]?["ready"]?.bool != false {
                guard endpoint["targetRef"]?["kind"]?.string == "Pod", let name = endpoint["targetRef"]?["name"]?.string,
                    let pod = try? path.reader.object(pods, namespace: service.namespace, name: name)
                else { continue }
                found.append((pod, number))
            }
        }
        guard let chosen = found.randomElement() else { throw none }
        return chosen
    }
}

/// One request and its answer, through the tunnel.
struct ProxyExchange: Sendable {
    let request: AuthorizedRequest
    let isSecure: Bool
    let host: String

    private typealias Link = ChannelLink<HTTPClientResponsePart, HTTPClientRequestPart>

    /// What concerns one connection alone (RFC 9110 section 7.6.1), and what the client proves itself with to us.
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "host",
        "content-length", "authorization", "accept-encoding",
    ]
    private static func isPassed(_ name: String) -> Bool { !dropped.contains(name.lowercased()) && !name.lowercased().hasPrefix("impersonate-") }

    func run(_ streams: StreamServer, _ parameters: OperationParameters, node: String) async throws -> APIResponse {
        let isSecure = isSecure
        let (link, opened) = try await streams.tunnels.stream(on: node) { channel -> (Link, EventLoopFuture<Void>) in
            let opened = channel.eventLoop.makePromise(of: Void.self)
            let pipeline = channel.pipeline.syncOperations
            do {
                try Tunnel.addCodec(channel)
                try pipeline.addHandler(TunnelBytes(.proxy, parameters, opened))
                if isSecure {
                    var tls = TLSConfiguration.makeClientConfiguration()
                    // A pod's certificate names nothing that is known here; kube-apiserver does not look at it either.
                    tls.certificateVerification = .none
                    try pipeline.addHandler(NIOSSLClientHandler(context: NIOSSLContext(configuration: tls), serverHostname: nil))
                }
                try pipeline.addHTTPClientHandlers()
                return (try Link(channel), opened.futureResult)
            } catch {
                opened.fail(error)
                throw error
            }
        }
        do {
            try await withTaskCancellationHandler { try await opened.get() } onCancel: { link.close() }
            return try await exchange(link, streams)
        } catch let error as StatusError {
            link.close()
            throw error
        } catch {
            link.close()
            throw StatusError(code: 503, reason: "ServiceUnavailable", message: "error trying to reach service: \(error)")
        }
    }

    private var target: String {
        let rest = request.info.rest.map(Self.encoded).joined(separator: "/")
        let query = request.request.query.items.map { Self.encoded($0.name) + "=" + Self.encoded($0.value) }.joined(separator: "&")
        return "/" + rest + (request.request.path.hasSuffix("/") && !rest.isEmpty ? "/" : "") + (query.isEmpty ? "" : "?" + query)
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte -> String in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: return String(UnicodeScalar(byte))
            default: return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private func exchange(_ link: Link, _ streams: StreamServer) async throws -> APIResponse {
        var headers = HTTPHeaders(request.request.headers.filter { Self.isPassed($0.name) }.map { ($0.name, $0.value) })
        headers.add(name: "host", value: host)
        headers.add(name: "connection", value: "close")
        headers.add(name: "content-length", value: String(request.request.body.count))
        let method = HTTPMethod(rawValue: request.request.method)
        try await link.send(.head(HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)))
        if !request.request.body.isEmpty { try await link.send(.body(.byteBuffer(ByteBuffer(bytes: request.request.body)))) }
        try await link.send(.end(nil))
        var head: HTTPResponseHead?
        while head == nil, let part = try await link.next() { if case .head(let found) = part, found.status.code >= 200 { head = found } }
        guard let head else { throw ChannelError.ioOnClosedChannel }
        let passed = head.headers.filter { Self.isPassed($0.name) && $0.name.lowercased() != "content-type" }.map { ($0.name.lowercased(), $0.value) }
        let (permission, request) = (streams.permission, request)
        return APIResponse(
            status: Int(head.status.code), contentType: head.headers.first(name: "content-type") ?? "application/octet-stream", headers: passed,
            body: .produced(
                ProducedBody(
                    produce: { write in
                        defer { link.close() }
                        try await permission.run(request) {
                            while let part = try await link.next() {
                                switch part {
                                case .head: break
                                case .body(let buffer): try await write(Array(buffer.readableBytesView))
                                case .end: return
                                }
                            }
                            throw ChannelError.ioOnClosedChannel
                        }
                    }, abandon: { link.close() })))
    }
}
