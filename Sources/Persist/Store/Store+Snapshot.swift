/// What ``Store/snapshot(to:)`` wrote, or ``Store/restore(snapshot:to:skippingAhead:)`` made.
package struct SnapshotFacts: Hashable, Sendable {
    package var path: String
    package var revision: Revision
    package var bytes: Int64
}

extension Store {
    /// Writes the state and history of this moment to a new file, while the store goes on. Values stay encrypted as
    /// they are: the snapshot is of use only together with the keys.
    ///
    /// The file appears under its name when it is whole and on the disk; its mode is 0600.
    package func snapshot(to target: String) async throws(StoreError) -> SnapshotFacts {
        try await upkeep { [self] () throws(StoreError) in try writeSnapshot(to: target) }
    }

    private func writeSnapshot(to target: String) throws(StoreError) -> SnapshotFacts {
        if try asStore({ () throws(FileFailure) in try Files.facts(target) }) != nil { throw .exists(path: target) }
        let partial = target + ".partial"
        try asStore { () throws(FileFailure) in
            try Files.removeDatabase(partial)
            try Files.makePrivateFile(partial)
        }
        do throws(StoreError) {
            let source = path
            try asStore(path) { () throws(SQLiteFailure) in
                let connection = try Connection(path: source)
                let quoted = partial.replacing("'", with: "''")
                try connection.execute("VACUUM INTO '\(quoted)'")
                connection.close()
            }
            let facts = try Self.facts(of: partial, calling: target)
            try asStore { () throws(FileFailure) in try Files.publish(partial, as: target) }
            return facts
        } catch {
            try? Files.removeDatabase(partial)
            throw error
        }
    }

    /// Makes a new store from a snapshot.
    ///
    /// Clients may have seen revisions that the snapshot does not have, and must not meet them again with other
    /// contents. So the restored store begins far ahead, and refuses all earlier revisions as compacted: clients list
    /// anew.
    ///
    /// - Parameters:
    ///   - snapshot: the file to read. It is checked page by page; nothing is made when it is damaged, of something
    ///     else, or of a newer version.
    ///   - target: where the store is made; there must be no file yet.
    ///   - skippingAhead: how many revisions are left out.
    /// - Returns: the revision that the new store begins with.
    /// - Throws: ``StoreError`` with the snapshot's path, or the target's.
    package static func restore(
        snapshot: String, to target: String, skippingAhead: Int64 = 1_000_000_000
    ) throws(StoreError) -> SnapshotFacts {
        guard let found = try asStore({ () throws(FileFailure) in try Files.facts(snapshot) }), !found.isDirectory
        else {
            throw .io(path: snapshot, what: "there is no such file")
        }
        let head = try asStore { () throws(FileFailure) in try Files.head(snapshot, count: Schema.magic.count) }
        guard head == Schema.magic else { throw .foreign(path: snapshot) }
        let log = try asStore { () throws(FileFailure) in try Files.facts(snapshot + "-wal") }
        if let log, log.size > 0 {
            throw .io(
                path: snapshot, what: "it is a store in use, not a snapshot: a part of it lies in \(snapshot)-wal")
        }
        if try asStore({ () throws(FileFailure) in try Files.facts(target) }) != nil { throw .exists(path: target) }
        let folder = Files.folder(of: target)
        let partial = target + ".partial"
        try asStore { () throws(FileFailure) in
            if try Files.facts(folder) == nil { try Files.makeFolder(folder) }
            try Files.removeDatabase(partial)
        }
        do throws(StoreError) {
            try asStore { () throws(FileFailure) in try Files.copy(snapshot, to: partial) }
            let connection = try asStore(snapshot) { () throws(SQLiteFailure) in try Connection(path: partial) }
            defer { connection.close() }
            guard try !Schema.identify(connection, path: snapshot) else { throw StoreError.foreign(path: snapshot) }
            try Schema.check(connection, path: snapshot, thoroughly: true)
            try asStore(snapshot) { () throws(SQLiteFailure) in
                _ = try connection.texts("PRAGMA journal_mode = DELETE")
                _ = try connection.transaction { () throws(SQLiteFailure) -> Bool? in
                    let ahead = try Schema.currentRevision(connection).rawValue + max(0, skippingAhead)
                    try Schema.set(.floor, ahead, connection)
                    if skippingAhead > 0 { try Schema.set(.compacted, ahead, connection) }
                    return true
                }
            }
            connection.close()
            let facts = try facts(of: partial, calling: target)
            try asStore { () throws(FileFailure) in try Files.publish(partial, as: target) }
            return facts
        } catch {
            try? Files.removeDatabase(partial)
            throw error
        }
    }

    private static func facts(of file: String, calling name: String) throws(StoreError) -> SnapshotFacts {
        let revision = try asStore(file) { () throws(SQLiteFailure) in
            let connection = try Connection(path: file)
            defer { connection.close() }
            return try Schema.currentRevision(connection)
        }
        let size = try asStore { () throws(FileFailure) in try Files.facts(file)?.size ?? 0 }
        return SnapshotFacts(path: name, revision: revision, bytes: size)
    }
}
