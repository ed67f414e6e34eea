import Synchronization

/// Connections for reading, lent to one caller at a time. Readers and the writer do not wait for each other.
final class Readers: Sendable {
    private struct State {
        var idle: [Connection] = []
        var isClosed = false
    }

    private let path: String
    private let state = Mutex(State())

    /// So many idle connections are kept.
    private static let kept = 4

    init(path: String) { self.path = path }

    /// Runs `body` in one read transaction: everything it sees is of one moment.
    func read<Value>(_ body: (Connection) throws(StoreError) -> Value) throws(StoreError) -> Value {
        let (idle, isClosed) = state.withLock { ($0.idle.popLast(), $0.isClosed) }
        if isClosed { throw .closed(path: path) }
        let connection = try asStore(path) { () throws(SQLiteFailure) in
            let connection = if let idle { idle } else { try fresh() }
            try connection.execute("BEGIN")
            return connection
        }
        defer { giveBack(connection) }
        return try body(connection)
    }

    private func fresh() throws(SQLiteFailure) -> Connection {
        let connection = try Connection(path: path)
        try Schema.configureReader(connection)
        return connection
    }

    private func giveBack(_ connection: Connection) {
        // A read that failed may have ended its transaction; a connection that cannot end one is not kept.
        let isReusable = (try? connection.execute("ROLLBACK")) != nil
        let isKept = state.withLock { state in
            guard isReusable, !state.isClosed, state.idle.count < Self.kept else { return false }
            state.idle.append(connection)
            return true
        }
        if !isKept { connection.close() }
    }

    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            let idle = state.idle
            state.idle = []
            return idle
        }
        for connection in idle { connection.close() }
    }
}
