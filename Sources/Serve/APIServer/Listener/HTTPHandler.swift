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
        /// The body was too large: the rest is read and dropped.
        case discarding
        case answering
    }

    private let path: RequestPath
    private let limits: ListenerLimits
    private let isStream: Bool
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

    private let peer: PresentedChain

    init(path: RequestPath, limits: ListenerLimits, isStream: Bool, peer: PresentedChain) {
        self.peer = peer
        self.path = path
        self.limits = limits
        self.isStream = isStream
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            state = .reading(head, [])
            keepAlive = isStream || head.isKeepAlive
            wantsHeadersOnly = head.method == .HEAD
            if head.headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }) > limits.headerBytes {
                state = .discarding
                keepAlive = false
                send(context, APIResponse(status: 431, text: "431 Request Header Fields Too Large\n"))
                return
            }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: limits.requestTime) {
                let (handler, context) = bound.value
                handler.refuse(context, StatusError(code: 408, reason: "Timeout", message: "Timeout: the request did not arrive in time"))
            }
        case .body(let buffer):
            guard case .reading(let head, var body) = state else { return }
            state = .idle
            if body.count + buffer.readableBytes > limits.bodyBytes {
                state = .discarding
                keepAlive = false
                deadline?.cancel()
                send(
                    context,
                    APIResponse(
                        status: 413,
                        json: StatusError(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is \(limits.bodyBytes)").json))
                return
            }
            body.append(contentsOf: buffer.readableBytesView)
            state = .reading(head, body)
        case .end:
            deadline?.cancel()
            deadline = nil
            guard case .reading(let head, let body) = state else {
                state = .idle
                return
            }
            state = .answering
            serve(context, head: head, body: body)
        }
    }

    private func serve(_ context: ChannelHandlerContext, head: HTTPRequestHead, body: [UInt8]) {
        let request = APIRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: body, origin: originOfConnection(context))
        switch path.respond(to: request) {
        case .now(let response): send(context, response)
        case .later(let work):
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let loop = context.eventLoop
            Task {
                let response = await work()
                loop.execute {
                    let (handler, context) = bound.value
                    handler.send(context, response)
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

    private func refuse(_ context: ChannelHandlerContext, _ error: StatusError) {
        state = .answering
        keepAlive = false
        send(context, APIResponse(status: error.code, json: error.json))
    }

    private func send(_ context: ChannelHandlerContext, _ response: APIResponse) {
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
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if case .discarding = state {} else { state = .idle }
        if !keepAlive, !isStream { context.close(promise: nil) }
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
        if !isBlocked { pump(context) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerShutdown {
            isShuttingDown = true
            if watch != nil { endWatch(context) } else if case .idle = state, !isStream { context.close(promise: nil) }
        } else if let event = event as? ChannelEvent, case .inputClosed = event {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        watchEnd?.cancel()
        bookmarks?.cancel()
        watch?.close()
        watch = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
