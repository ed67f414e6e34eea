import JSONValue
import KubeModel
import StreamProtocol
import Synchronization
import TunnelChannel

/// The node's end of one stream.
final class OperationStream: Sendable {
    private let link: Tunnel.Link
    private let isAccepted = Atomic(false)

    init(_ link: Tunnel.Link) { self.link = link }

    /// Says that the operation can be done.
    func accept() async throws {
        isAccepted.store(true, ordering: .relaxed)
        try await link.send(.response(200))
    }

    /// Says that it cannot, and why; after ``accept()``, that it ended so.
    func fail(_ error: StatusError) async {
        if !isAccepted.load(ordering: .relaxed) { try? await link.send(.response(error.code)) }
        await finish(.failed(error))
    }

    /// Waits for the client; false when it went away.
    func begins() async throws -> Bool {
        while let frame = try await next() { if frame.channel == .start { return true } }
        return false
    }

    /// What the client sends next; nil when it is gone.
    func next() async throws -> StreamFrame? {
        while let part = try await link.next() {
            switch part {
            case .frame(let frame): return frame
            case .end: return nil
            case .request, .response: continue
            }
        }
        return nil
    }

    func send(_ channel: StreamChannel, _ bytes: [UInt8]) async throws { try await link.send(.frame(StreamFrame(channel, bytes))) }

    /// Says how the operation ended. The API server closes the stream then.
    func finish(_ ending: OperationEnding) async {
        try? await link.send(.frame(StreamFrame(.status, ending.status.bytes)))
        try? await link.send(.end)
        // What was sent may wait for the other side to take it: it closes when it has.
        await link.closed()
    }

    func abandon() { link.close() }

    /// Runs `body`, and cancels it when the client goes away.
    func untilAbandoned(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { [link] in await link.closed() }
            try await group.next()
            group.cancelAll()
        }
    }
}
