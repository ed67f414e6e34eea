import Glibc
package import OCIModel

/// Owns the folder with the images of one node: blobs by digest, names of images, unpacked layers.
///
/// ```
/// blobs/sha256/…   whole and verified: a blob gets its name after its last byte was hashed and is on the disk
/// ingest/…         what is still coming, taken up again where it broke off
/// layers/CHAIN/fs  unpacked layers by chain ID, shared by all images that begin with the same layers
/// index.json       names → digests, replaced as a whole
/// leases/…         what is in use by a process, held by a lock that goes with the process
/// ```
/// There is no state in memory, so any number of processes may use one folder at once: a lock on `lock` is held shared
/// while something is looked up and taken, and alone while something is removed. Calls block on the disk; callers are
/// on a thread that may.
package final class ContentStore: Sendable {
    /// Absolute.
    package let path: String

    /// Opens the folder, and makes it when it is not there.
    package init(path: String) throws(ContentStoreError) {
        self.path = path
        try onDisk { () throws(ContentFileFailure) in
            for folder in ["", "/blobs", "/blobs/sha256", "/blobs/sha512", "/ingest", "/layers", "/leases", "/roots"] {
                try ContentFiles.makePrivateFolder(path + folder)
            }
        }
    }

    package func blobPath(_ digest: ImageDigest) -> String { "\(path)/blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }
    func ingestPath(_ digest: ImageDigest) -> String { "\(path)/ingest/\(digest.algorithm.rawValue)-\(digest.hex)" }
    var indexPath: String { path + "/index.json" }

    // MARK: Locks

    enum LockKind { case shared, alone }

    /// Runs `body` while no other process removes anything; alone, while none takes anything up either.
    func locked<Value>(_ kind: LockKind, _ body: () throws(ContentStoreError) -> Value) throws(ContentStoreError) -> Value {
        let path = path + "/lock"
        let file = try onDisk { () throws(ContentFileFailure) in try ContentFiles.open(path, O_RDWR | O_CREAT) }
        defer { ContentFiles.unlock(file) }
        _ = try onDisk { () throws(ContentFileFailure) in try ContentFiles.lock(file, kind == .alone ? LOCK_EX : LOCK_SH, path: path) }
        return try body()
    }

    // MARK: Blobs

    /// The size of a blob; nil when it is not there. Whether its bytes are what its name says shows when they are read.
    package func size(of digest: ImageDigest) throws(ContentStoreError) -> Int64? {
        try onDisk { () throws(ContentFileFailure) in try ContentFiles.facts(blobPath(digest)) }.flatMap { $0.isFile ? $0.size : nil }
    }

    /// Reads a small blob whole and verifies it.
    package func read(_ digest: ImageDigest, limit: Int64) throws(ContentStoreError) -> [UInt8] {
        guard let size = try size(of: digest) else { throw .missing(digest) }
        guard size <= limit else { throw .tooLarge(digest, size: size, limit: limit) }
        let bytes = try onDisk { () throws(ContentFileFailure) in try ContentFiles.read(blobPath(digest), limit: Int(limit)) }
        guard let bytes else { throw .missing(digest) }
        guard ContentHash.digest(bytes, digest.algorithm) == digest else { throw try discard(digest) }
        return bytes
    }

    /// Opens a blob for reading from its beginning; ``BlobReader/finish()`` tells whether it was whole.
    package func open(_ digest: ImageDigest) throws(ContentStoreError) -> BlobReader {
        guard let size = try size(of: digest) else { throw .missing(digest) }
        let path = blobPath(digest)
        return BlobReader(path: path, file: try onDisk { () throws(ContentFileFailure) in try ContentFiles.open(path, O_RDONLY) }, size: size)
    }

    /// Reads a blob to its end and throws when it is not what its name says; it is removed then.
    package func verify(_ digest: ImageDigest) throws(ContentStoreError) {
        let reader = try open(digest)
        defer { reader.close() }
        var hash = ContentHash(digest.algorithm)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try reader.read(&chunk)
            if count == 0 { break }
            hash.update(chunk.prefix(count))
        }
        guard hash.digest == digest else { throw try discard(digest) }
    }

    /// Removes a damaged blob.
    private func discard(_ digest: ImageDigest) throws(ContentStoreError) -> ContentStoreError {
        try onDisk { () throws(ContentFileFailure) in try ContentFiles.remove(blobPath(digest)) }
        return .damaged(digest)
    }

    /// Stores a small blob.
    package func store(_ bytes: [UInt8], as digest: ImageDigest) throws(ContentStoreError) {
        if try size(of: digest) == Int64(bytes.count) { return }
        guard let writer = try ingest(digest, size: Int64(bytes.count)) else { return }
        try writer.restart()
        try writer.write(bytes)
        try writer.finish()
    }

    /// Begins or goes on with a blob that comes from outside, and waits while somebody else receives the same one. Not for
    /// a task that others wait for on the same threads: see ``tryIngest(_:size:)``.
    ///
    /// - Parameter size: as announced; nil when nobody said.
    /// - Returns: nil when the blob is there already.
    package func ingest(_ digest: ImageDigest, size: Int64?) throws(ContentStoreError) -> BlobWriter? {
        switch try ingest(digest, size, waits: true) {
        case .present, .busy: nil
        case .writer(let writer): writer
        }
    }

    /// What becomes of the wish to receive a blob.
    package enum Ingest {
        /// It is here.
        case present
        /// Somebody else receives it.
        case busy
        case writer(BlobWriter)
    }

    /// Like ``ingest(_:size:)`` without waiting: a task that slept here while it held a thread of the pool could keep the
    /// very task from running that it waits for.
    package func tryIngest(_ digest: ImageDigest, size: Int64?) throws(ContentStoreError) -> Ingest {
        try ingest(digest, size, waits: false)
    }

    private func ingest(_ digest: ImageDigest, _ size: Int64?, waits: Bool) throws(ContentStoreError) -> Ingest {
        let path = ingestPath(digest)
        while true {
            if let present = try self.size(of: digest) {
                if size == nil || present == size { return .present }
                _ = try discard(digest)
            }
            let file = try onDisk { () throws(ContentFileFailure) in try ContentFiles.open(path, O_RDWR | O_CREAT) }
            do {
                let kind = waits ? LOCK_EX : LOCK_EX | LOCK_NB
                guard try onDisk({ () throws(ContentFileFailure) in try ContentFiles.lock(file, kind, path: path) }) else {
                    close(file)
                    return .busy
                }
                // The process that held the lock may have finished the blob: then this is a file without a name.
                guard let facts = try onDisk({ () throws(ContentFileFailure) in try ContentFiles.facts(path) }),
                    ContentFiles.isSame(file, facts), try self.size(of: digest) == nil
                else {
                    ContentFiles.unlock(file)
                    continue
                }
                return .writer(try BlobWriter(file: file, path: path, target: blobPath(digest), digest: digest, size: size))
            } catch {
                ContentFiles.unlock(file)
                throw error
            }
        }
    }

    /// Every blob that is there, with its size.
    package func blobs() throws(ContentStoreError) -> [ImageDigest: Int64] {
        var found: [ImageDigest: Int64] = [:]
        for algorithm in ImageDigest.Algorithm.allCases {
            for name in try onDisk({ () throws(ContentFileFailure) in try ContentFiles.names("\(path)/blobs/\(algorithm.rawValue)") }) {
                guard let digest = ImageDigest(algorithm, hex: name), let size = try size(of: digest) else { continue }
                found[digest] = size
            }
        }
        return found
    }

    /// How full the file system is.
    package func space() throws(ContentStoreError) -> (free: Int64, total: Int64) {
        try onDisk { () throws(ContentFileFailure) in try ContentFiles.space(path) }
    }
}

