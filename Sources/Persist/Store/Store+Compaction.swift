extension Store {
    /// Removes the history before `revision`: what was replaced or deleted up to it. The state at `revision` and
    /// everything after it stays.
    ///
    /// From the first moment on older revisions are refused. The rows go in small batches, between which commits are
    /// written; after a crash the next compaction removes what this one left.
    ///
    /// - Throws: ``StoreError/future(asked:current:)`` when the store has not reached it. An earlier one than the last
    ///   is no error and does nothing.
    package func compact(to revision: Revision, batch: Int = 256) async throws(StoreError) {
        try await upkeep { [self] () throws(StoreError) in try compactNow(to: revision, batch: max(1, batch)) }
    }

    private func compactNow(to revision: Revision, batch: Int) throws(StoreError) {
        let current = currentRevision
        guard revision <= current else { throw .future(asked: revision, current: current) }
        if revision > compactedRevision {
            try onWriter { connection throws(SQLiteFailure) in
                // The newest row may be a deletion and go: the floor keeps its revision from being given twice.
                try Schema.set(.floor, try Schema.currentRevision(connection).rawValue, connection)
                try Schema.set(.compacted, revision.rawValue, connection)
            }
            state.update { $0.compacted = revision }
        }
        let compacted = compactedRevision
        let end = Schema.lastID(of: compacted)
        var position = try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in
                Schema.lastID(of: Revision(try Schema.number(.purged, connection)))
            }
        }
        while position < end {
            let (doomed, reached) = try doomedRows(after: position, upTo: end, batch)
            try onWriter { connection throws(SQLiteFailure) in
                let delete = try Statement(connection, "DELETE FROM log WHERE id = ?1")
                for id in doomed {
                    delete.bind(1, id)
                    try delete.run()
                }
                // A batch may end inside a revision; that revision is then looked at again, which does no harm.
                let purged = reached >= end ? compacted.rawValue : Schema.revision(of: reached).rawValue - 1
                try Schema.set(.purged, purged, connection)
            }
            position = reached
        }
    }

    /// What a stretch of the log made superfluous: the rows that its rows replaced, and its deletions themselves.
    ///
    /// A deletion comes after the rows before it, so that no crash leaves an object that seems alive again. Only the
    /// compaction removes rows, and rows up to `end` are never added, so what is read here still holds when it is used.
    private func doomedRows(after: Int64, upTo end: Int64, _ batch: Int) throws(StoreError) -> ([Int64], reached: Int64)
    {
        try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in
                let rows = try Statement(
                    connection, "SELECT id, key, deleted FROM log WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3")
                rows.bind(1, after)
                rows.bind(2, end)
                rows.bind(3, Int64(batch))
                let replaced = try Statement(connection, "SELECT id FROM log WHERE key = ?1 AND id < ?2 ORDER BY id")
                var doomed: [Int64] = []
                var seen: Set<Int64> = []
                var reached = end
                var count = 0
                while try rows.step() {
                    let id = rows.integer(0)
                    count += 1
                    if count == batch { reached = id }
                    replaced.bind(1, text: rows.text(1))
                    replaced.bind(2, id)
                    while try replaced.step() {
                        let old = replaced.integer(0)
                        if seen.insert(old).inserted { doomed.append(old) }
                    }
                    replaced.reset()
                    if rows.integer(2) != 0, seen.insert(id).inserted { doomed.append(id) }
                }
                return (doomed, reached)
            }
        }
    }
}
