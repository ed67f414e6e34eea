package import EncryptionAtRest

/// The objects of a cluster and their history, in one file.
///
/// An append-only log: each commit makes the next ``Revision``, old ones can be read until they are compacted, and a
/// commit that was acknowledged survives the death of the process and of the machine. One process has it open at once.
///
/// Commits are written by one thread, which lets all that wait share one transaction. Reads run on the caller's thread
/// and block on the disk: they are for start-up, tools and rare requests, not for an event loop. What must be fast is
/// answered from what the sink keeps.
package final class Store: Sendable {
    /// Where the file is; beside it lie `-wal`, `-shm` and `.lock`.
    package let path: String

    let transformer: ValueTransformer
    let state: StoreState
    let readers: Readers
    private let queue = WorkQueue<Writer.Job>()
    private let maintenanceQueue = WorkQueue<@Sendable () -> Void>()
    private let checkpointQueue = WorkQueue<Void>()
    private let threads: [Thread]

    /// Opens the store at `path`, and makes it when there is none; its folder too, for the owner only.
    ///
    /// - Parameters:
    ///   - path: the database file.
    ///   - transformer: encrypts and decrypts the values.
    ///   - maximumBytes: the file grows no larger; a write that needs more fails like on a full disk.
    ///   - sink: gets every change of later commits in strict order, on the writer thread, once it is durable and
    ///     before the commit's own completion runs. It must be quick and must not call back into the store.
    /// - Throws: ``StoreError`` when the file is in use, damaged, foreign or too new, or its folder is open to others.
    package init(
        path: String, transformer: ValueTransformer, maximumBytes: Int64? = nil,
        sink: @escaping @Sendable ([StoreEvent]) -> Void = { _ in }
    ) throws(StoreError) {
        self.path = path
        self.transformer = transformer
        let lock = try Self.claim(path)
        let connection = try asStore(path) { () throws(SQLiteFailure) in try Connection(path: path) }
        try Schema.prepare(connection, path: path)
        let checkpoints = checkpointQueue
        let (state, writer, checkpointer) = try asStore(path) { () throws(SQLiteFailure) in
            if let maximumBytes {
                let pageSize = try connection.integer("PRAGMA page_size") ?? 4096
                _ = try connection.integer("PRAGMA max_page_count = \(max(1, maximumBytes / pageSize))")
            }
            let state = StoreState(try Schema.facts(connection))
            let checkpointer = try Connection(path: path)
            try Schema.configure(checkpointer)
            let writer = try Writer(
                connection, path: path, state: state, transformer: transformer, sink: sink,
                wakeCheckpointer: { _ = checkpoints.push(()) })
            return (state, writer, checkpointer)
        }
        self.state = state
        readers = Readers(path: path)
        let (jobs, maintenance) = (queue, maintenanceQueue)
        do throws(StoreError) {
            threads = try asStore { () throws(FileFailure) in
                [
                    try Thread { while let jobs = maintenance.drain() { for job in jobs { job() } } },
                    try Thread {
                        while checkpoints.drain() != nil {
                            do throws(SQLiteFailure) {
                                try checkpointer.checkpoint()
                            } catch {
                                // The log may be sound, but the file does not take it: the writer takes note.
                                _ = jobs.push(.work { $0.refuseFromNowOn(error) })
                            }
                        }
                        checkpointer.close()
                    },
                    // The lock goes with this thread: nobody else opens the file before the last write is done.
                    try Thread { withExtendedLifetime(lock) { writer.run(jobs) } },
                ]
            }
        } catch {
            maintenance.close()
            checkpoints.close()
            jobs.close()
            throw error
        }
    }

    deinit { close() }

    /// Finishes what waits, brings the log into the file and lets go of it. Not for a completion or the sink.
    package func close() {
        // Upkeep waits for the writer, so it ends first; the writer is the last to close the file.
        maintenanceQueue.close()
        threads[0].join()
        readers.close()
        checkpointQueue.close()
        threads[1].join()
        queue.close()
        threads[2].join()
    }

    // MARK: Commits

    /// Makes all of `mutations` happen at one new revision, or none of them.
    ///
    /// `completion` runs once: on the writer thread, or on the caller's when the answer needs no disk.
    package func commit(_ mutations: [Mutation], completion: @escaping @Sendable (Result<Revision, StoreError>) -> Void)
    {
        do throws(StoreError) {
            if let failure = state.failure { throw failure }
            let commit = PendingCommit(changes: try seal(mutations), completion: completion)
            guard queue.push(.commit(commit)) else { throw .closed(path: path) }
        } catch {
            completion(.failure(error))
        }
    }

    /// Makes all of `mutations` happen at one new revision, or none of them.
    /// - Returns: that revision, once it is durable and the sink has it.
    @discardableResult
    package func commit(_ mutations: [Mutation]) async throws(StoreError) -> Revision {
        let outcome: Result<Revision, StoreError> = await withCheckedContinuation { continuation in
            commit(mutations) { continuation.resume(returning: $0) }
        }
        return try outcome.get()
    }

    /// Sealing happens here, on the caller's thread: it is most of the work of a commit that is not the disk's.
    private func seal(_ mutations: [Mutation]) throws(StoreError) -> [PendingCommit.Change] {
        guard !mutations.isEmpty else { throw .invalid("a commit without a mutation") }
        guard mutations.count <= Schema.maximumMutations else {
            throw .invalid("a commit of \(mutations.count) mutations; the most is \(Schema.maximumMutations)")
        }
        guard mutations.contains(where: \.changesSomething) else { throw .invalid("a commit that changes nothing") }
        if mutations.count > 1 {
            var keys = Set<String>(minimumCapacity: mutations.count)
            for mutation in mutations where !keys.insert(mutation.key).inserted {
                throw .invalid("a commit that changes \(mutation.key) twice")
            }
        }
        var changes: [PendingCommit.Change] = []
        changes.reserveCapacity(mutations.count)
        for mutation in mutations {
            guard !mutation.key.isEmpty else { throw .invalid("a mutation without a key") }
            var change = PendingCommit.Change(mutation: mutation)
            if case .put(let plaintext) = mutation.change {
                do {
                    change.sealed = try transformer.seal(plaintext, resource: mutation.resource, key: mutation.key)
                } catch {
                    throw .encryption(error)
                }
            }
            changes.append(change)
        }
        return changes
    }

    /// The newest durable revision; the sink has all changes up to it.
    package var currentRevision: Revision { state.now.current }

    /// History before this revision is gone; 0 when nothing was compacted.
    package var compactedRevision: Revision { state.now.compacted }

    /// Why the store takes no more writes; nil while it does. Reads go on.
    package var failure: StoreError? { state.failure }

    // MARK: Threads

    /// Runs `body` on the thread for long work, one at a time.
    func upkeep<Value: Sendable>(
        _ body: @escaping @Sendable () throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let outcome: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let isTaken = maintenanceQueue.push {
                do throws(StoreError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isTaken { continuation.resume(returning: .failure(.closed(path: path))) }
        }
        return try outcome.get()
    }

    /// Runs `body` in a transaction between commits, and waits for it. A failure closes the store for writes.
    func onWriter<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(SQLiteFailure) -> Value
    ) throws(StoreError) -> Value {
        let answer = Answer<Result<Value, StoreError>>()
        let state = state
        let isTaken = queue.push(
            .work { writer in
                if let failure = state.failure { return answer.give(.failure(failure)) }
                do throws(SQLiteFailure) {
                    let value = try writer.connection.transaction { () throws(SQLiteFailure) -> Value? in
                        try body(writer.connection)
                    }
                    if let value {
                        answer.give(.success(value))
                    } else {
                        answer.give(.failure(.invalid("work without an answer")))
                    }
                } catch {
                    let path = writer.path
                    answer.give(.failure(error.isBusy ? StoreError(error, path: path) : writer.refuseFromNowOn(error)))
                }
            })
        guard isTaken else { throw .closed(path: path) }
        return try answer.wait().get()
    }
}
