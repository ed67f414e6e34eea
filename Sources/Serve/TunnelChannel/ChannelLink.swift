import DequeModule
package import NIOCore

/// One channel as two ends of a pipe for asynchronous code: what comes waits in a bounded queue, and the peer is not read
/// while it is full; a sender waits while the peer does not take.
package final class ChannelLink<Inbound: Sendable, Outbound: Sendable>: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<LinkHandler<Inbound, Outbound>>

    /// Adds itself at the end of the channel's pipeline. Called on the channel's event loop.
    package init(_ channel: any Channel) throws {
        self.channel = channel
        let made = LinkHandler<Inbound, Outbound>()
        try channel.pipeline.syncOperations.addHandler(made)
        handler = NIOLoopBound(made, eventLoop: channel.eventLoop)
    }

    /// The next part; nil when the channel is closed. One caller at a time. Cancelling closes the channel.
    package func next() async throws -> Inbound? {
        let handler = handler
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                channel.eventLoop.execute { handler.value.take(continuation) }
            }
        } onCancel: {
            close()
        }
    }

    /// Sends, and returns when more may be sent. Cancelling closes the channel.
    ///
    /// - Throws: when the channel is closed.
    package func send(_ part: Outbound) async throws {
        let handler = handler
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                channel.eventLoop.execute { handler.value.send(part, continuation) }
            }
        } onCancel: {
            close()
        }
    }

    /// Sends a last part, and closes when it is out.
    package func sendLast(_ part: Outbound) async {
        let handler = handler
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            channel.eventLoop.execute { handler.value.sendLast(part, continuation) }
        }
    }

    package func close() { channel.close(promise: nil) }

    /// Waits until the channel is closed, by whomever.
    package func closed() async { try? await channel.closeFuture.get() }
}

private final class LinkHandler<Inbound: Sendable, Outbound: Sendable>: ChannelDuplexHandler {
    typealias InboundIn = Inbound
    typealias OutboundIn = Outbound
    typealias OutboundOut = Outbound

    /// The most parts that wait.
    private let limit = 16
    private var context: ChannelHandlerContext?
    private var queue = Deque<Inbound>()
    private var taker: CheckedContinuation<Inbound?, any Error>?
    private var senders: [CheckedContinuation<Void, any Error>] = []
    private var isReadHeld = false
    private var isEnded = false
    private var fault: (any Error)?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if let waiting = taker {
            taker = nil
            waiting.resume(returning: part)
        } else {
            queue.append(part)
        }
    }

    func read(context: ChannelHandlerContext) {
        if queue.count >= limit { isReadHeld = true } else { context.read() }
    }

    func take(_ continuation: CheckedContinuation<Inbound?, any Error>) {
        if let part = queue.popFirst() {
            continuation.resume(returning: part)
            if isReadHeld, queue.count < limit / 2 {
                isReadHeld = false
                context?.read()
            }
        } else if isEnded {
            if let fault { continuation.resume(throwing: fault) } else { continuation.resume(returning: nil) }
        } else {
            taker = continuation
        }
    }

    func send(_ part: Outbound, _ continuation: CheckedContinuation<Void, any Error>) {
        guard let context, !isEnded else { return continuation.resume(throwing: ChannelError.ioOnClosedChannel) }
        context.writeAndFlush(wrapOutboundOut(part), promise: nil)
        if isEnded { return continuation.resume(throwing: ChannelError.ioOnClosedChannel) }
        if context.channel.isWritable { continuation.resume() } else { senders.append(continuation) }
    }

    func sendLast(_ part: Outbound, _ continuation: CheckedContinuation<Void, Never>) {
        guard let context, !isEnded else { return continuation.resume() }
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in
            channel.close(promise: nil)
            continuation.resume()
        }
        context.writeAndFlush(wrapOutboundOut(part), promise: written)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            let waiting = senders
            senders = []
            for sender in waiting { sender.resume() }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if fault == nil { fault = error }
        context.close(promise: nil)
    }

    private func end() {
        isEnded = true
        if let waiting = taker {
            taker = nil
            if let fault { waiting.resume(throwing: fault) } else { waiting.resume(returning: nil) }
        }
        let waiting = senders
        senders = []
        for sender in waiting { sender.resume(throwing: ChannelError.ioOnClosedChannel) }
    }
}
