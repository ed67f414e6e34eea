import ClusterDNS
import NIOCore

/// Sends one question in one datagram, and waits for what answers it.
final class UpstreamDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = ByteBuffer

    /// After so many datagrams that answer something else somebody is guessing, and a connection is used.
    private static let mostForeign = 8

    private let query: UpstreamQuery
    private let promise: EventLoopPromise<UpstreamQuery.Verdict>
    private var foreign = 0

    init(_ query: UpstreamQuery, _ promise: EventLoopPromise<UpstreamQuery.Verdict>) {
        self.query = query
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: query.bytes)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let verdict = query.judge(Array(unwrapInboundIn(data).data.readableBytesView), isConnection: false)
        if case .foreign = verdict {
            foreign += 1
            if foreign >= Self.mostForeign { promise.succeed(.caseChanged) }
            return
        }
        promise.succeed(verdict)
    }

    /// A port that nobody listens on is known at once.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.succeed(.foreign) }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(.foreign) }
}

/// Sends one question over a connection, and waits for the one answer.
final class UpstreamConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let query: UpstreamQuery
    private let promise: EventLoopPromise<UpstreamQuery.Verdict>
    private var buffer = ByteBuffer()

    init(_ query: UpstreamQuery, _ promise: EventLoopPromise<UpstreamQuery.Verdict>) {
        self.query = query
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ConnectionHandler.framed(query.bytes)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        buffer.writeBuffer(&incoming)
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self),
            let bytes = buffer.getBytes(at: buffer.readerIndex + 2, length: Int(length))
        else { return }
        promise.succeed(query.judge(bytes, isConnection: true))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.succeed(.foreign) }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(.foreign) }
}
