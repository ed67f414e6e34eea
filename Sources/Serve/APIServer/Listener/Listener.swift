import KubeModel
import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
package import NIOSSL
import NIOTLS
import Synchronization

/// What a connection may cost.
package struct ListenerLimits: Sendable {
    /// The most bytes of a request's body (kube-apiserver: 3 MiB).
    package var bodyBytes = 3 * 1024 * 1024
    /// The most bytes of a request's headers.
    package var headerBytes = 64 * 1024
    /// From how many bytes on a body is taken in only after its request was authenticated and authorized.
    package var trustedBodyBytes = 16 * 1024
    /// The most bytes of all bodies that are being taken in.
    package var allBodiesBytes = 256 * 1024 * 1024
    /// How long a client may take for the TLS handshake.
    package var handshakeTime = TimeAmount.seconds(10)
    /// How long a client may take to send the head of a request, from its first byte on.
    package var headTime = TimeAmount.seconds(32)
    /// How long a client may take to send a whole request.
    package var requestTime = TimeAmount.seconds(60)
    /// How long a connection may stand idle.
    package var idleTime = TimeAmount.seconds(600)
    /// The most requests at once on one HTTP/2 connection.
    package var concurrentStreams = 250
    /// The most connections that are open at once.
    package var connections = 8192
    /// The most pings, settings and stream resets that an HTTP/2 connection may send in 30 seconds. client-go pings and
    /// cancels watches by the hundred; the defaults of the library would take that for an attack.
    package var controlFrames = 10_000
    package init() {}
}

/// The TLS context for new connections; replaced when a certificate is renewed. Open connections keep theirs.
package final class TLSContextHolder: Sendable {
    // A lock and no actor: the channel initialiser runs on an event loop and needs the context at once.
    private let current: Mutex<NIOSSLContext>
    package init(_ context: NIOSSLContext) { current = Mutex(context) }
    package var context: NIOSSLContext { current.withLock { $0 } }
    /// Serves `context` to every connection from now on.
    package func replace(_ context: NIOSSLContext) { current.withLock { $0 = context } }
}

