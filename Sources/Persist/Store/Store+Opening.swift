extension Store {
    /// Makes sure that the file is there, that nobody else can write to it, and that no other process has it open.
    static func claim(_ path: String) throws(StoreError) -> LockFile {
        let folder = Files.folder(of: path)
        let folderFacts = try asStore { () throws(FileFailure) in
            if try Files.facts(folder) == nil { try Files.makeFolder(folder) }
            return try Files.facts(folder)
        }
        // Whoever may write in the folder can put another file in the place of ours.
        if let folderFacts, folderFacts.mode & 0o022 != 0 { throw .exposed(path: folder) }
        let lockPath = path + ".lock"
        guard let lock = try asStore({ () throws(FileFailure) in try LockFile(path: lockPath) }) else {
            throw .locked(path: path, by: LockFile.holder(path: lockPath))
        }
        let isForeign = try asStore { () throws(FileFailure) in
            guard let facts = try Files.facts(path) else { return false }
            if facts.isDirectory { return true }
            if facts.size == 0 { return false }
            return try Files.head(path, count: Schema.magic.count) != Schema.magic
        }
        if isForeign { throw .foreign(path: path) }
        try asStore { () throws(FileFailure) in
            let isNew = try Files.facts(path) == nil
            try Files.makePrivateFile(path)
            if isNew { try Files.synchronize(folder) }
        }
        return lock
    }
}
