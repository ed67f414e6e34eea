package import NIOCore
import NIOHPACK
package import NIOHTTP2
package import StreamProtocol

/// What one stream of the tunnel carries: a request, the node's answer to it, and frames both ways.
package enum TunnelPart: Hashable, Sendable {
    case request(path: String)
    case response(Int)
    case frame(StreamFrame)
    /// The sender is done.
    case end
}

/// The tunnel between a node and the API server: one connection that the node opened, HTTP/2 with the roles swapped.
package enum Tunnel {
    /// What the node asks to upgrade to.
    package static let protocolName = "kastell-tunnel/1"
    package static func path(of node: String) -> String { "/apis/kastell.dev/v1/nodes/\(node)/tunnel" }
    /// The most operations at once on one tunnel.
    package static let concurrentStreams = 512
    /// How often the API server asks whether the node is still there.
    package static let pingPeriod = TimeAmount.seconds(10)
    /// After so long without a sign of the other end, the tunnel counts as broken.
    package static let silence = TimeAmount.seconds(30)

    package typealias Link = ChannelLink<TunnelPart, TunnelPart>

    /// How HTTP/2 is spoken on a tunnel.
    package static var connection: NIOHTTP2Handler.ConnectionConfiguration {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams), HTTP2Setting(parameter: .initialWindowSize, value: 1 << 18),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10), HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        connection.controlFrameRateLimit.maximumCount = 10_000
        return connection
    }

    package static var stream: NIOHTTP2Handler.StreamConfiguration {
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 1 << 18
        stream.streamResetFrameRateLimit.maximumCount = 10_000
        return stream
    }

    /// Makes a stream's channel speak in parts.
    package static func link(_ channel: any Channel) throws -> Link {
        try channel.pipeline.syncOperations.addHandler(TunnelStreamCodec())
        return try Link(channel)
    }
}

/// Between the frames of HTTP/2 and the parts of a stream.
final class TunnelStreamCodec: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = TunnelPart
    typealias OutboundIn = TunnelPart
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var decoder = StreamFrameDecoder()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if let path = frame.headers.first(name: ":path") {
                context.fireChannelRead(wrapInboundOut(.request(path: path)))
            } else if let status = frame.headers.first(name: ":status").flatMap({ Int($0) }) {
                context.fireChannelRead(wrapInboundOut(.response(status)))
            }
            if frame.endStream { context.fireChannelRead(wrapInboundOut(.end)) }
        case .data(let frame):
            guard case .byteBuffer(let buffer) = frame.data else { return }
            decoder.append(buffer.readableBytesView)
            do throws(StreamProtocolError) {
                while let frame = try decoder.next() { context.fireChannelRead(wrapInboundOut(.frame(frame))) }
            } catch {
                context.fireErrorCaught(error)
                return
            }
            if frame.endStream { context.fireChannelRead(wrapInboundOut(.end)) }
        default: break
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let payload: HTTP2Frame.FramePayload =
            switch unwrapOutboundIn(data) {
            case .request(let path):
                .headers(
                    .init(headers: HPACKHeaders([(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "node")])))
            case .response(let status): .headers(.init(headers: HPACKHeaders([(":status", String(status))])))
            case .frame(let frame): .data(.init(data: .byteBuffer(ByteBuffer(bytes: frame.encoded))))
            case .end: .data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
            }
        context.write(wrapOutboundOut(payload), promise: promise)
    }
}
