import KubeModel
import NIOCore
import NIOHTTP1
import NodeAuthorization
import PolicyModel
import StreamProtocol
import TunnelChannel

/// Opens the streams of requests that lead to a node, and carries them.
struct StreamServer: Sendable {
    let tunnels: NodeTunnels
    let permission: StreamGuard

    // MARK: Exec and attach

    func remoteCommand(
        _ request: AuthorizedRequest, _ operation: OperationParameters.Operation, _ parameters: OperationParameters, node: String
    ) async throws -> APIResponse {
        let handshake = try Handshake(
            request.request.headers, spdy: SPDYRemoteCommand.protocols, webSocket: WebSocketRemoteCommand.protocols, isNameNeeded: false)
        let session: any RemoteCommandSession =
            switch handshake.carrier {
            case .spdy: try SPDYRemoteCommand(parameters.channels, protocolName: handshake.protocolName)
            case .webSocket: WebSocketRemoteCommand(parameters.channels, protocolName: handshake.protocolName)
            }
        let link = try await tunnels.open(operation, parameters, node: node)
        return APIResponse(
            status: 101,
            body: .upgrade(
                ConnectionUpgrade(
                    headers: handshake.headers,
                    install: { [permission] channel in
                        let activity = StreamActivity()
                        let bridge = RemoteCommandBridge(client: try ClientLink(channel), node: link, session: session, activity: activity)
                        Task { try? await permission.run(request, activity, cut: { await bridge.cut() }) { await bridge.run() } }
                    }, abandon: { link.close() })))
    }

    // MARK: Forwarded ports

    func portForward(_ request: AuthorizedRequest, _ parameters: OperationParameters, node: String) throws -> APIResponse {
        let handshake = try Handshake(
            request.request.headers, spdy: [SPDYPortForward.protocolName], webSocket: [ByteTransport.tunnelProtocol], isNameNeeded: true)
        let tunnels = tunnels
        return APIResponse(
            status: 101,
            body: .upgrade(
                ConnectionUpgrade(headers: handshake.headers) { [permission] channel in
                    let transport: ByteTransport = handshake.carrier == .spdy ? .plain : .webSocket(WebSocketDecoder())
                    let activity = StreamActivity()
                    let bridge = try PortForwardBridge(client: try ClientLink(channel), transport: transport, activity: activity) { port in
                        var parameters = parameters
                        parameters.port = port
                        return try await tunnels.open(.portForward, parameters, node: node)
                    }
                    Task { try? await permission.run(request, activity) { await bridge.run() } }
                }))
    }

    // MARK: Logs

    func logs(_ request: AuthorizedRequest, _ parameters: OperationParameters, node: String) async throws -> APIResponse {
        let link = try await tunnels.open(.logs, parameters, node: node)
        return APIResponse(status: 200, contentType: "text/plain", body: .produced(output(of: link, request)))
    }

    /// What the node is asked for itself.
    func node(_ request: AuthorizedRequest, path: String, node: String) async throws -> APIResponse {
        var parameters = OperationParameters()
        parameters.path = path
        let link = try await tunnels.open(.node, parameters, node: node)
        let contentType = NodePage(path: path)?.contentType ?? "text/plain; charset=utf-8"
        return APIResponse(status: 200, contentType: contentType, body: .produced(output(of: link, request)))
    }

    private func output(of link: Tunnel.Link, _ request: AuthorizedRequest) -> ProducedBody {
        ProducedBody(
            produce: { [permission] write in
                defer { link.close() }
                try await permission.run(request) {
                    while let part = try await link.next() {
                        guard case .frame(let frame) = part else { continue }
                        switch frame.channel {
                        case .output: try await write(frame.bytes)
                        case .status:
                            if OperationEnding(frame.bytes).isSuccess { return }
                            throw TunnelAnswer.error(frame.bytes)
                        default: break
                        }
                    }
                    throw ChannelError.ioOnClosedChannel
                }
            }, abandon: { link.close() })
    }

    // MARK: Tunnels

    static func isTunnel(_ info: RequestInfo) -> Bool {
        info.group == "kastell.dev" && info.version == "v1" && info.resource == "nodes" && info.subresource == "tunnel" && info.namespace.isEmpty
            && info.rest.isEmpty
    }

    /// Makes the connection of a node its tunnel.
    ///
    /// - Throws: 403 for whoever is not that node, as itself: the tunnel decides what is seen of the node's pods.
    func tunnel(_ request: AuthorizedRequest) throws(StatusError) -> Outcome {
        let node = request.info.name
        guard request.info.verb == "get" else { throw .methodNotAllowed }
        let isItself = NodeAuthorizer.nodeName(of: request.user) == node && !node.isEmpty
        guard isItself, !request.request.headers.contains(name: "impersonate-user"), case .network(.some, _, _) = request.request.origin else {
            throw .forbidden(
                GroupResource(group: "kastell.dev", resource: "nodes"), name: node,
                "only the node itself may open its tunnel, with its own certificate")
        }
        guard request.request.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == Tunnel.protocolName }) else {
            throw .badRequest("Upgrade request required: \(Tunnel.protocolName)")
        }
        return .now(
            APIResponse(
                status: 101,
                body: .upgrade(
                    ConnectionUpgrade(headers: [("upgrade", Tunnel.protocolName)]) { [tunnels, permission] channel in
                        let connection = try tunnels.adopt(channel, node: node)
                        // A certificate that ends, or a node that lost its rights, ends the tunnel.
                        Task {
                            try? await permission.run(request, cut: { connection.channel.close(promise: nil) }) {
                                try? await connection.channel.closeFuture.get()
                            }
                        }
                    })))
    }
}