/// Reads one blob. Used by one thread at a time.
package final class BlobReader {
    package let path: String
    package let size: Int64
    private var file: Int32

    init(path: String, file: Int32, size: Int64) {
        self.path = path
        self.file = file
        self.size = size
    }

    deinit { close() }

    package func close() {
        if file >= 0 { Glibc.close(file) }
        file = -1
    }

    /// How many bytes came; 0 at the end.
    package func read(_ chunk: inout [UInt8]) throws(ContentStoreError) -> Int {
        do { return try ContentFiles.read(file, &chunk, path: path) } catch { throw ContentStoreError(error) }
    }
}

/// Receives one blob. What came stays when it breaks off, and the next writer goes on there. Used by one task at a time.
package final class BlobWriter: @unchecked Sendable {
    // Sendable by the caller's order: one task writes, and the lock on the file keeps other processes out.
    package let digest: ImageDigest
    /// As announced; nil when nobody said.
    package let expected: Int64?
    private let path: String
    private let target: String
    private var file: Int32
    private var hash: ContentHash

    init(file: Int32, path: String, target: String, digest: ImageDigest, size: Int64?) throws(ContentStoreError) {
        self.file = file
        self.path = path
        self.target = target
        self.digest = digest
        expected = size
        hash = ContentHash(digest.algorithm)
        // What came before is read again: a hash cannot be kept, and the bytes may have been lost in a crash.
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try onDisk { () throws(ContentFileFailure) in try ContentFiles.read(file, &chunk, path: path) }
            if count == 0 { break }
            hash.update(chunk.prefix(count))
        }
        if let size, hash.count > size { try restart() }
    }

    deinit { close() }

    private func close() {
        if file >= 0 { ContentFiles.unlock(file) }
        file = -1
    }

    /// How many bytes are here already.
    package var count: Int64 { hash.count }

    /// Forgets what came.
    package func restart() throws(ContentStoreError) {
        do { try ContentFiles.truncate(file, path: path) } catch { throw ContentStoreError(error) }
        hash = ContentHash(digest.algorithm)
    }

    /// Takes more bytes.
    ///
    /// - Throws: ``ContentStoreError/size(_:expected:found:)`` as soon as more came than were announced.
    package func write(_ bytes: some Collection<UInt8>) throws(ContentStoreError) {
        if let expected, hash.count + Int64(bytes.count) > expected {
            let found = hash.count + Int64(bytes.count)
            try restart()
            throw .size(digest, expected: expected, found: found)
        }
        do { try ContentFiles.write(file, bytes, path: path) } catch { throw ContentStoreError(error) }
        hash.update(bytes)
    }

    /// Like ``finish()``; false when what came before is not the blob, and is forgotten.
    package func finishIfWhole() throws(ContentStoreError) -> Bool {
        guard hash.digest == digest else {
            try restart()
            return false
        }
        try finish()
        return true
    }

    /// Verifies what came and gives it its name. After that it survives a crash.
    package func finish() throws(ContentStoreError) {
        if let expected, hash.count != expected { throw .size(digest, expected: expected, found: hash.count) }
        let found = hash.digest
        guard found == digest else {
            try restart()
            throw .mismatch(expected: digest, found: found.description)
        }
        do {
            try ContentFiles.synchronize(file, path: path)
            try ContentFiles.rename(path, target)
            try ContentFiles.synchronizeFolder(String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)]))
        } catch {
            throw ContentStoreError(error)
        }
        close()
    }
}

