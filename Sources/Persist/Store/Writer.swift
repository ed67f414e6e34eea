import EncryptionAtRest
import KubeModel

/// A commit that waits for its turn.
struct PendingCommit: Sendable {
    struct Change: Sendable {
        var mutation: Mutation
        /// Nil for a deletion.
        var sealed: SealedValue?
    }

    var changes: [Change]
    var completion: @Sendable (Result<Revision, StoreError>) -> Void
}

/// Writes to the file, on one thread of its own: all commits that wait share one transaction, and so one wait for the
/// disk. A commit blocks there for as long as the disk takes, which no task and no actor may.
final class Writer: @unchecked Sendable {
    enum Job: Sendable {
        case commit(PendingCommit)
        /// Something else that needs the writing connection.
        case work(@Sendable (Writer) -> Void)
    }

    /// A transaction takes no more commits than this, nor more bytes, so that the first of them does not wait too long.
    static let groupLimit = 1024
    static let groupBytes = 8 << 20
    /// From this size of the log on, in pages, the writer itself brings the rest of it into the file.
    static let logLimit = 16384
    /// After this many pages more the checkpointer is called.
    static let checkpointEvery = 2000

    let connection: Connection
    let path: String
    private let state: StoreState
    private let transformer: ValueTransformer
    private let sink: @Sendable ([StoreEvent]) -> Void
    private let wakeCheckpointer: @Sendable () -> Void
    private let latest: Statement
    private let insert: Statement
    private var pagesAtLastCall = 0

