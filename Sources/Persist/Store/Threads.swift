import Dispatch
import Glibc
import Synchronization

/// A thread of its own for work that blocks on the disk: the pool of Swift's tasks must never wait there.
final class Thread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let identity: pthread_t
    private let joined = Mutex(false)

    init(_ run: @escaping @Sendable () -> Void) throws(FileFailure) {
        var identity = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(run)).toOpaque()
        let code = unsafe pthread_create(
            &identity, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, body)
        guard code == 0 else {
            unsafe Unmanaged<Body>.fromOpaque(body).release()
            throw FileFailure(call: "pthread_create", path: "thread", code: code)
        }
        self.identity = identity
    }

    /// Waits for the end of the thread; the thread itself may call it too, and then waits for nothing.
    func join() {
        let isFirst = joined.withLock { joined in
            defer { joined = true }
            return !joined
        }
        guard isFirst else { return }
        if pthread_equal(identity, pthread_self()) != 0 {
            pthread_detach(identity)
        } else {
            pthread_join(identity, nil)
        }
    }
}

/// Jobs for one thread, in order. It grows no further than callers wait for answers.
final class WorkQueue<Job: Sendable>: Sendable {
    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// False when the queue is closed: the job was not taken.
    func push(_ job: Job) -> Bool {
        let (taken, wasEmpty) = state.withLock { state in
            if state.isClosed { return (false, false) }
            state.jobs.append(job)
            return (true, state.jobs.count == 1)
        }
        if wasEmpty { wake.signal() }
        return taken
    }

    /// All jobs that wait, at least one; nil when the queue is closed and empty. Blocks until there are some.
    func drain() -> [Job]? {
        while true {
            let (jobs, isClosed) = state.withLock { state in
                let jobs = state.jobs
                state.jobs = []
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty { return jobs }
            if isClosed { return nil }
            wake.wait()
        }
    }

    /// Takes no more jobs; those that wait are still done.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }
}

/// A place for an answer that another thread gives.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let ready = DispatchSemaphore(value: 0)

    func give(_ given: Value) {
        value.withLock { $0 = given }
        ready.signal()
    }

    /// Blocks until the answer is there; called once.
    func wait() -> Value {
        while true {
            ready.wait()
            if let given = value.withLock({ $0 }) { return given }
        }
    }
}
