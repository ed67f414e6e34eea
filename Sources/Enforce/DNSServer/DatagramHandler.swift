import NIOCore
import NetworkPolicy

/// Answers the datagrams of one socket.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let answering: Answering

    init(_ answering: Answering) { self.answering = answering }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let source = envelope.remoteAddress
        guard let client = IPAddress(source), source.port != 0 else { return }
        let channel = context.channel
        let outcome = answering.take(Array(envelope.data.readableBytesView), from: client, isDatagram: true) { bytes in
            if channel.isWritable { channel.writeAndFlush(AddressedEnvelope(remoteAddress: source, data: ByteBuffer(bytes: bytes)), promise: nil) }
        }
        // What a full socket does not take is lost, as datagrams may be, instead of being kept.
        if case .reply(let bytes) = outcome, channel.isWritable {
            context.write(wrapOutboundOut(AddressedEnvelope(remoteAddress: source, data: ByteBuffer(bytes: bytes))), promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// An answer to a client that has gone comes back as an error of the socket, which is for all clients.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension IPAddress {
    /// The address of a socket's peer; nil for sockets of other families.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        // A link-local address has its interface after it.
        self.init(String(text.prefix { $0 != "%" }))
    }
}
