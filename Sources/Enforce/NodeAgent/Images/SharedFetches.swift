/// Work that several may want at once and that is done once for all of them. Who no longer wants it leaves alone; with the last one
/// the work is cancelled.
actor SharedFetches<Key: Hashable & Sendable, Value: Sendable> {
    private struct Fetch {
        var task: Task<Void, Never>
        var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
    }

    private var fetches: [Key: Fetch] = [:]
    private var last = 0

    /// What `fetch` gives, or what one that was begun for the same key gives.
    ///
    /// - Throws: what the work throws; `CancellationError` at once when the task that waits is cancelled.
    func value(_ key: Key, _ fetch: @escaping @Sendable () async throws -> Value) async throws -> Value {
        last += 1
        let number = last
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if fetches[key] == nil { fetches[key] = Fetch(task: begin(key, fetch)) }
                fetches[key]?.waiting[number] = continuation
            }
        } onCancel: {
            // It comes to its turn only when the one who leaves waits.
            Task { await self.leave(key, number) }
        }
    }

    /// How many wait for it.
    func waiting(_ key: Key) -> Int { fetches[key]?.waiting.count ?? 0 }

    private func begin(_ key: Key, _ fetch: @escaping @Sendable () async throws -> Value) -> Task<Void, Never> {
        Task {
            let result: Result<Value, any Error>
            do { result = .success(try await fetch()) } catch { result = .failure(error) }
            finish(key, result)
        }
    }

    private func finish(_ key: Key, _ result: Result<Value, any Error>) {
        // A fetch that nobody waits for has been forgotten, and the key may have a newer one.
        if Task.isCancelled { return }
        for continuation in fetches.removeValue(forKey: key)?.waiting.values ?? [:].values { continuation.resume(with: result) }
    }

    private func leave(_ key: Key, _ number: Int) {
        guard let continuation = fetches[key]?.waiting.removeValue(forKey: number) else { return }
        if fetches[key]?.waiting.isEmpty == true { fetches.removeValue(forKey: key)?.task.cancel() }
        continuation.resume(throwing: CancellationError())
    }
}
