import NIOCore
import NetworkPolicy
import Synchronization

/// Answers the questions of one TCP connection, each behind its length (RFC 1035 section 4.2.2), in whatever order the
/// answers come (RFC 7766 section 6.2.1.1).
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Questions are short; what is longer is none.
    private static let longestQuestion = 4096
    /// The most questions of a connection that wait at a time.
    private static let mostWaiting = 64

    private let answering: Answering
    private let client: IPAddress
    private let idle: TimeAmount
    private var buffer = ByteBuffer()
    private var waiting = 0
    private var deadline: Scheduled<Void>?

    init(_ answering: Answering, client: IPAddress, idle: TimeAmount) {
        self.answering = answering
        self.client = client
        self.idle = idle
    }

    func channelActive(context: ChannelHandlerContext) { restart(context) }

    func channelInactive(context: ChannelHandlerContext) { deadline?.cancel() }

    /// Whole questions count, and not single bytes: a slow client does not hold its connection.
    private func restart(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: idle) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        buffer.writeBuffer(&incoming)
        while let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) {
            guard length >= 12, Int(length) <= Self.longestQuestion else { return context.close(promise: nil) }
            guard buffer.readableBytes >= 2 + Int(length) else { break }
            buffer.moveReaderIndex(forwardBy: 2)
            guard let bytes = buffer.readBytes(length: Int(length)) else { break }
            restart(context)
            guard take(bytes, context) else { return context.close(promise: nil) }
        }
        buffer.discardReadBytes()
    }

    private func take(_ bytes: [UInt8], _ context: ChannelHandlerContext) -> Bool {
        guard waiting < Self.mostWaiting, context.channel.isWritable else { return false }
        let channel = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let outcome = answering.take(bytes, from: client, isDatagram: false) { bytes in
            channel.eventLoop.execute {
                bound.value.waiting -= 1
                channel.writeAndFlush(Self.framed(bytes), promise: nil)
            }
        }
        switch outcome {
        case .reply(let bytes): context.write(wrapOutboundOut(Self.framed(bytes)), promise: nil)
        case .waits: waiting += 1
        case .dropped: return false
        }
        return true
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    static func framed(_ bytes: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(bytes.count + 2)
        buffer.writeInteger(UInt16(clamping: bytes.count))
        buffer.writeBytes(bytes.prefix(Int(UInt16.max)))
        return buffer
    }
}

/// Counts the open connections of each client.
final class ConnectionCount: Sendable {
    private struct State {
        var all = 0
        var ofClient: [IPAddress: Int] = [:]
    }
    // A lock and no actor: connections are let in on the event loop on which they come.
    private let state = Mutex(State())
    private let limits: DNSServer.Limits

    init(_ limits: DNSServer.Limits) { self.limits = limits }

    /// Whether one more connection may be open.
    func open(_ client: IPAddress) -> Bool {
        state.withLock { state in
            guard state.all < limits.connections, state.ofClient[client, default: 0] < limits.connectionsPerClient else { return false }
            state.all += 1
            state.ofClient[client, default: 0] += 1
            return true
        }
    }

    func close(_ client: IPAddress) {
        state.withLock { state in
            state.all -= 1
            let left = state.ofClient[client, default: 0] - 1
            state.ofClient[client] = left > 0 ? left : nil
        }
    }
}
