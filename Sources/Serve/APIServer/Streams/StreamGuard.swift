import KubeModel
import PolicyModel
import Synchronization

/// Cuts streams whose client may no longer have them: a stream outlives neither its credentials nor its rights.
struct StreamGuard: Sendable {
    /// Why a stream was cut.
    struct Cut: Error {}

    let authenticate: Authenticate
    let authorizer: Authorizer
    let denials: DenialLog
    /// How often an open stream is looked at.
    let period: Duration
    /// After so long without a byte either way a stream is cut (kubelet: `--streaming-connection-idle-timeout`).
    static let idleTime = Duration.seconds(4 * 3600)

    /// Whether the request that opened a stream would be allowed now. The credentials are read again, as they came.
    func allows(_ request: AuthorizedRequest) -> Bool {
        guard let identified = try? authenticate.identify(request.request), identified.user.name == request.user.name else { return false }
        return request.verbs.allSatisfy { verb in
            var info = request.info
            info.verb = verb
            let attributes = Authorizer.attributes(of: info, user: identified.user)
            let verdict = authorizer.decide(attributes)
            if case .allow = verdict.decision { return true }
            denials.tell(attributes, verdict.decision)
            return false
        }
    }

    /// Runs `body`; when its request is no longer allowed, or nothing moves for too long, calls `cut` and cancels it.
    ///
    /// - Parameter body: ends when it is cancelled, or when `cut` was called.
    /// - Throws: what `body` throws; ``Cut``.
    func run(
        _ request: AuthorizedRequest, _ activity: StreamActivity = StreamActivity(isWatched: false), cut: @escaping @Sendable () async -> Void = {}, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                repeat { try await Task.sleep(for: period) } while allows(request) && activity.idle < Self.idleTime
                // A client that takes nothing more must not hold up its own end.
                await withTaskGroup(of: Void.self) { ending in
                    ending.addTask { await cut() }
                    ending.addTask { try? await Task.sleep(for: .seconds(2)) }
                    await ending.next()
                    ending.cancelAll()
                }
                throw Cut()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

/// When something last moved on a stream.
final class StreamActivity: Sendable {
    private static let start = ContinuousClock.now
    private let isWatched: Bool
    private let last: Atomic<Int64>

    /// - Parameter isWatched: whether the stream may be idle too long at all.
    init(isWatched: Bool = true) {
        self.isWatched = isWatched
        last = Atomic(Self.seconds)
    }

    private static var seconds: Int64 { start.duration(to: .now).components.seconds }
    func mark() { last.store(Self.seconds, ordering: .relaxed) }
    var idle: Duration { isWatched ? .seconds(Self.seconds - last.load(ordering: .relaxed)) : .zero }
}

extension AuthorizedRequest {
    /// The verbs that a stream needs: a WebSocket is opened by a GET, and takes the right to create all the same.
    var verbs: [String] {
        info.verb == "get" && ["exec", "attach", "portforward"].contains(info.subresource) ? ["get", "create"] : [info.verb]
    }
}
