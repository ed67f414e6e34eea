import CSQLite
import KubeModel

/// The file's layout.
///
/// `log` has one row per change, never altered but for its envelope and when that was sealed (see ``Store/rewrite(batch:progress:)``) and only
/// removed by compaction. A row's id is its revision and its place in the commit, so that the table itself is the order
/// of events and needs no second index. The envelope comes last: a scan of the rest does not read it when it is long.
enum Schema {
    /// `KSTL`, in the header of the file.
    static let applicationID: Int64 = 0x4B53_544C
    static let version: Int64 = 1
    static let magic = Array("SQLite format 3\u{0}".utf8)

    /// Bits of a row's id below the revision.
    static let placeBits: Int64 = 12
    static let maximumMutations = 1 << placeBits

    /// The largest file that is read through when it is opened, in bytes.
    static let checkedSize: Int64 = 64 << 20

    static func id(_ revision: Revision, _ place: Int) -> Int64 { revision.rawValue << placeBits | Int64(place) }
    static func revision(of id: Int64) -> Revision { Revision(id >> placeBits) }
    /// The largest id that a row of `revision` may have.
    static func lastID(of revision: Revision) -> Int64 { id(revision.next, 0) - 1 }

    static let tables = """
        CREATE TABLE log (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL,
            resource TEXT NOT NULL,
            create_revision INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            written_at INTEGER NOT NULL,
            envelope BLOB
        ) STRICT;
        CREATE INDEX log_by_key ON log (key);
        CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """

    /// The numbers in `meta`.
    enum Number: String {
        /// The current revision is at least this one, whatever rows are left.
        case floor
        /// History before this revision is refused.
        case compacted
        /// History before this revision is removed; behind `compacted` while a compaction is under way.
        case purged
    }

    static func number(_ number: Number, _ connection: Connection) throws(SQLiteFailure) -> Int64 {
        try connection.integer("SELECT value FROM meta WHERE name = '\(number.rawValue)'") ?? 0
    }

    static func set(_ number: Number, _ value: Int64, _ connection: Connection) throws(SQLiteFailure) {
        try connection.execute("INSERT OR REPLACE INTO meta VALUES ('\(number.rawValue)', \(value))")
    }

    static func currentRevision(_ connection: Connection) throws(SQLiteFailure) -> Revision {
        let newest = try connection.integer("SELECT max(id) FROM log") ?? 0
        return max(Revision(try number(.floor, connection)), revision(of: newest), .initial)
    }

    /// What the file says of itself.
    static func facts(_ connection: Connection) throws(SQLiteFailure) -> StoreState.Facts {
        var facts = StoreState.Facts()
        facts.current = try currentRevision(connection)
        facts.compacted = Revision(try number(.compacted, connection))
        return facts
    }

    /// Settings that hold for one connection only.
    static func configure(_ connection: Connection) throws(SQLiteFailure) {
        try connection.execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST")
        try connection.execute("PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 67108864")
    }

    /// Settings of a connection that only reads.
    static func configureReader(_ connection: Connection) throws(SQLiteFailure) {
        try connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384")
    }

    /// Checks that the file is a store of ours, and makes an empty file one.
    static func prepare(_ connection: Connection, path: String) throws(StoreError) {
        let isNew = try identify(connection, path: path)
        if !isNew { try check(connection, path: path) }
        let mode = try asStore(path) { () throws(SQLiteFailure) in try connection.texts("PRAGMA journal_mode = WAL") }
        guard mode == ["wal"] else {
            throw .io(path: path, what: "its file system does not support a write-ahead log")
        }
        try asStore(path) { () throws(SQLiteFailure) in
            try configure(connection)
            guard isNew else { return }
            _ = try connection.transaction { () throws(SQLiteFailure) -> Bool? in
                try connection.execute(tables)
                try connection.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
                return true
            }
        }
    }

    /// Whether the file is empty; throws when it is neither empty nor ours.
    static func identify(_ connection: Connection, path: String) throws(StoreError) -> Bool {
        let (found, tables) = try asStore(path) { () throws(SQLiteFailure) in
            (
                try connection.integer("PRAGMA application_id") ?? 0,
                try connection.integer("SELECT count(*) FROM sqlite_master") ?? 0
            )
        }
        if found == 0, tables == 0 { return true }
        guard found == applicationID else { throw .foreign(path: path) }
        return false
    }

    /// Checks version and structure of a store, and, when that is quick, every page of it.
    static func check(_ connection: Connection, path: String, thoroughly: Bool = false) throws(StoreError) {
        let found = try asStore(path) { () throws(SQLiteFailure) in try connection.integer("PRAGMA user_version") ?? 0 }
        guard found <= version else { throw .newerSchema(path: path, found: found, supported: version) }
        let faults = try asStore(path) { () throws(SQLiteFailure) in
            let names = try connection.texts("SELECT name FROM sqlite_master")
            guard found == version, Set(["log", "log_by_key", "meta"]).isSubset(of: names) else {
                return ["its tables are missing"]
            }
            let pages = try connection.integer("PRAGMA page_count") ?? 0
            let size = pages * (try connection.integer("PRAGMA page_size") ?? 0)
            guard thoroughly || size <= checkedSize else { return ["ok"] }
            return try connection.texts(thoroughly ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)")
        }
        guard let first = faults.first, faults != ["ok"] else { return }
        throw .damaged(path: path, what: first)
    }

    static func resource(_ text: String) -> GroupResource {
        let parts = text.split(separator: ".", maxSplits: 1)
        return GroupResource(
            group: parts.count > 1 ? String(parts[1]) : "", resource: parts.first.map(String.init) ?? "")
    }
}

/// The keys that begin with a prefix, as a range of bytes.
struct KeyRange {
    var lower: [UInt8]
    /// Nil when there is no end.
    var upper: [UInt8]?

    init(prefix: String) {
        lower = Array(prefix.utf8)
        var end = lower
        while let last = end.popLast() {
            if last < 0xFF {
                end.append(last + 1)
                upper = end
                return
            }
        }
        upper = nil
    }

    /// No key has a byte above those of UTF-8, so this one ends every range that has no end.
    static let end: [UInt8] = [0xFF]

    func bind(_ statement: Statement, _ first: Int32, _ second: Int32) {
        statement.bind(first, text: lower)
        statement.bind(second, text: upper ?? Self.end)
    }
}
