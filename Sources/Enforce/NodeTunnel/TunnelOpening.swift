import NIOCore
import NIOHTTP2
import TunnelChannel

/// Why the API server takes no tunnel.
struct TunnelRefusal: Error, CustomStringConvertible {
    var description: String
}

/// Asks the API server to let the connection be the node's tunnel, and lets HTTP/2 take over when it does.
final class TunnelOpening: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The most bytes of an answer.
    private static let limit = 64 * 1024
    private let request: String
    private let opened: EventLoopPromise<Void>
    private let serve: @Sendable (Tunnel.Link) async -> Void
    private var answer = ByteBuffer()
    private var deadline: Scheduled<Void>?
    private var isDone = false

    init(_ configuration: NodeTunnel.Configuration, _ opened: EventLoopPromise<Void>, serve: @escaping @Sendable (Tunnel.Link) async -> Void) {
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        request =
            "GET \(Tunnel.path(of: configuration.node)) HTTP/1.1\r\nHost: \(host):\(configuration.port)\r\nUser-Agent: kastell-node\r\n"
            + "Connection: Upgrade\r\nUpgrade: \(Tunnel.protocolName)\r\n\r\n"
        self.opened = opened
        self.serve = serve
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(15)) { bound.value.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isDone { return context.fireChannelRead(data) }
        answer.writeImmutableBuffer(unwrapInboundIn(data))
        let bytes = answer.readableBytesView
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            if bytes.count > Self.limit { fail(context, TunnelRefusal(description: "the API server's answer is too long")) }
            return
        }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        guard head.hasPrefix("HTTP/1.1 101 ") else {
            let line = head.split(separator: "\r\n").first.map(String.init) ?? ""
            return fail(context, TunnelRefusal(description: "the API server refuses the tunnel: \(line)"))
        }
        answer.moveReaderIndex(to: end + 4)
        deadline?.cancel()
        isDone = true
        let serve = serve
        do {
            _ = try context.pipeline.syncOperations.configureHTTP2Pipeline(
                mode: .server, connectionConfiguration: Tunnel.connection, streamConfiguration: Tunnel.stream
            ) { stream in
                stream.eventLoop.makeCompletedFuture {
                    let link = try Tunnel.link(stream)
                    Task { await serve(link) }
                }
            }
            opened.succeed()
            if answer.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(answer)) }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            fail(context, error)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        opened.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if !isDone { opened.fail(TunnelRefusal(description: "the API server closed the connection")) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isDone { return context.fireErrorCaught(error) }
        fail(context, error)
    }
}

/// Closes a tunnel on which nothing was heard for too long.
final class SilenceCloser: ChannelInboundHandler {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }
}
