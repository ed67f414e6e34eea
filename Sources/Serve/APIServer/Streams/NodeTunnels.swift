import JSONValue
import KubeClient
import KubeModel
import NIOCore
import NIOHTTP2
import StreamProtocol
import Synchronization
import TunnelChannel

/// The tunnels of the nodes that are connected now. Of several tunnels of one node the newest is used; the others go when
/// what runs on them has ended.
package final class NodeTunnels: Sendable {
    /// The most operations at once of one node.
    static let limit = 256
    /// How long a node may take to answer.
    static let patience = Duration.seconds(30)

    // A lock and no actor: added to and removed from on event loops.
    private let tunnels = Mutex<[String: TunnelConnection]>([:])
    private let met = Atomic(false)
    private let tellMet: AsyncStream<Void>.Continuation
    /// Yields once, when the first node of all connects.
    let firstMeeting: AsyncStream<Void>

    init() { (firstMeeting, tellMet) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

    /// Whether a node has been connected since this server started.
    var hasMet: Bool { met.load(ordering: .relaxed) }

    /// The nodes that are connected.
    package var nodes: Set<String> { tunnels.withLock { Set($0.keys) } }

    /// Makes a connection the tunnel of a node. Called on its event loop.
    func adopt(_ channel: any Channel, node: String) throws -> TunnelConnection {
        let connection = try TunnelConnection(channel)
        let before = tunnels.withLock { tunnels in
            defer { tunnels[node] = connection }
            return tunnels[node]
        }
        before?.drain()
        if !met.exchange(true, ordering: .relaxed) {
            tellMet.yield()
            tellMet.finish()
        }
        channel.closeFuture.whenComplete { [self] _ in
            tunnels.withLock { if $0[node] === connection { $0[node] = nil } }
        }
        return connection
    }

    private func tunnel(of node: String) throws(StatusError) -> TunnelConnection {
        guard let tunnel = tunnels.withLock({ $0[node] }) else {
            throw notConnected(node)
        }
        return tunnel
    }

    /// Why a node cannot be asked.
    func notConnected(_ node: String) -> StatusError {
        StatusError(
            code: 503, reason: "ServiceUnavailable",
            message: "the node \(goQuoted(node)) is not connected to this API server; see on the node whether 'kastell node' runs and what it logs",
            details: .init(name: node, kind: "nodes"))
    }

    /// Has a node begin an operation.
    ///
    /// - Parameter patience: how long the node may take to answer.
    /// - Throws: ``StatusError``: 503 when the node is not connected, else what the node says.
    func open(
        _ operation: OperationParameters.Operation, _ parameters: OperationParameters, node: String, patience: Duration = NodeTunnels.patience
    ) async throws -> Tunnel.Link {
        let link = try await stream(on: node) { channel in try Tunnel.link(channel) }
        let late = Task {
            try await Task.sleep(for: patience)
            link.close()
        }
        defer { late.cancel() }
        do {
            try await link.send(.request(path: operation.path))
            try await link.send(.frame(StreamFrame(.parameters, parameters.json.bytes)))
            if try await TunnelAnswer.isAccepted(link) { return link }
            throw try await TunnelAnswer.refusal(link)
        } catch let error as StatusError {
            link.close()
            throw error
        } catch {
            link.close()
            throw StatusError(code: 503, reason: "ServiceUnavailable", message: "the node \(goQuoted(node)) went away while it was asked")
        }
    }

    /// A stream on a node's tunnel.
    func stream<Value: Sendable>(on node: String, _ prepare: @escaping @Sendable (any Channel) throws -> Value) async throws -> Value {
        let tunnel = try tunnel(of: node)
        guard tunnel.begin() else {
            throw StatusError(
                code: 429, reason: "TooManyRequests", message: "too many streams of the node \(goQuoted(node)) are open, please try again later",
                details: .init(retryAfterSeconds: 1))
        }
        do {
            return try await tunnel.stream(prepare)
        } catch {
            throw StatusError(code: 503, reason: "ServiceUnavailable", message: "the node \(goQuoted(node)) went away while it was asked")
        }
    }
}

/// What a node answers to the request of an operation.
enum TunnelAnswer {
    /// Whether it begins; when not, ``refusal(_:)`` says why.
    static func isAccepted(_ link: Tunnel.Link) async throws -> Bool {
        while let part = try await link.next() { if case .response(let status) = part { return status == 200 } }
        throw ChannelError.ioOnClosedChannel
    }

    static func refusal(_ link: Tunnel.Link) async throws -> StatusError {
        while let part = try await link.next() {
            if case .frame(let frame) = part, frame.channel == .status { return error(frame.bytes) }
        }
        throw ChannelError.ioOnClosedChannel
    }

    /// The refusal that a node put into words.
    static func error(_ bytes: [UInt8]) -> StatusError {
        let code = (try? JSON.parse(bytes))?["code"]?.int ?? 500
        return ClientResponse(status: (400..<600).contains(code) ? Int(code) : 500, body: bytes).refusal
    }
}

/// One tunnel: the connection that a node opened, on which this server makes the streams.
final class TunnelConnection: Sendable {
    private struct State {
        var open = 0
        var isDraining = false
    }

    let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    // A lock and no actor: counted on event loops.
    private let state = Mutex(State())

    /// Lets HTTP/2 take over. Called on the connection's event loop.
    init(_ channel: any Channel) throws {
        self.channel = channel
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(IdleStateHandler(readTimeout: Tunnel.silence))
        multiplexer = try pipeline.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: Tunnel.connection, streamConfiguration: Tunnel.stream
        ) { stream in stream.close() }
        try pipeline.addHandler(TunnelKeeper())
    }

    /// Counts a stream that is to be made; false when there are too many.
    func begin() -> Bool {
        state.withLock { state in
            guard state.open < NodeTunnels.limit else { return false }
            state.open += 1
            return true
        }
    }

    func stream<Value: Sendable>(_ prepare: @escaping @Sendable (any Channel) throws -> Value) async throws -> Value {
        let made = channel.eventLoop.makePromise(of: Value.self)
        let future = multiplexer.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture { made.succeed(try prepare(stream)) }
        }
        future.whenComplete { [self] result in
            switch result {
            case .success(let stream): stream.closeFuture.whenComplete { _ in self.end() }
            case .failure(let error):
                made.fail(error)
                end()
            }
        }
        _ = try await future.get()
        return try await made.futureResult.get()
    }

    private func end() {
        let isOver = state.withLock { state in
            state.open -= 1
            return state.isDraining && state.open == 0
        }
        if isOver { channel.close(promise: nil) }
    }

    /// Closes when the last stream has ended. No new ones are made, since another tunnel is used.
    func drain() {
        let isOver = state.withLock { state in
            state.isDraining = true
            return state.open == 0
        }
        if isOver { channel.close(promise: nil) }
    }
}

/// Asks now and then whether the node is there, and closes a tunnel on which it is silent or speaks wrongly.
private final class TunnelKeeper: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame
    private var pings: RepeatedTask?

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: Tunnel.pingPeriod, delay: Tunnel.pingPeriod) { _ in
            let (keeper, context) = bound.value
            let frame = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 0), ack: false))
            context.writeAndFlush(keeper.wrapOutboundOut(frame), promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A single stream that broke is its own matter.
        if error is NIOHTTP2Errors.StreamError || error is NIOHTTP2Errors.NoSuchStream || error is NIOHTTP2Errors.StreamClosed { return }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { pings?.cancel() }
}
