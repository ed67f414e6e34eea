import KubeModel
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// One request at a time between the wire and the ``RequestPath``: collects the body within its bounds, hands the
/// request on, writes the answer. Serves HTTP/1.1 connections and single HTTP/2 streams alike.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case reading(HTTPRequestHead, [UInt8])
        /// The request was refused before its body was there: the rest is read and dropped.
        case discarding
        case answering
    }

    private let path: RequestPath
    private let limits: ListenerLimits
    private let bodies: BodyBudget
    /// What watches the head of the next request on an HTTP/1.1 connection; nil for a stream.
    private let head: HeadDeadline?
    private var isStream: Bool { head == nil }
    /// The bytes that this request took from the budget.
    private var taken = 0
    private let underWay: RequestsUnderWay
    private var state = State.idle
    private var deadline: Scheduled<Void>?
    private var watch: WatchStream?
    private var bookmarks: RepeatedTask?
    private var watchEnd: Scheduled<Void>?
    private var isShuttingDown = false
    private var keepAlive = true
    private var isBlocked = false
    /// Whether the client wants the headers of an answer alone (RFC 9110 section 9.3.2).
    private var wantsHeadersOnly = false
    /// What the connection's peer showed; read once.
    private var origin: RequestOrigin?

    /// What speaks HTTP/1.1 on this connection, to be removed when it goes on with another protocol; none for a stream.
    private let codecs: HTTPCodecs?
    private var production: Production?
    private let peer: PresentedChain
    private let use: ConnectionUse
    /// Whether the request was counted in `use` and not yet out.
    private var isInUse = false

    init(
        path: RequestPath, limits: ListenerLimits, bodies: BodyBudget, underWay: RequestsUnderWay, head: HeadDeadline?, codecs: HTTPCodecs? = nil,
        peer: PresentedChain, use: ConnectionUse
    ) {
        self.codecs = codecs
        self.use = use
        self.underWay = underWay
        self.peer = peer
        self.path = path
        self.limits = limits
        self.bodies = bodies
        self.head = head
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head?.headArrived()
            use.headArrived()
            state = .reading(head, [])
            // The decoder reads no further behind a request for another protocol, whatever is answered.
            keepAlive = isStream || head.isKeepAlive && !head.headers.contains(name: "upgrade")
            wantsHeadersOnly = head.method == .HEAD
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: limits.requestTime) {
                let (handler, context) = bound.value
                handler.timeOut(context, StatusError(code: 408, reason: "Timeout", message: "Timeout: the request did not arrive in time"))
            }
            if head.headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }) > limits.headerBytes {
                state = .discarding
                keepAlive = false
                send(context, APIResponse(status: 431, text: "431 Request Header Fields Too Large\n"))
            }
        case .body(let buffer):
            guard case .reading(let head, var body) = state else { return }
            state = .idle
            if let refusal = refusal(context, head: head, body: body, adding: buffer.readableBytes) {
                state = .discarding
                keepAlive = false
                send(context, refusal)
                return
            }
            body.append(contentsOf: buffer.readableBytesView)
            state = .reading(head, body)
        case .end:
            deadline?.cancel()
            deadline = nil
            guard case .reading(let head, let body) = state else {
                returnBudget()
                // The client has heard the refusal's reason by now.
                if case .discarding = state, !isStream { context.close(promise: nil) }
                state = .idle
                return
            }
            state = .answering
            isInUse = true
            use.begin()
            serve(context, head: head, body: body)
        }
    }

    /// Why no more of a body is taken in: it is too large, its sender may not send it, or too many are under way.
    private func refusal(_ context: ChannelHandlerContext, head: HTTPRequestHead, body: [UInt8], adding count: Int) -> APIResponse? {
        let whole = body.count + count
        guard whole <= limits.bodyBytes else {
            return APIResponse(
                status: 413,
                json: StatusError(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is \(limits.bodyBytes)").json)
        }
        guard whole > limits.trustedBodyBytes else { return nil }
        if body.count <= limits.trustedBodyBytes {
            let request = APIRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, origin: originOfConnection(context))
            if let refusal = path.refusal(of: request) { return refusal }
        }
        guard bodies.take(whole - taken) else {
            return RequestPath.refusal(
                StatusError(
                    code: 429, reason: "TooManyRequests", message: "Too many large requests, please try again later.",
                    details: .init(retryAfterSeconds: 1)))
        }
        taken = whole
        return nil
    }

    private func leaveUse() {
        if isInUse { use.end() }
        isInUse = false
    }

    private func returnBudget() {
        bodies.giveBack(taken)
        taken = 0
    }

    private func serve(_ context: ChannelHandlerContext, head: HTTPRequestHead, body: [UInt8]) {
        let request = APIRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: body, origin: originOfConnection(context))
        switch path.respond(to: request) {
        case .now(let response): send(context, response)
        case .later(let work):
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let loop = context.eventLoop
            underWay.begin()
            Task {
                let response = await work()
                loop.execute {
                    let (handler, context) = bound.value
                    handler.send(context, response)
                    handler.underWay.end()
                }
            }
        }
    }

    /// What the connection tells of its peer.
    private func originOfConnection(_ context: ChannelHandlerContext) -> RequestOrigin {
        if let origin { return origin }
        let connection = isStream ? (context.channel.parent ?? context.channel) : context.channel
        let certificate = try? connection.pipeline.syncOperations.nioSSL_peerCertificate()
        let leaf = certificate.flatMap { try? $0.toDERBytes() }
        let known = leaf.flatMap { path.readPeer(peer.chain(of: $0)) }
        let made = RequestOrigin.network(
            peer: known, remoteAddress: connection.remoteAddress?.ipAddress ?? "", hasUnverifiedCertificate: certificate != nil && known == nil)
        origin = made
        return made
    }

    private func timeOut(_ context: ChannelHandlerContext, _ error: StatusError) {
        returnBudget()
        // Answered already, and the body still comes.
        if case .discarding = state { return context.close(promise: nil) }
        state = .answering
        keepAlive = false
        send(context, APIResponse(status: error.code, json: error.json))
    }

    private func send(_ context: ChannelHandlerContext, _ response: APIResponse) {
        // The body was read for the last time.
        returnBudget()
        if case .upgrade(let upgrade) = response.body { return self.upgrade(context, upgrade) }
        var headers = HTTPHeaders()
        headers.add(name: "audit-id", value: Identifiers.uid())
        if !response.headers.contains(where: { $0.0 == "cache-control" }) {
            headers.add(name: "cache-control", value: "no-cache, private")
        }
        headers.add(name: "content-type", value: response.contentType)
        for (name, value) in response.headers { headers.add(name: name, value: value) }
        if isShuttingDown { keepAlive = false }
        if !isStream, !keepAlive { headers.add(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        switch response.body {
        case .bytes(let buffer):
            headers.add(name: "content-length", value: String(buffer.readableBytes))
            context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
            if buffer.readableBytes > 0, !wantsHeadersOnly { context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil) }
            finish(context)
        case .watch(let stream):
            if !isStream { headers.add(name: "transfer-encoding", value: "chunked") }
            context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
            start(context, stream)
        case .produced(let body):
            if !isStream { headers.add(name: "transfer-encoding", value: "chunked") }
            context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
            start(context, body)
        case .upgrade: break
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        leaveUse()
        head?.requestEnded()
        // What the client still sends is read, within the request's time: closing now could cost it the answer.
        if case .discarding = state { return }
        state = .idle
        if !keepAlive, !isStream { context.close(promise: nil) }
    }

    // MARK: Bodies that are made while they are sent

    private func start(_ context: ChannelHandlerContext, _ body: ProducedBody) {
        guard context.channel.isActive else { return body.abandon() }
        if wantsHeadersOnly {
            body.abandon()
            return finish(context)
        }
        let made = Production(loop: context.eventLoop)
        production = made
        use.hold()
        let bound = NIOLoopBound((self, context, made), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        made.task = Task {
            let isWhole: Bool
            do {
                try await body.produce { bytes in
                    try await withTaskCancellationHandler {
                        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                            loop.execute {
                                let (handler, context, made) = bound.value
                                guard handler.production === made, !made.isCut else { return continuation.resume(throwing: CancellationError()) }
                                context.writeAndFlush(handler.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
                                if handler.isBlocked { made.writer = continuation } else { continuation.resume() }
                            }
                        }
                    } onCancel: {
                        loop.execute { bound.value.2.cut() }
                    }
                }
                isWhole = true
            } catch { isWhole = false }
            loop.execute {
                let (handler, context, made) = bound.value
                guard handler.production === made else { return }
                handler.endProduction()
                // A body that breaks off must not look like a whole one.
                if isWhole { handler.finish(context) } else { context.close(promise: nil) }
            }
        }
    }

    private func endProduction() {
        guard let production else { return }
        self.production = nil
        production.end()
        use.release()
    }

    // MARK: Another protocol

    private func upgrade(_ context: ChannelHandlerContext, _ upgrade: ConnectionUpgrade) {
        guard let codecs, context.channel.isActive, !isShuttingDown else {
            upgrade.abandon()
            return send(context, RequestPath.refusal(.badRequest("Upgrade request required")))
        }
        var headers = HTTPHeaders([("connection", "Upgrade")])
        for (name, value) in upgrade.headers { headers.add(name: name, value: value) }
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .switchingProtocols, headers: headers))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let (channel, use) = (context.channel, use)
        use.hold()
        channel.closeFuture.whenComplete { _ in use.release() }
        leaveUse()
        do {
            let pipeline = channel.pipeline.syncOperations
            for codec in codecs.others { pipeline.removeHandler(codec, promise: nil) }
            pipeline.removeHandler(context: context, promise: nil)
            try pipeline.addHandler(UpgradedConnection())
            try upgrade.install(channel)
            // Last: what the client has sent already goes to the new protocol.
            pipeline.removeHandler(codecs.decoder, promise: nil)
        } catch {
            upgrade.abandon()
            channel.close(promise: nil)
        }
    }

    // MARK: Watches

    private func start(_ context: ChannelHandlerContext, _ stream: WatchStream) {
        guard context.channel.isActive else {
            stream.close()
            return
        }
        watch = stream
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        watchEnd = loop.scheduleTask(in: stream.timeout) {
            let (handler, context) = bound.value
            handler.endWatch(context)
        }
        bookmarks = loop.scheduleRepeatedTask(initialDelay: .seconds(55), delay: .seconds(60)) { _ in stream.offerBookmark() }
        stream.onReady {
            loop.execute {
                let (handler, context) = bound.value
                handler.pump(context)
            }
        }
    }

    private func pump(_ context: ChannelHandlerContext) {
        // While the client does not read, what comes waits in the watcher's bounded queue.
        guard let watch, !isBlocked else { return }
        let (frames, ended) = watch.frames()
        for frame in frames { context.write(wrapOutboundOut(.body(.byteBuffer(frame))), promise: nil) }
        if !frames.isEmpty { context.flush() }
        if ended { endWatch(context) }
    }

    private func endWatch(_ context: ChannelHandlerContext) {
        guard let watch else { return }
        self.watch = nil
        bookmarks?.cancel()
        watchEnd?.cancel()
        watch.close()
        if context.channel.isActive { finish(context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isBlocked = !context.channel.isWritable
        if !isBlocked {
            pump(context)
            production?.resume()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerShutdown {
            isShuttingDown = true
            if watch != nil { endWatch(context) } else if production != nil { context.close(promise: nil) } else if case .idle = state, !isStream { context.close(promise: nil) }
        } else if let event = event as? ChannelEvent, case .inputClosed = event {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        returnBudget()
        leaveUse()
        endProduction()
        watchEnd?.cancel()
        bookmarks?.cancel()
        watch?.close()
        watch = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
