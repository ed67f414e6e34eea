import NIOCore
import NIOTLS
import Synchronization

/// Closes a connection whose TLS handshake takes too long: until it is done nobody knows whom the memory is for.
final class HandshakeDeadline: ChannelInboundHandler {
    typealias InboundIn = Any
    private let time: TimeAmount
    private var deadline: Scheduled<Void>?

    init(_ time: TimeAmount) { self.time = time }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { deadline?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }
}

/// Closes an HTTP/1.1 connection on which the head of a request comes byte by byte, or the first one not at all.
final class HeadDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    private let time: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isAwaitingHead = true

    init(_ time: TimeAmount) { self.time = time }

    func handlerAdded(context: ChannelHandlerContext) { begin(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isAwaitingHead, deadline == nil { begin(context) }
        context.fireChannelRead(data)
    }

    private func begin(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }

    /// The head is there; what follows has the time of the request.
    func headArrived() {
        isAwaitingHead = false
        deadline?.cancel()
        deadline = nil
    }

    /// The request is answered; the next head may come.
    func requestEnded() { isAwaitingHead = true }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }
}

/// How many bytes of request bodies may lie in memory at once, over all connections.
final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    /// Takes `count` bytes, if they are left.
    func take(_ count: Int) -> Bool {
        if used.add(count, ordering: .relaxed).newValue <= limit { return true }
        used.subtract(count, ordering: .relaxed)
        return false
    }

    func giveBack(_ count: Int) { if count > 0 { used.subtract(count, ordering: .relaxed) } }
}