    init(
        _ connection: Connection, path: String, state: StoreState, transformer: ValueTransformer,
        sink: @escaping @Sendable ([StoreEvent]) -> Void, wakeCheckpointer: @escaping @Sendable () -> Void
    ) throws(SQLiteFailure) {
        self.connection = connection
        self.path = path
        self.state = state
        self.transformer = transformer
        self.sink = sink
        self.wakeCheckpointer = wakeCheckpointer
        latest = try Statement(connection, Row.select + " WHERE key = ?1 ORDER BY id DESC LIMIT 1")
        insert = try Statement(
            connection,
            "INSERT INTO log (\(Row.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        )
        connection.watchLog()
    }

    /// Works until the queue is closed and empty, then closes the connection.
    func run(_ queue: WorkQueue<Job>) {
        while let jobs = queue.drain() {
            var group: [PendingCommit] = []
            var bytes = 0
            for job in jobs {
                switch job {
                case .commit(let commit):
                    group.append(commit)
                    for change in commit.changes { bytes += change.sealed?.envelope.count ?? 0 }
                    if group.count < Self.groupLimit, bytes < Self.groupBytes { continue }
                    write(group)
                case .work(let work):
                    write(group)
                    work(self)
                }
                group = []
                bytes = 0
            }
            write(group)
        }
        latest.finish()
        insert.finish()
        connection.close()
    }

    // MARK: Commits

    private func write(_ group: [PendingCommit]) {
        guard !group.isEmpty else { return }
        if let failure = state.failure {
            for commit in group { commit.completion(.failure(failure)) }
            return
        }
        var outcomes: [Result<Revision, StoreError>] = []
        var events: [StoreEvent] = []
        var revision = state.now.current
        do {
            let now = Files.now()
            _ = try connection.transaction { () throws(SQLiteFailure) -> Bool? in
                for commit in group {
                    let outcome = try write(commit, as: revision.next, at: now, &events)
                    if case .success(let reached) = outcome { revision = reached }
                    outcomes.append(outcome)
                }
                return events.isEmpty ? nil : true
            }
        } catch {
            let failure = error.isBusy ? StoreError(error, path: path) : refuseFromNowOn(error)
            for commit in group { commit.completion(.failure(failure)) }
            return
        }
        // Durable. The sink comes first: who learns of a commit finds it in whatever the sink keeps up to date.
        if !events.isEmpty { sink(events) }
        let pages = connection.logPages
        state.update { facts in
            facts.current = revision
            facts.groups += 1
            facts.largestGroup = max(facts.largestGroup, group.count)
            facts.logPages = pages
            for outcome in outcomes {
                if case .success = outcome { facts.commits += 1 } else { facts.conflicts += 1 }
            }
        }
        for (commit, outcome) in zip(group, outcomes) { commit.completion(outcome) }
        tendLog()
    }

    /// Writes one commit into the open transaction: all of it, or nothing when the answer is a failure.
    private func write(
        _ commit: PendingCommit, as revision: Revision, at now: Int64, _ events: inout [StoreEvent]
    ) throws(SQLiteFailure) -> Result<Revision, StoreError> {
        var planned: [(PendingCommit.Change, previous: Row?)] = []
        planned.reserveCapacity(commit.changes.count)
        for change in commit.changes {
            let mutation = change.mutation
            let previous = try latest(mutation.key)
            if let conflict = conflict(mutation, with: previous) { return .failure(conflict) }
            var change = change
            do throws(EncryptionError) {
                // Sealed before the configuration changed: a rewrite may have passed already, so seal it again.
                if let sealed = change.sealed, sealed.generation != transformer.generation,
                    case .put(let plaintext) = mutation.change
                {
                    change.sealed = try transformer.seal(plaintext, resource: mutation.resource, key: mutation.key)
                }
            } catch {
                return .failure(.encryption(error))
            }
            planned.append((change, previous))
        }
        var place = 0
        for (change, previous) in planned {
            let mutation = change.mutation
            if case .keep = mutation.change { continue }
            defer { place += 1 }
            let created = previous?.createRevision ?? revision
            insert.bind(1, Schema.id(revision, place))
            insert.bind(2, text: mutation.key)
            insert.bind(3, text: mutation.resource.description)
            insert.bind(4, created.rawValue)
            insert.bind(5, change.sealed == nil ? 1 : 0)
            insert.bind(6, now)
            insert.bind(7, blob: change.sealed?.envelope)
            try insert.run()
            events.append(event(mutation, revision, created, previous))
        }
        return .success(revision)
    }

    private func event(_ mutation: Mutation, _ revision: Revision, _ created: Revision, _ previous: Row?) -> StoreEvent
    {
        var value: [UInt8] = []
        var kind = StoreEvent.Kind.delete
        if case .put(let bytes) = mutation.change { (value, kind) = (bytes, .put) }
        let before = previous.flatMap { row in
            try? transformer.open(row.envelope, resource: row.resource, key: row.key).plaintext
        }
        return StoreEvent(
            revision: revision, createRevision: created, key: mutation.key, resource: mutation.resource, kind: kind,
            value: value, previousValue: before, previousRevision: previous?.revision)
    }

    private func conflict(_ mutation: Mutation, with previous: Row?) -> StoreError? {
        let holds =
            switch mutation.expect {
            case .absent: previous == nil
            case .revision(let expected): previous?.revision == expected
            case .any: true
            }
        if case .delete = mutation.change, previous == nil { return .conflict(key: mutation.key, actual: nil) }
        return holds ? nil : .conflict(key: mutation.key, actual: previous?.revision)
    }

    /// The newest row of `key`, when that is no deletion.
    private func latest(_ key: String) throws(SQLiteFailure) -> Row? {
        latest.bind(1, text: key)
        defer { latest.reset() }
        guard try latest.step() else { return nil }
        let row = Row(latest)
        return row.isDeleted ? nil : row
    }

    // MARK: The log and failures

    /// Nobody can tell what a failed write left behind, and a failed wait for the disk cannot be repeated: so no
    /// further write is taken, and readers keep what was acknowledged.
    @discardableResult
    func refuseFromNowOn(_ cause: SQLiteFailure) -> StoreError {
        let failure = StoreError.failed(path: path, what: cause.description, isFull: cause.isFull)
        state.update { $0.failure = $0.failure ?? failure }
        return state.failure ?? failure
    }

    private func tendLog() {
        let pages = connection.logPages
        if pages < pagesAtLastCall { pagesAtLastCall = 0 }
        if pages >= Self.logLimit {
            // The checkpointer never catches up with a writer that does not pause; what it left is little.
            do { try connection.checkpoint() } catch { refuseFromNowOn(error) }
        } else if pages >= pagesAtLastCall + Self.checkpointEvery {
            pagesAtLastCall = pages
            wakeCheckpointer()
        }
    }
}
