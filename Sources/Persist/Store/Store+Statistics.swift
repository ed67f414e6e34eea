/// How large the store is and what it did since it was opened.
package struct StoreStatistics: Hashable, Sendable {
    package var currentRevision: Revision
    package var compactedRevision: Revision
    /// Live objects.
    package var objects: Int64
    /// Rows of the log: live objects, history and deletions.
    package var rows: Int64
    /// Of the file, of which ``freeBytes`` wait for use.
    package var fileBytes: Int64
    package var freeBytes: Int64
    /// Of the write-ahead log after the last commit.
    package var logBytes: Int64
    package var commits: Int64
    package var conflicts: Int64
    /// Transactions that the commits shared.
    package var groups: Int64
    package var largestGroup: Int
}

extension Store {
    /// Counts; linear in the number of keys.
    package func statistics() throws(StoreError) -> StoreStatistics {
        let facts = state.now
        return try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in
                let objects = try connection.integer(
                    "SELECT count(*) FROM (SELECT max(id) AS newest FROM log GROUP BY key) "
                        + "CROSS JOIN log ON id = newest WHERE deleted = 0")
                let pageSize = try connection.integer("PRAGMA page_size") ?? 0
                return StoreStatistics(
                    currentRevision: facts.current, compactedRevision: facts.compacted, objects: objects ?? 0,
                    rows: try connection.integer("SELECT count(*) FROM log") ?? 0,
                    fileBytes: pageSize * (try connection.integer("PRAGMA page_count") ?? 0),
                    freeBytes: pageSize * (try connection.integer("PRAGMA freelist_count") ?? 0),
                    logBytes: pageSize * Int64(facts.logPages), commits: facts.commits, conflicts: facts.conflicts,
                    groups: facts.groups, largestGroup: facts.largestGroup)
            }
        }
    }
}
