import NIOCore
import Synchronization

/// Whether a connection is being answered, and since when it is not.
final class ConnectionUse: Sendable {
    private let answering = Atomic(0)
    private let idleSince = Atomic(ContinuousClock.now.nanoseconds)
    private let requests = Atomic(false)
    private let held = Atomic(0)

    /// The head of a request has come.
    func headArrived() { requests.store(true, ordering: .relaxed) }
    /// A whole request is there and is being answered.
    func begin() { answering.add(1, ordering: .relaxed) }
    func end() {
        answering.subtract(1, ordering: .relaxed)
        idleSince.store(ContinuousClock.now.nanoseconds, ordering: .relaxed)
    }

    /// Something lasts on the connection that may be silent for long: a terminal, a forwarded port, a log that is followed.
    func hold() { held.add(1, ordering: .relaxed) }
    func release() {
        held.subtract(1, ordering: .relaxed)
        idleSince.store(ContinuousClock.now.nanoseconds, ordering: .relaxed)
    }
    var isHeld: Bool { held.load(ordering: .relaxed) > 0 }

    var hadRequest: Bool { requests.load(ordering: .relaxed) }
    var isIdle: Bool { answering.load(ordering: .relaxed) == 0 && !isHeld }
    var since: Int64 { idleSince.load(ordering: .relaxed) }
}

extension ContinuousClock.Instant {
    private static let start = ContinuousClock.now
    /// Since about the first call; for comparing only.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = Self.start.duration(to: self).components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}

/// The connections that are open, so that a shutdown can end them, and so that there are not too many.
///
/// Where there are, those that have stood idle longest make room: whoever opens connections and leaves them gains
/// nothing, and a client that loses an idle one opens another.
final class OpenConnections: Sendable {
    let underWay = RequestsUnderWay()
    // A lock and no actor: added to and removed from on event loops.
    private let channels = Mutex<[ObjectIdentifier: (channel: any Channel, use: ConnectionUse)]>([:])
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes in a connection; false when there is no room for it, since all others are being answered.
    func add(_ channel: any Channel, _ use: ConnectionUse) -> Bool {
        let id = ObjectIdentifier(channel)
        let crowd = channels.withLock { all -> [any Channel]? in
            let idle = all.count < limit ? [:] : all.filter { $0.value.use.isIdle }
            if all.count >= limit, idle.isEmpty { return nil }
            // Some more than one, so that a flood does not sort them all with each connection.
            let going = idle.sorted { $0.value.use.since < $1.value.use.since }.prefix(max(1, limit / 64))
            for (id, _) in going { all[id] = nil }
            all[id] = (channel, use)
            return going.map(\.value.channel)
        }
        guard let crowd else { return false }
        for channel in crowd { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { [weak self] _ in _ = self?.channels.withLock { $0.removeValue(forKey: id) } }
        return true
    }

    var count: Int { channels.withLock { $0.count } }

    func closeAll(grace: Duration) async {
        let all = channels.withLock { Array($0.values) }
        for one in all { one.channel.pipeline.fireUserInboundEventTriggered(ServerShutdown()) }
        let clock = ContinuousClock()
        let end = clock.now + grace
        while clock.now < end, !underWay.areNone { try? await Task.sleep(for: .milliseconds(5)) }
        // What was answered goes out, and a client that listens says goodbye.
        let last = min(end, clock.now + .milliseconds(100))
        while clock.now < last, channels.withLock({ !$0.isEmpty }) { try? await Task.sleep(for: .milliseconds(5)) }
        for one in channels.withLock({ Array($0.values) }) { one.channel.close(promise: nil) }
    }
}
