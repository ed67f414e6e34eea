import KubeModel
import NIOCore
import StreamProtocol
import Synchronization
import TunnelChannel

/// A client's connection after its upgrade.
typealias ClientLink = ChannelLink<ByteBuffer, ByteBuffer>

extension ClientLink {
    func send(bytes: [UInt8]) async throws { if !bytes.isEmpty { try await send(ByteBuffer(bytes: bytes)) } }
}

extension Tunnel.Link {
    /// Sends a frame, in parts where it is long.
    func send(frame: StreamFrame) async throws {
        var rest = frame.bytes[...]
        repeat {
            try await send(.frame(StreamFrame(frame.channel, Array(rest.prefix(1 << 18)))))
            rest = rest.dropFirst(1 << 18)
        } while !rest.isEmpty
    }
}

/// Carries an exec or attach between a client and its node.
final class RemoteCommandBridge: Sendable {
    /// How long a client may take to open its streams.
    private static let creation = Duration.seconds(30)
    /// How long a client may take to close after the end.
    private static let farewell = Duration.seconds(2)

    private let client: ClientLink
    private let node: Tunnel.Link
    // A lock and no actor: a value that is asked between two reads.
    private let session: Mutex<any RemoteCommandSession>
    private let isOver = Atomic(false)
    private let activity: StreamActivity

    init(client: ClientLink, node: Tunnel.Link, session: any RemoteCommandSession, activity: StreamActivity) {
        self.activity = activity
        self.client = client
        self.node = node
        self.session = Mutex(session)
    }

    /// Runs until one side has ended; both are closed then.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.fromClient() }
            group.addTask { try? await self.fromNode() }
            await group.next()
            group.cancelAll()
        }
        client.close()
        node.close()
    }

    private func fromClient() async throws {
        let late = Task { [client] in
            try await Task.sleep(for: Self.creation)
            client.close()
        }
        defer { late.cancel() }
        let greeting = session.withLock { $0.greeting() }
        if !greeting.isEmpty { try await client.send(bytes: greeting) }
        if isWebSocket { try await begin(late) }
        while let buffer = try await client.next() {
            activity.mark()
            // After the end the client is only listened to until it closes: its answer must not be lost.
            if isOver.load(ordering: .relaxed) { continue }
            for event in try session.withLock({ try $0.receive(Array(buffer.readableBytesView)) }) {
                switch event {
                case .ready: try await begin(late)
                case .frame(let frame): try await node.send(frame: frame)
                case .reply(let bytes): try await client.send(bytes: bytes)
                case .ended: return
                }
            }
        }
    }

    private var isWebSocket: Bool { session.withLock { $0 is WebSocketRemoteCommand } }

    private func begin(_ late: Task<Void, any Error>) async throws {
        late.cancel()
        try await node.send(.frame(StreamFrame(.start)))
    }

    private func fromNode() async throws {
        var ending: OperationEnding?
        while ending == nil, let part = try await node.next() {
            activity.mark()
            guard case .frame(let frame) = part else {
                if part == .end { break }
                continue
            }
            if frame.channel == .status {
                ending = OperationEnding(frame.bytes)
            } else if !isOver.load(ordering: .relaxed) {
                try await client.send(bytes: session.withLock { $0.encode(frame) })
            }
        }
        try await finish(ending ?? .failed("the connection to the node was lost"))
    }

    private func finish(_ ending: OperationEnding) async throws {
        if isOver.exchange(true, ordering: .relaxed) { return }
        try await client.send(bytes: session.withLock { $0.finish(ending) })
        let patience = Task { [client] in
            try await Task.sleep(for: Self.farewell)
            client.close()
        }
        await client.closed()
        patience.cancel()
    }

    /// Ends the stream since its client may no longer have it: the node first, which ends what runs there.
    func cut() async {
        if isOver.exchange(true, ordering: .relaxed) { return }
        let why = StatusError(code: 401, reason: "Unauthorized", message: "the stream was cut: its credentials or rights are no longer valid")
        try? await client.send(bytes: session.withLock { $0.finish(.failed(why)) })
        node.close()
    }
}
