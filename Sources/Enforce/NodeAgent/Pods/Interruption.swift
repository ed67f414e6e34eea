import Synchronization

/// Something that may be called off from outside while it is under way. It is raised once and stays so.
final class Interruption: Sendable {
    private struct State {
        var isRaised = false
        var last = 0
        var underWay: [Int: @Sendable () -> Void] = [:]
    }
    private let state = Mutex(State())

    /// Whether it was raised.
    var isRaised: Bool { state.withLock { $0.isRaised } }

    /// Calls off what is under way, and what begins from now on.
    func raise() {
        let underWay = state.withLock { state in
            state.isRaised = true
            return state.underWay
        }
        for cancel in underWay.values { cancel() }
    }

    /// Does the work in a task that is cancelled when the interruption is raised.
    func unlessRaised<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let task = Task { () async -> Result<Value, Failure> in
            do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
        }
        let (number, isRaised) = state.withLock { state in
            state.last += 1
            state.underWay[state.last] = { task.cancel() }
            return (state.last, state.isRaised)
        }
        defer { state.withLock { $0.underWay[number] = nil } }
        if isRaised { task.cancel() }
        return try await withTaskCancellationHandler { await task.value } onCancel: { task.cancel() }.get()
    }
}
