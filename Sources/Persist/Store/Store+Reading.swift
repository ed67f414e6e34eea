package import EncryptionAtRest
package import KubeModel

/// An object as it is or was.
package struct StoreEntry: Sendable {
    package var key: String
    package var resource: GroupResource
    package var revision: Revision
    package var createRevision: Revision
    /// The serialised object; the failure when no configured key opens it, which concerns this object only.
    package var value: Result<[UInt8], EncryptionError>
    /// Whether it is stored under another key than the one that writes now.
    package var isStale: Bool

    init(_ row: Row, _ transformer: ValueTransformer) {
        key = row.key
        resource = row.resource
        revision = row.revision
        createRevision = row.createRevision
        do throws(EncryptionError) {
            let opened = try row.opened(transformer)
            value = .success(opened.plaintext)
            isStale = opened.isStale
        } catch {
            value = .failure(error)
            isStale = true
        }
    }
}

/// Part of the log.
package struct EventPage: Sendable {
    /// In order of revision; those of one revision are together.
    package var events: [StoreEvent]
    /// Everything up to here was looked at; the next page comes after it.
    package var through: Revision
    /// Whether that was the newest revision when the page was read.
    package var isLast: Bool
}

/// Part of the objects at one revision.
package struct EntryPage: Sendable {
    /// In order of key (bytes).
    package var entries: [StoreEntry]
    /// The revision that was read at.
    package var revision: Revision
    /// Whether objects with greater keys follow.
    package var hasMore: Bool
}

extension Store {
    /// Hands every live object to `body`, in order of key, all from one moment. One value is in memory at a time.
    /// - Returns: the revision of that moment.
    @discardableResult
    package func forEachLive(_ body: (StoreEntry) -> Void) throws(StoreError) -> Revision {
        try readers.read { connection throws(StoreError) in
            try asStore(path) { () throws(SQLiteFailure) in
                let revision = try Schema.currentRevision(connection)
                let rows = try LiveRows(connection, KeyRange(prefix: ""), at: revision)
                while let row = try rows.next() { body(StoreEntry(row, transformer)) }
                return revision
            }
        }
    }

    /// The objects whose keys begin with `prefix`, as they were at `revision`.
    ///
    /// - Parameters:
    ///   - prefix: such as `/registry/pods/`; empty for all.
    ///   - revision: nil is the current one.
    ///   - after: only keys greater than this one; for the next page, the last key of the page before.
    ///   - limit: at most so many.
    /// - Returns: the page, and the revision to ask for the next one.
    /// - Throws: ``StoreError/compacted(_:)`` when that state is gone.
    package func list(
        prefix: String, at revision: Revision? = nil, after: String? = nil, limit: Int = .max
    ) throws(StoreError) -> EntryPage {
        try readers.read { connection throws(StoreError) in
            let at = try readable(revision, connection)
            return try asStore(path) { () throws(SQLiteFailure) in
                var page = EntryPage(entries: [], revision: at, hasMore: false)
                let rows = try LiveRows(connection, KeyRange(prefix: prefix), at: at, after: after)
                while let row = try rows.next() {
                    if page.entries.count >= limit {
                        page.hasMore = true
                        break
                    }
                    page.entries.append(StoreEntry(row, transformer))
                }
                return page
            }
        }
    }

    /// One object as it was at `revision`; nil when it did not exist.
    package func get(_ key: String, at revision: Revision? = nil) throws(StoreError) -> StoreEntry? {
        try readers.read { connection throws(StoreError) in
            let at = try readable(revision, connection)
            return try asStore(path) { () throws(SQLiteFailure) in
                try row(key, upTo: Schema.lastID(of: at), connection).map { StoreEntry($0, transformer) }
            }
        }
    }

