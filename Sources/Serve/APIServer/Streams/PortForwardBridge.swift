import KubeModel
import NIOCore
import StreamProtocol
import Synchronization
import TunnelChannel

/// Carries the forwarded ports of one client to its pod: a stream of the tunnel for each connection.
final class PortForwardBridge: Sendable {
    private struct State {
        var session: SPDYPortForward
        var transport: ByteTransport
        /// What the client sends on each connection, on its way to the node.
        var inputs: [UInt32: AsyncStream<StreamFrame>.Continuation] = [:]
    }

    private let client: ClientLink
    private let open: @Sendable (UInt16) async throws -> Tunnel.Link
    // A lock and no actor: a value that is asked between two reads.
    private let state: Mutex<State>
    /// Bytes that came for connections and that no node has taken yet.
    private let waiting = Atomic(0)
    private static let limit = 16 << 20

    private let activity: StreamActivity

    init(
        client: ClientLink, transport: ByteTransport, activity: StreamActivity, open: @escaping @Sendable (UInt16) async throws -> Tunnel.Link
    ) throws {
        self.activity = activity
        self.client = client
        self.open = open
        state = Mutex(State(session: try SPDYPortForward(), transport: transport))
    }

    /// Runs until the client is gone.
    func run() async {
        await withDiscardingTaskGroup { group in
            do {
                reading: while let buffer = try await client.next() {
                    activity.mark()
                    let (events, reply, hasEnded) = try state.withLock { state in
                        let received = try state.transport.receive(Array(buffer.readableBytesView))
                        return (try state.session.receive(received.bytes), received.reply, received.hasEnded)
                    }
                    try await client.send(bytes: reply)
                    for event in events {
                        switch event {
                        case .reply(let bytes): try await send(bytes)
                        case .open(let id, let port): connect(id, port, &group)
                        case .data(let id, let bytes): try await give(id, StreamFrame(.input, bytes))
                        case .finish(let id): try await give(id, .close(.input))
                        case .abandon(let id): state.withLock { $0.inputs.removeValue(forKey: id) }?.finish()
                        case .ended: break reading
                        }
                    }
                    if hasEnded { break }
                }
            } catch {}
            group.cancelAll()
        }
        client.close()
    }

    private func send(_ bytes: [UInt8]) async throws {
        try await client.send(bytes: state.withLock { $0.transport.encode(bytes) })
    }

    /// Hands on what came for a connection. While too much waits, the client is not read.
    private func give(_ id: UInt32, _ frame: StreamFrame) async throws {
        guard let input = state.withLock({ $0.inputs[id] }) else { return }
        waiting.add(frame.bytes.count, ordering: .relaxed)
        input.yield(frame)
        while waiting.load(ordering: .relaxed) > Self.limit { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func connect(_ id: UInt32, _ port: UInt16, _ group: inout DiscardingTaskGroup) {
        let (inputs, continuation) = AsyncStream.makeStream(of: StreamFrame.self)
        state.withLock { $0.inputs[id] = continuation }
        group.addTask { [self] in
            let fault = await carry(id, port, inputs)
            state.withLock { $0.inputs.removeValue(forKey: id) }?.finish()
            for await frame in inputs { waiting.subtract(frame.bytes.count, ordering: .relaxed) }
            try? await send(state.withLock { $0.session.finish(id, fault: fault) })
        }
    }

    /// Carries one connection to its end; why it ended badly.
    private func carry(_ id: UInt32, _ port: UInt16, _ inputs: AsyncStream<StreamFrame>) async -> String? {
        let node: Tunnel.Link
        do { node = try await open(port) } catch {
            return "an error occurred forwarding \(port): \((error as? StatusError)?.message ?? "\(error)")"
        }
        defer { node.close() }
        return await withTaskGroup(of: Void.self) { group -> String? in
            group.addTask { [self] in
                for await frame in inputs {
                    waiting.subtract(frame.bytes.count, ordering: .relaxed)
                    guard (try? await node.send(frame: frame)) != nil else { return }
                }
                // The client gave the connection up.
                node.close()
            }
            defer { group.cancelAll() }
            while let part = try? await node.next() {
                activity.mark()
                guard case .frame(let frame) = part else { continue }
                switch frame.channel {
                case .output: if (try? await send(state.withLock { $0.session.data(id, frame.bytes) })) == nil { return nil }
                case .status:
                    let ending = OperationEnding(frame.bytes)
                    return ending.isSuccess ? nil : ending.message
                default: break
                }
            }
            return nil
        }
    }
}
