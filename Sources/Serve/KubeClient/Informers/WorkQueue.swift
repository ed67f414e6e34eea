package import Logging
import Synchronization

/// The keys that a controller has to look at: each is in work once at a time, however often it is added, and one that
/// failed waits longer each time.
package final class WorkQueue: Sendable {
    private enum Signal: Sendable {
        case ready(String)
        case later(String, Duration)
    }
    private struct State {
        /// To be looked at: waiting, or changed while in work.
        var dirty: Set<String> = []
        var working: Set<String> = []
        var failures: [String: Int] = [:]
        /// The moments for which keys are put off.
        var timers: [String: ContinuousClock.Instant] = [:]
    }

    // A lock and no actor: informers add keys from their synchronous handlers.
    private let state = Mutex(State())
    private let signals: AsyncStream<Signal>
    private let signal: AsyncStream<Signal>.Continuation

    package init() { (signals, signal) = AsyncStream.makeStream(of: Signal.self) }

    package func add(_ key: String) {
        let isNew = state.withLock { state in state.dirty.insert(key).inserted && !state.working.contains(key) }
        if isNew { signal.yield(.ready(key)) }
    }

    /// Adds the key after a while; an earlier moment for the same key stands.
    package func add(_ key: String, after wait: Duration) {
        let at = ContinuousClock.now + wait
        let isSooner = state.withLock { state in
            if let present = state.timers[key], present <= at { return false }
            state.timers[key] = at
            return true
        }
        if isSooner { signal.yield(.later(key, wait)) }
    }

    private func timerFired(_ key: String) {
        state.withLock { state in
            if let at = state.timers[key], at <= .now { state.timers[key] = nil }
        }
        add(key)
    }

    /// Works through the keys until cancelled.
    ///
    /// - Parameters:
    ///   - workers: how many keys are in work at a time.
    ///   - pass: looks at a key; answers after how long to look again without a change.
    package func run(workers: Int, log: Logger, pass: @escaping @Sendable (String) async throws -> Duration?) async {
        let (slots, slot) = AsyncStream.makeStream(of: Void.self)
        for _ in 0..<workers { slot.yield() }
        var free = slots.makeAsyncIterator()
        await withDiscardingTaskGroup { group in
            for await signal in signals {
                switch signal {
                case .later(let key, let wait):
                    group.addTask {
                        try? await Task.sleep(for: wait)
                        if !Task.isCancelled { self.timerFired(key) }
                    }
                case .ready(let key):
                    guard await free.next() != nil else { return }
                    group.addTask {
                        await self.work(key, log: log, pass: pass)
                        slot.yield()
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func work(_ key: String, log: Logger, pass: @Sendable (String) async throws -> Duration?) async {
        state.withLock { state in
            state.dirty.remove(key)
            state.working.insert(key)
        }
        var again: Duration?
        do {
            again = try await pass(key)
            _ = state.withLock { $0.failures.removeValue(forKey: key) }
        } catch {
            if Task.isCancelled { return }
            let failures = state.withLock { state in
                state.failures[key, default: 0] += 1
                return state.failures[key] ?? 1
            }
            again = min(.milliseconds(5) * (1 << min(failures - 1, 20)), .seconds(1000))
            log.debug("pass failed and is repeated", metadata: ["key": "\(key)", "failures": "\(failures)", "error": "\(error)"])
        }
        let isDirty = state.withLock { state in
            state.working.remove(key)
            return state.dirty.contains(key)
        }
        if isDirty { signal.yield(.ready(key)) }
        if let again { add(key, after: again) }
    }
}