    /// The changes after `revision` of keys that begin with `prefix`, for a watch that starts before what the cache
    /// keeps. A page may hold more than `limit`, since a revision is not divided.
    ///
    /// - Throws: ``StoreError/compacted(_:)`` when some of them are gone, ``StoreError/encryption(_:)`` when a value
    ///   cannot be opened.
    package func events(
        after revision: Revision, prefix: String = "", limit: Int = 1000
    ) throws(StoreError) -> EventPage {
        try readers.read { connection throws(StoreError) in
            _ = try readable(revision, connection)
            let (rows, through, isLast) = try asStore(path) { () throws(SQLiteFailure) in
                try logRows(after: revision, prefix, limit, connection)
            }
            var events: [StoreEvent] = []
            events.reserveCapacity(rows.count)
            for (row, previous) in rows {
                do throws(EncryptionError) {
                    events.append(
                        StoreEvent(
                            revision: row.revision, createRevision: row.createRevision, key: row.key,
                            resource: row.resource, kind: row.isDeleted ? .delete : .put,
                            value: row.isDeleted ? [] : try row.opened(transformer).plaintext,
                            previousValue: (try? previous?.opened(transformer))?.plaintext,
                            previousRevision: previous?.revision))
                } catch {
                    throw StoreError.encryption(error)
                }
            }
            return EventPage(events: events, through: through, isLast: isLast)
        }
    }

    private func logRows(
        after revision: Revision, _ prefix: String, _ limit: Int, _ connection: Connection
    ) throws(SQLiteFailure) -> (rows: [(Row, previous: Row?)], through: Revision, isLast: Bool) {
        let current = try Schema.currentRevision(connection)
        // The range of ids is the smaller one almost always; without the hint the index on keys may be taken.
        let statement = try Statement(
            connection, Row.select + " NOT INDEXED WHERE id > ?1 AND key >= ?2 AND key < ?3 ORDER BY id")
        statement.bind(1, Schema.lastID(of: revision))
        KeyRange(prefix: prefix).bind(statement, 2, 3)
        var rows: [(Row, previous: Row?)] = []
        while try statement.step() {
            let row = Row(statement)
            if rows.count >= limit, let last = rows.last?.0.revision, last != row.revision {
                return (rows, last, false)
            }
            rows.append((row, try self.row(row.key, upTo: row.id - 1, connection)))
        }
        return (rows, current, true)
    }

    /// The newest row of `key` with an id up to `id`, when that is no deletion.
    func row(_ key: String, upTo id: Int64, _ connection: Connection) throws(SQLiteFailure) -> Row? {
        let statement = try Statement(connection, Row.select + " WHERE key = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1")
        statement.bind(1, text: key)
        statement.bind(2, id)
        guard try statement.step() else { return nil }
        let row = Row(statement)
        return row.isDeleted ? nil : row
    }

    /// `revision`, or the current one, when the file still has that state.
    private func readable(_ revision: Revision?, _ connection: Connection) throws(StoreError) -> Revision {
        let (current, compacted) = try asStore(path) { () throws(SQLiteFailure) in
            (try Schema.currentRevision(connection), Revision(try Schema.number(.compacted, connection)))
        }
        guard let revision else { return current }
        if revision < compacted { throw .compacted(compacted) }
        if revision > current { throw .future(asked: revision, current: current) }
        return revision
    }
}

/// The rows that were live at one revision, in order of key.
struct LiveRows {
    private let statement: Statement

    init(
        _ connection: Connection, _ range: KeyRange, at revision: Revision, after: String? = nil
    ) throws(SQLiteFailure) {
        // The inner query runs over the index alone, in its order, and the outer one fetches one row for each key.
        statement = try Statement(
            connection,
            """
            SELECT \(Row.columns) FROM (
                SELECT max(id) AS newest FROM log
                WHERE key >= ?1 AND key < ?2 AND key > ?3 AND id <= ?4 GROUP BY key
            ) CROSS JOIN log ON id = newest WHERE deleted = 0
            """)
        range.bind(statement, 1, 2)
        statement.bind(3, text: after ?? "")
        statement.bind(4, Schema.lastID(of: revision))
    }

    func next() throws(SQLiteFailure) -> Row? { try statement.step() ? Row(statement) : nil }
}
