import CLinux

/// A thread for one piece of work.
enum OneTimeThread {
    private final class Work<Value> {
        let body: () throws(SystemError) -> Value
        var result: Result<Value, SystemError>?
        init(_ body: @escaping () throws(SystemError) -> Value) { self.body = body }
        func run() {
            do throws(SystemError) { result = .success(try body()) } catch { result = .failure(error) }
        }
    }

    private class Runner {
        func run() {}
    }

    private final class RunnerOf<Value>: Runner {
        let work: Work<Value>
        init(_ work: Work<Value>) { self.work = work }
        override func run() { work.run() }
    }

    /// Runs `body` on a new thread and waits for its end.
    static func run<Value: Sendable>(_ body: @Sendable () throws(SystemError) -> Value) throws(SystemError) -> Value {
        try withoutActuallyEscaping(body) { body throws(SystemError) -> Value in
            let work = Work<Value>(body)
            let context = unsafe Unmanaged<Runner>.passRetained(RunnerOf(work)).toOpaque()
            let result = unsafe kst_thread(
                { context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<Runner>.fromOpaque(context).takeRetainedValue().run()
                }, context, 1)
            if result < 0 { unsafe Unmanaged<Runner>.fromOpaque(context).release() }
            _ = try SystemError.check("start a thread", result)
            guard let result = work.result else { throw SystemError("run a thread", 4) }
            return try result.get()
        }
    }

    /// Runs `body` on a new thread and goes on.
    static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let work = Work<Void> { () throws(SystemError) in body() }
        let context = unsafe Unmanaged<Runner>.passRetained(RunnerOf(work)).toOpaque()
        let result = unsafe kst_thread(
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<Runner>.fromOpaque(context).takeRetainedValue().run()
            }, context, 0)
        if result < 0 { unsafe Unmanaged<Runner>.fromOpaque(context).release() }
        _ = try SystemError.check("start a thread", result)
    }
}
