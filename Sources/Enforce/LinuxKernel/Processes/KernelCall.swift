/// Calls that block, made where they keep nobody waiting.
package enum KernelCall {
    /// Runs `body` on a thread of its own, and waits without holding one.
    package static func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SystemError) -> Value
    ) async throws(SystemError) -> Value {
        let result: Result<Value, SystemError> = await withCheckedContinuation { continuation in
            do throws(SystemError) {
                try OneTimeThread.start {
                    do throws(SystemError) {
                        continuation.resume(returning: .success(try body()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Runs `body`, which may fail in any way, on a thread of its own, and waits without holding one.
    package static func waiting<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await blocking { () throws(SystemError) in Result { try body() } }.get()
    }
}
