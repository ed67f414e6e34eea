import CSQLite

/// What SQLite answered in place of doing its work.
struct SQLiteFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code.
    var code: Int32
    var message: String

    /// The code without its extension.
    var primaryCode: Int32 { code & 0xFF }
    var isDamage: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }
    var isFull: Bool { primaryCode == SQLITE_FULL }
    /// Another process was in the way; nothing was done.
    var isBusy: Bool { primaryCode == SQLITE_BUSY }

    var description: String { "\(message) (SQLite \(code))" }
}

/// One connection to a database file. Used by one thread at a time; whoever holds it says which.
///
/// All calls of the SQLite C API are in this file.
@safe final class Connection: @unchecked Sendable {
    fileprivate var handle: OpaquePointer?
    /// How many pages the write-ahead log held after the last commit through this connection.
    fileprivate(set) var logPages = 0

    /// Opens an existing file, which may be empty.
    init(path: String) throws(SQLiteFailure) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        unsafe handle = opened
        guard code == SQLITE_OK else {
            let failure = failure(code)
            close()
            throw failure
        }
        unsafe sqlite3_busy_timeout(opened, 10_000)
    }

    deinit { close() }

    /// Closes the file. Statements that are still alive keep it open until they go.
    func close() {
        if let open = unsafe handle { unsafe sqlite3_close_v2(open) }
        unsafe handle = nil
    }

    /// How long to wait for another connection that is in the way.
    func wait(milliseconds: Int32) { unsafe sqlite3_busy_timeout(handle, milliseconds) }

    /// Runs statements that answer nothing.
    func execute(_ sql: String) throws(SQLiteFailure) {
        guard let open = unsafe handle else { throw Self.closed }
        let code = unsafe sqlite3_exec(open, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The first column of the first row; nil without a row.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int64? {
        let statement = try Statement(self, sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of every row as text.
    func texts(_ sql: String) throws(SQLiteFailure) -> [String] {
        let statement = try Statement(self, sql)
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    /// Runs `body` in one transaction, which is rolled back when it throws or answers nil.
    func transaction<Answer>(
        _ kind: String = "IMMEDIATE", _ body: () throws(SQLiteFailure) -> Answer?
    ) throws(SQLiteFailure) -> Answer? {
        try execute("BEGIN \(kind)")
        do {
            let answer = try body()
            try execute(answer == nil ? "ROLLBACK" : "COMMIT")
            return answer
        } catch {
            // After a failed commit there may be nothing left to roll back, and that is no further failure.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// Makes ``logPages`` follow each commit; SQLite's own automatic checkpoint goes with it.
    func watchLog() {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        guard let open = unsafe handle else { return }
        unsafe sqlite3_wal_hook(
            open,
            { context, _, _, pages in
                guard let context = unsafe context else { return SQLITE_OK }
                unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            }, context)
    }

    /// Copies what the write-ahead log holds into the file, as far as no reader is in the way.
    /// - Returns: whether nothing is left in the log that is not in the file; when `truncating`, whether it is empty.
    @discardableResult
    func checkpoint(truncating: Bool = false) throws(SQLiteFailure) -> Bool {
        guard let open = unsafe handle else { throw Self.closed }
        var pages: Int32 = 0
        var done: Int32 = 0
        let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        let code = unsafe sqlite3_wal_checkpoint_v2(open, nil, mode, &pages, &done)
        if code & 0xFF == SQLITE_BUSY { return false }
        guard code == SQLITE_OK else { throw failure(code) }
        return pages == done
    }

    fileprivate func failure(_ code: Int32) -> SQLiteFailure {
        var text = "no message"
        if let open = unsafe handle, let message = unsafe sqlite3_errmsg(open) {
            text = unsafe String(cString: message)
        }
        return SQLiteFailure(code: code, message: text)
    }

    fileprivate static let closed = SQLiteFailure(code: SQLITE_MISUSE, message: "the connection is closed")
}

/// A prepared statement; used by the thread that uses its connection.
@safe final class Statement {
    private let connection: Connection
    private var handle: OpaquePointer?

    init(_ connection: Connection, _ sql: String) throws(SQLiteFailure) {
        self.connection = connection
        guard let open = unsafe connection.handle else { throw Connection.closed }
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(open, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK else { throw connection.failure(code) }
        unsafe handle = prepared
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Lets the statement go before its time, so that its connection can close.
    func finish() {
        unsafe sqlite3_finalize(handle)
        unsafe handle = nil
    }

    /// Moves to the next row; false after the last.
    func step() throws(SQLiteFailure) -> Bool {
        guard let statement = unsafe handle else { throw Connection.closed }
        let code = unsafe sqlite3_step(statement)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let failure = connection.failure(code)
        unsafe sqlite3_reset(statement)
        throw failure
    }

    /// Runs a statement that answers no row, and makes it ready to run again.
    func run() throws(SQLiteFailure) {
        _ = try step()
        reset()
    }

    /// Makes the statement ready to run again. Its parameters stay.
    func reset() { unsafe sqlite3_reset(handle) }

    func bind(_ index: Int32, _ value: Int64) { unsafe sqlite3_bind_int64(handle, index, value) }

    /// The bytes are copied.
    func bind(_ index: Int32, text: some Collection<UInt8>) {
        let bytes = text.map(CChar.init(bitPattern:))
        unsafe sqlite3_bind_text64(handle, index, bytes, UInt64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
    }

    func bind(_ index: Int32, text: String) { bind(index, text: text.utf8) }

    /// The bytes are copied; nil is NULL.
    func bind(_ index: Int32, blob: [UInt8]?) {
        guard let blob else {
            unsafe sqlite3_bind_null(handle, index)
            return
        }
        if blob.isEmpty {
            unsafe sqlite3_bind_zeroblob(handle, index, 0)
        } else {
            unsafe sqlite3_bind_blob64(handle, index, blob, UInt64(blob.count), Self.copied)
        }
    }

    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String { String(decoding: blob(column), as: UTF8.self) }

    func blob(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// `SQLITE_TRANSIENT`: a macro that Swift does not import.
    private static var copied: sqlite3_destructor_type {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }
}