extension ContentFiles {
    /// Whether an open file is the one that facts are of.
    static func isSame(_ file: Int32, _ facts: Facts) -> Bool {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return false }
        return UInt64(status.st_dev) == facts.device && UInt64(status.st_ino) == facts.inode
    }
}

extension ContentStore {
    /// Stores a blob whose digest is not known before it is here.
    ///
    /// - Parameter next: fills a buffer; 0 at the end.
    package func adopt(_ next: (inout [UInt8]) throws -> Int) throws -> (digest: ImageDigest, size: Int64, head: [UInt8]) {
        let path = "\(path)/ingest/adopted-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let file = try onDisk { () throws(ContentFileFailure) in try ContentFiles.open(path, O_RDWR | O_CREAT | O_EXCL) }
        defer {
            Glibc.close(file)
            try? ContentFiles.remove(path)
        }
        var hash = ContentHash(.sha256)
        var head: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try next(&chunk)
            if count == 0 { break }
            if head.count < 4 { head += chunk.prefix(count).prefix(4 - head.count) }
            try onDisk { () throws(ContentFileFailure) in try ContentFiles.write(file, chunk.prefix(count), path: path) }
            hash.update(chunk.prefix(count))
        }
        let digest = hash.digest
        try onDisk { () throws(ContentFileFailure) in
            try ContentFiles.synchronize(file, path: path)
            try ContentFiles.rename(path, blobPath(digest))
            try ContentFiles.synchronizeFolder("\(self.path)/blobs/sha256")
        }
        return (digest, hash.count, head)
    }
}