/// The API server's socket: TLS only, HTTP/1.1 and HTTP/2 by ALPN.
package final class Listener: Sendable {
    private let channel: any Channel
    private let open: OpenConnections

    /// The port that is listened on.
    package var port: Int { channel.localAddress?.port ?? 0 }

    private init(channel: any Channel, open: OpenConnections) {
        self.channel = channel
        self.open = open
    }

    /// Binds `address` and serves requests with `path`.
    ///
    /// - Throws: `IOError` when the address cannot be bound.
    package static func bind(
        address: String, port: Int, tls: TLSContextHolder, path: RequestPath, group: any EventLoopGroup, limits: ListenerLimits = .init()
    ) async throws -> Listener {
        let open = OpenConnections(limit: limits.connections)
        let underWay = open.underWay
        let bodies = BodyBudget(limits.allBodiesBytes)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // What may be silent for long has no other way to learn that its client is gone.
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                let peer = PresentedChain()
                let use = ConnectionUse()
                guard open.add(channel, use) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(serverHandler(tls.context, path: path, peer: peer))
                    try channel.pipeline.syncOperations.addHandler(HandshakeDeadline(limits.handshakeTime))
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(allTimeout: limits.idleTime))
                    try channel.pipeline.syncOperations.addHandler(IdleCloser(use))
                }.flatMap {
                    channel.configureHTTP2SecureUpgrade(
                        h2ChannelConfigurator: { channel in http2(channel, path: path, limits: limits, bodies: bodies, underWay: underWay, peer: peer, use: use) },
                        http1ChannelConfigurator: { channel in http1(channel, path: path, limits: limits, bodies: bodies, underWay: underWay, peer: peer, use: use) })
                }
            }
        return Listener(channel: try await bootstrap.bind(host: address, port: port).get(), open: open)
    }

    /// The TLS side of a connection. Where certificates are verified with the request, the handshake takes any: a client
    /// that shows a wrong one is told so by the API and not by a broken connection.
    private static func serverHandler(_ context: NIOSSLContext, path: RequestPath, peer: PresentedChain) -> NIOSSLServerHandler {
        guard path.verifiesPeers else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(context: context) { certificates, promise in
            peer.set(certificates)
            promise.succeed(.certificateVerified)
        }
    }

    private static func http1(
        _ channel: any Channel, path: RequestPath, limits: ListenerLimits, bodies: BodyBudget, underWay: RequestsUnderWay, peer: PresentedChain,
        use: ConnectionUse
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let head = HeadDeadline(limits.headTime)
            try pipeline.addHandler(head)
            let codecs = HTTPCodecs(head: head)
            try codecs.add(to: pipeline)
            try pipeline.addHandler(
                HTTPHandler(path: path, limits: limits, bodies: bodies, underWay: underWay, head: head, codecs: codecs, peer: peer, use: use))
        }
    }

    private static func http2(
        _ channel: any Channel, path: RequestPath, limits: ListenerLimits, bodies: BodyBudget, underWay: RequestsUnderWay, peer: PresentedChain,
        use: ConnectionUse
    ) -> EventLoopFuture<Void> {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.concurrentStreams),
            HTTP2Setting(parameter: .initialWindowSize, value: 1 << 20),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
        ]
        connection.controlFrameRateLimit.maximumCount = limits.controlFrames
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = limits.controlFrames
        let first = channel.eventLoop.scheduleTask(in: limits.headTime) { if !use.hadRequest { channel.close(promise: nil) } }
        channel.closeFuture.whenComplete { _ in first.cancel() }
        return channel.configureHTTP2Pipeline(mode: .server, connectionConfiguration: connection, streamConfiguration: stream) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                try stream.pipeline.syncOperations.addHandler(HTTPHandler(path: path, limits: limits, bodies: bodies, underWay: underWay, head: nil, peer: peer, use: use))
            }
        }.flatMap { _ in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ConnectionErrors()) }
        }
    }

    /// Takes no further connections, ends watches, and closes when the requests under way are answered or `grace` is
    /// over.
    package func shutDown(grace: Duration) async {
        try? await channel.close().get()
        await open.closeAll(grace: grace)
    }
}

/// The certificates that a client showed in the handshake, its own first. Nothing is proved by them yet.
final class PresentedChain: Sendable {
    // A lock and no actor: written and read on the connection's event loop.
    private let chain = Mutex<[[UInt8]]>([])

    func set(_ certificates: [NIOSSLCertificate]) {
        let forms = certificates.compactMap { try? $0.toDERBytes() }
        chain.withLock { $0 = forms.count == certificates.count ? forms : [] }
    }

    /// The chain that begins with `leaf`. A resumed session knows the leaf alone.
    func chain(of leaf: [UInt8]) -> [[UInt8]] {
        let found = chain.withLock { $0 }
        return found.first == leaf ? found : [leaf]
    }
}

/// Told to every connection when the server goes down.
struct ServerShutdown: Sendable {}

/// Closes a connection on which nothing has happened for too long.
private final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = Any
    private let use: ConnectionUse
    init(_ use: ConnectionUse) { self.use = use }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            if !use.isHeld { context.close(promise: nil) }
        } else { context.fireUserInboundEventTriggered(event) }
    }
}

/// Closes an HTTP/2 connection whose client broke the protocol or sent too much of something: the library says so to
/// the client and goes on to read.
private final class ConnectionErrors: ChannelInboundHandler {
    typealias InboundIn = Any
    /// How often a client may break a single stream, as one that cancels requests now and then does.
    private static let tolerated = 100
    private var count = 0

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.BadStreamStateTransition, is NIOHTTP2Errors.TrailersWithoutEndStream:
            count += 1
            if count > Self.tolerated { context.close(promise: nil) }
        default: context.close(promise: nil)
        }
    }
}
