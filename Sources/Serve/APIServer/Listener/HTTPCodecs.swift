import NIOCore
import NIOHTTP1

/// What makes requests of the bytes of an HTTP/1.1 connection, and bytes of answers.
final class HTTPCodecs {
    /// Hands on what it has not read when it is removed.
    let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
    private let chain: [any RemovableChannelHandler]
    private let head: HeadDeadline

    init(head: HeadDeadline) {
        self.head = head
        chain = [HTTPResponseEncoder(), decoder, HTTPServerPipelineHandler(), NIOHTTPResponseHeadersValidator(), HTTPServerProtocolErrorHandler()]
    }

    func add(to pipeline: ChannelPipeline.SynchronousOperations) throws { try pipeline.addHandlers(chain.map { $0 as any ChannelHandler }) }

    /// All but the decoder.
    var others: [any RemovableChannelHandler] { chain.filter { $0 !== decoder } + [head] }
}

/// Closes a connection that was upgraded when the server goes down.
final class UpgradedConnection: ChannelInboundHandler {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerShutdown { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }
}

/// The making of one answer's body. Used on the event loop alone.
final class Production {
    var task: Task<Void, Never>?
    /// Who waits until the client takes more.
    var writer: CheckedContinuation<Void, any Error>?

    /// Whether the maker was cancelled: nothing more is written.
    private(set) var isCut = false

    init(loop: any EventLoop) { loop.assertInEventLoop() }

    func resume() {
        writer?.resume()
        writer = nil
    }

    func cut() {
        isCut = true
        writer?.resume(throwing: CancellationError())
        writer = nil
    }

    func end() {
        cut()
        task?.cancel()
    }
}
