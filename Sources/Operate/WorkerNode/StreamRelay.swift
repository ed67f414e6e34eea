package import NetworkPolicy
import NIOCore
import NIOPosix

/// Passes TCP connections on to another place, byte by byte: TLS goes through it from end to end.
///
/// The node's network is its own; the API server is outside. Inside, pods and the agent find it at an address of the node.
package struct StreamRelay: Sendable {
    /// An end of a connection.
    package enum Place: Hashable, Sendable {
        case tcp(host: String, port: Int)
        /// A socket file, by which a network namespace is left.
        case unix(path: String)
    }

    private let listeners: [any Channel]
    /// Where it listens.
    var addresses: [SocketAddress] { listeners.compactMap(\.localAddress) }

    /// The most connections at a time through one relay; more wait.
    private static let backlog: Int32 = 256

    /// Listens at the places and passes on what comes.
    ///
    /// - Parameter networks: whom it serves: others find nobody there. Nil for everyone who can reach it, as by a file.
    package static func start(_ places: [Place], to destination: Place, from networks: [IPNetwork]? = nil) async throws -> StreamRelay {
        var listeners: [any Channel] = []
        for place in places {
            let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: Self.backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.autoRead, value: false)
                .childChannelInitializer { client in
                    guard Self.isServed(client.remoteAddress, networks) else { return client.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
                    return connect(client, to: destination)
                }
            switch place {
            case .tcp(let host, let port): listeners.append(try await bootstrap.bind(host: host, port: port).get())
            case .unix(let path): listeners.append(try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get())
            }
        }
        return StreamRelay(listeners: listeners)
    }

    private static func isServed(_ address: SocketAddress?, _ networks: [IPNetwork]?) -> Bool {
        guard let networks else { return true }
        guard let text = address?.ipAddress, let source = NetworkPolicy.IPAddress(text) else { return false }
        return networks.contains { $0.contains(source) }
    }

    private static func connect(_ client: any Channel, to destination: Place) -> EventLoopFuture<Void> {
        let bootstrap = ClientBootstrap(group: client.eventLoop)
            .connectTimeout(.seconds(10))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
        let connected =
            switch destination {
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        return connected.flatMapThrowing { server in
            // Both are on one event loop: each handler may call the other's channel.
            let (toServer, toClient) = (RelayHandler(), RelayHandler())
            toServer.partner = server
            toClient.partner = client
            try client.pipeline.syncOperations.addHandler(toServer)
            try server.pipeline.syncOperations.addHandler(toClient)
            server.read()
        }
    }

    /// Ends the listening; connections go on.
    package func close() async { for listener in listeners { try? await listener.close() } }
}

/// Writes what one channel receives to another, reads on when that is written, and closes it when there is no more.
///
/// Nothing is closed before what came first is written: closing takes with it what still waits.
private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var partner: (any Channel)?
    /// The writes that are under way.
    private var pending = 0
    /// How much of the partner is to be closed after them.
    private var end: CloseMode?

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let partner else { return context.close(promise: nil) }
        pending += 1
        let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        partner.writeAndFlush(unwrapInboundIn(data)).whenComplete { result in
            let (handler, context) = own.value
            handler.pending -= 1
            switch result {
            case .success: if handler.end == nil { context.read() } else { handler.closeWritten() }
            case .failure:
                handler.partner?.close(promise: nil)
                context.close(promise: nil)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, end == nil {
            end = .output
            closeWritten()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end = .all
        closeWritten()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func closeWritten() {
        guard pending == 0, let end else { return }
        partner?.close(mode: end, promise: nil)
        if case .all = end { partner = nil }
    }
}
