package import EncryptionAtRest
package import KubeModel

/// How one stored value lies in the file.
package struct EnvelopeFacts: Hashable, Sendable {
    package var key: String
    package var resource: GroupResource
    package var revision: Revision
    /// Whether it is the current state of its object, and not history.
    package var isLive: Bool
    /// The provider and the key's name.
    package var status: EncryptionStatus
    /// The head of the envelope up to where the ciphertext begins; empty when the value is not encrypted.
    package var prefix: String
    /// When the value was sealed: at its commit, or when it was encrypted again. Seconds since 1970.
    package var writtenAt: Int64
}

/// How far ``Store/rewrite(batch:progress:)`` has come.
package struct RewriteProgress: Hashable, Sendable {
    /// Values that were looked at.
    package var seen = 0
    /// Values that were encrypted again.
    package var rewritten = 0
    /// Values that no configured key opens; they stay as they are.
    package var unreadable = 0
    /// The key of the last of those, to begin with.
    package var unreadableKey: String?
    /// Whether the old bytes are gone from the write-ahead log too: at the end, unless a long read is in the way. They
    /// go when the store is closed, at the latest.
    package var isLogClean = false
}

extension Store {
    /// The bytes of the live value of `key` as they lie in the file; nil when it does not exist.
    package func rawEnvelope(key: String) throws(StoreError) -> [UInt8]? {
        try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in try row(key, upTo: .max, connection)?.envelope }
        }
    }

    /// Hands facts about every stored value to `body`, in order of revision, all from one moment. No value is opened.
    ///
    /// - Parameters:
    ///   - history: whether replaced values count too, which lie in the file until they are compacted.
    ///   - body: called once for each value; must not call back into the store.
    /// - Throws: ``StoreError`` when the file cannot be read.
    package func forEachEnvelope(history: Bool = false, _ body: (EnvelopeFacts) -> Void) throws(StoreError) {
        try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in
                let statement = try Statement(
                    connection,
                    """
                    SELECT id, key, resource, create_revision, deleted, written_at,
                        substr(envelope, 1, \(EncryptionStatus.headLength)),
                        NOT EXISTS (SELECT 1 FROM log AS later WHERE later.key = log.key AND later.id > log.id) AS live
                    FROM log WHERE deleted = 0 \(history ? "" : "AND live") ORDER BY id
                    """)
                while try statement.step() {
                    let row = Row(statement)
                    let status = EncryptionStatus(envelope: row.envelope)
                    body(
                        EnvelopeFacts(
                            key: row.key, resource: row.resource, revision: row.revision,
                            isLive: statement.integer(7) != 0, status: status, prefix: status.prefix,
                            writtenAt: row.writtenAt))
                }
            }
        }
    }

    /// Encrypts again what is not under the key that writes now, history too: afterwards older keys can be dropped, and
    /// nothing that was stored in the clear is left in the file. Revisions stay and no event is made.
    ///
    /// Commits go on between batches. A commit that was sealed before the configuration changed is sealed again when it
    /// is written, so nothing slips past.
    ///
    /// - Returns: the final count. Values that no key opens are counted and left; whoever drops keys looks at that.
    package func rewrite(
        batch: Int = 200, progress: @escaping @Sendable (RewriteProgress) -> Void = { _ in }
    ) async throws(StoreError) -> RewriteProgress {
        try await upkeep { [self] () throws(StoreError) in try rewriteNow(batch: max(1, batch), progress) }
    }

    private func rewriteNow(
        batch: Int, _ report: @Sendable (RewriteProgress) -> Void
    ) throws(StoreError) -> RewriteProgress {
        var progress = RewriteProgress()
        var position: Int64 = 0
        let end = try onWriter { connection throws(SQLiteFailure) in
            // Bytes that are replaced are to be gone, not only unlinked.
            try connection.execute("PRAGMA secure_delete = ON")
            return try connection.integer("SELECT max(id) FROM log") ?? 0
        }
        while position < end {
            let rows = try rows(after: position, upTo: end, batch)
            guard let last = rows.last else { break }
            let fresh = resealed(rows, &progress)
            if !fresh.isEmpty {
                try onWriter { connection throws(SQLiteFailure) in
                    let update = try Statement(connection, "UPDATE log SET envelope = ?2, written_at = ?3 WHERE id = ?1")
                    let now = Files.now()
                    for (id, envelope) in fresh {
                        update.bind(1, id)
                        update.bind(2, blob: envelope)
                        update.bind(3, now)
                        try update.run()
                    }
                }
            }
            position = last.id
            report(progress)
        }
        try onWriter { connection throws(SQLiteFailure) in try connection.execute("PRAGMA secure_delete = FAST") }
        progress.isLogClean = progress.rewritten == 0 ? true : try emptyLog()
        return progress
    }

    private func rows(after: Int64, upTo end: Int64, _ batch: Int) throws(StoreError) -> [Row] {
        try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in
                let statement = try Statement(
                    connection, Row.select + " WHERE id > ?1 AND id <= ?2 AND deleted = 0 ORDER BY id LIMIT ?3")
                statement.bind(1, after)
                statement.bind(2, end)
                statement.bind(3, Int64(batch))
                var rows: [Row] = []
                while try statement.step() { rows.append(Row(statement)) }
                return rows
            }
        }
    }

    private func resealed(_ rows: [Row], _ progress: inout RewriteProgress) -> [(Int64, [UInt8])] {
        var fresh: [(Int64, [UInt8])] = []
        for row in rows {
            progress.seen += 1
            do throws(EncryptionError) {
                let opened = try row.opened(transformer)
                guard opened.isStale else { continue }
                let sealed = try transformer.seal(opened.plaintext, resource: row.resource, key: row.key)
                fresh.append((row.id, sealed.envelope))
                progress.rewritten += 1
            } catch {
                progress.unreadable += 1
                progress.unreadableKey = row.key
            }
        }
        return fresh
    }

    /// The old bytes are also in the write-ahead log, until that is emptied.
    private func emptyLog() throws(StoreError) -> Bool {
        try asStore(path) { () throws(SQLiteFailure) in
            let connection = try Connection(path: path)
            defer { connection.close() }
            try Schema.configure(connection)
            // The writer waits while this waits for readers: so not long, and rather several times.
            connection.wait(milliseconds: 50)
            for _ in 0..<40 { if try connection.checkpoint(truncating: true) { return true } }
            return false
        }
    }
}
