import CLinux
import Glibc
import Synchronization

/// A thread that belongs to one actor, inside a network namespace: the actor may block in the kernel without taking a
/// thread from others, and what it opens is of that namespace.
package final class KernelThread: SerialExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var isClosed = false
    }

    // A lock and not an actor: this is what an actor runs on.
    private let queue = Mutex(Queue())
    private let wake: OwnedDescriptor

    /// Starts the thread; nil leaves it in the namespace of the calling thread.
    package init(in namespace: NetworkNamespace?) throws(SystemError) {
        wake = OwnedDescriptor(try SystemError.check("make an event", kst_eventfd()))
        try Self.start(self, namespace)
    }

    private static func start(_ thread: KernelThread, _ namespace: NetworkNamespace?) throws(SystemError) {
        let entered = OwnedDescriptor(try SystemError.check("make an event", kst_eventfd()))
        let outcome = Outcome()
        // The thread holds its queue and not the object, so that the object can go and end it.
        let weak = WeakThread(thread)
        let wake = thread.wake
        try OneTimeThread.start {
            do throws(SystemError) { try namespace?.enter() } catch { outcome.error.withLock { $0 = error } }
            Self.signal(entered)
            if outcome.error.withLock({ $0 }) != nil { return }
            while Self.wait(wake) {
                guard let thread = weak.thread else { return }
                if !thread.drain() { return }
            }
        }
        _ = Self.wait(entered)
        if let error = outcome.error.withLock({ $0 }) { throw error }
    }

    private final class Outcome: Sendable {
        let error = Mutex<SystemError?>(nil)
    }

    private final class WeakThread: Sendable {
        weak let thread: KernelThread?
        init(_ thread: KernelThread) { self.thread = thread }
    }

    deinit {
        queue.withLock { $0.isClosed = true }
        Self.signal(wake)
    }

    package func enqueue(_ job: UnownedJob) {
        queue.withLock { $0.jobs.append(job) }
        Self.signal(wake)
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

    /// Runs what waits; false when the thread shall end.
    private func drain() -> Bool {
        let (jobs, isClosed) = queue.withLock { queue in
            defer { queue.jobs = [] }
            return (queue.jobs, queue.isClosed)
        }
        for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
        return !isClosed
    }

    private static func signal(_ event: OwnedDescriptor) {
        var one: UInt64 = 1
        _ = unsafe kst_write(event.number, &one, 8)
    }

    private static func wait(_ event: OwnedDescriptor) -> Bool {
        var count: UInt64 = 0
        return unsafe kst_read(event.number, &count, 8) == 8
    }
}
