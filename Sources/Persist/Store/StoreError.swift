package import EncryptionAtRest

/// Why the store did not do what it was asked. Each case says what is true then.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An expectation about `key` did not hold: `actual` is its revision, nil when it does not exist. Nothing changed.
    case conflict(key: String, actual: Revision?)
    /// The call itself is wrong. Nothing changed.
    case invalid(String)
    /// The history before this revision is gone.
    case compacted(Revision)
    /// A revision that the store has not reached. Nothing changed.
    case future(asked: Revision, current: Revision)
    /// A value cannot be sealed or opened. Nothing changed.
    case encryption(EncryptionError)
    /// Another process has the store open. Nothing was touched.
    case locked(path: String, by: Int32?)
    /// The file is something else. Nothing was touched.
    case foreign(path: String)
    /// The file was written by a newer version. Nothing was touched.
    case newerSchema(path: String, found: Int64, supported: Int64)
    /// The file is not as it was written.
    case damaged(path: String, what: String)
    /// Others may write where the store lies. Nothing was touched.
    case exposed(path: String)
    /// There is a file already where one should be made. Nothing was touched.
    case exists(path: String)
    /// The disk is full. What was asked was not done.
    case full(path: String, what: String)
    /// The system or SQLite refused. What was asked was not done.
    case io(path: String, what: String)
    /// A write failed, and from then on the store takes none: whether that one write is on the disk shows at the next
    /// start. What was acknowledged before is there.
    case failed(path: String, what: String, isFull: Bool)
    /// The store was closed. Nothing changed.
    case closed(path: String)

    /// What went wrong, and where.
    package var summary: String {
        switch self {
        case .conflict(let key, let actual?): "\(key) is at revision \(actual)"
        case .conflict(let key, nil): "\(key) does not exist"
        case .invalid(let what): what
        case .compacted(let revision): "the history before revision \(revision) was compacted"
        case .future(let asked, let current): "revision \(asked) is later than the current one, \(current)"
        case .encryption(let error): error.description
        case .locked(let path, let process):
            "the store \(path) is in use by " + (process.map { "process \($0)" } ?? "another process")
        case .foreign(let path): "\(path) is not a Kastell store, or its beginning was overwritten"
        case .newerSchema(let path, let found, let supported):
            "the store \(path) has schema version \(found); this version of kastell reads up to \(supported)"
        case .damaged(let path, let what): "the store \(path) is damaged: \(what)"
        case .exposed(let path): "other users may write to \(path)"
        case .exists(let path): "\(path) exists already"
        case .full(let path, let what): "no space left for \(path): \(what)"
        case .io(let path, let what): "the file \(path) cannot be used: \(what)"
        case .failed(let path, let what, _): "the store \(path) takes no more writes: \(what)"
        case .closed(let path): "the store \(path) was closed"
        }
    }

    /// How to mend it, in the imperative.
    package var remedy: String {
        switch self {
        case .conflict: "Read the object again and repeat the change on what is there."
        case .invalid: "Report this as a fault of kastell."
        case .compacted, .future: "List again and watch from the revision of that list."
        case .encryption(let error): error.remedy
        case .locked: "Stop the other process, or give this one a data directory of its own."
        case .foreign: "Put a sound snapshot in its place with 'kastell snapshot restore FILE', which keeps this file beside."
        case .newerSchema: "Start the version of kastell that wrote it, or a newer one."
        case .damaged: "Keep a copy of the file, and restore the latest snapshot to a new path."
        case .exposed(let path): "Run 'chmod go-w \(path)', or choose a directory of your own."
        case .exists: "Remove it, or choose another path."
        case .full, .failed(_, _, isFull: true): "Free space on its file system, then start kastell again."
        case .io: "Check that the path is right and the user of kastell may write there, and the health of the disk."
        case .failed:
            "Check the health of the disk, then start kastell again; if it does not start, restore a snapshot."
        case .closed: "Open the store again."
        }
    }

    package var description: String {
        if case .encryption(let error) = self { error.description } else { "\(summary). \(remedy)" }
    }
}

extension StoreError {
    /// A failure that is no fault of a write.
    init(_ failure: SQLiteFailure, path: String) {
        if failure.isDamage {
            self = .damaged(path: path, what: failure.description)
        } else if failure.isFull {
            self = .full(path: path, what: failure.description)
        } else {
            self = .io(path: path, what: failure.description)
        }
    }

    init(_ failure: FileFailure) {
        self =
            failure.isFull
            ? .full(path: failure.path, what: failure.description) : .io(path: failure.path, what: failure.description)
    }
}

/// Runs calls of SQLite on the store at `path`, and says their failures as the store's.
func asStore<Value>(_ path: String, _ body: () throws(SQLiteFailure) -> Value) throws(StoreError) -> Value {
    do throws(SQLiteFailure) { return try body() } catch { throw StoreError(error, path: path) }
}

/// Runs calls on files, and says their failures as the store's.
func asStore<Value>(_ body: () throws(FileFailure) -> Value) throws(StoreError) -> Value {
    do throws(FileFailure) { return try body() } catch { throw StoreError(error) }
}
