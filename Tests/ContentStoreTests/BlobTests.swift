import Glibc
import OCIModel
import Testing

@testable import ContentStore

@Suite("blobs") struct BlobTests {
    @Test("a blob comes back as it went in, under its digest alone", arguments: ImageDigest.Algorithm.allCases)
    func roundTrip(algorithm: ImageDigest.Algorithm) throws {
        let folder = try TemporaryStore()
        let bytes = TemporaryStore.bytes(100_000)
        let digest = ContentHash.digest(bytes, algorithm)
        let writer = try #require(try folder.store.ingest(digest, size: 100_000))
        try writer.write(bytes.prefix(10))
        #expect(try folder.store.size(of: digest) == nil)
        try writer.write(bytes.dropFirst(10))
        try writer.finish()
        #expect(try folder.store.read(digest, limit: 1 << 20) == bytes)
        #expect(try folder.store.ingest(digest, size: 100_000) == nil)
        #expect(try ContentFiles.names(folder.path + "/ingest").isEmpty)
        try folder.store.verify(digest)
    }

    @Test("files are their owner's alone") func modes() throws {
        let folder = try TemporaryStore()
        let digest = try folder.add([1, 2, 3])
        for path in [folder.path, folder.path + "/blobs", folder.store.blobPath(digest)] {
            var status = stat()
            try #require(unsafe stat(path, &status) == 0)
            #expect(status.st_mode & 0o077 == 0, "\(path)")
        }
    }

    @Test("other bytes than announced get no name: more, fewer, different") func refusals() throws {
        let folder = try TemporaryStore()
        let bytes = TemporaryStore.bytes(1000)
        let digest = ContentHash.digest(bytes)
        #expect(throws: ContentStoreError.self) { try folder.store.ingest(digest, size: 1000)?.write(bytes + [0]) }
        #expect(throws: ContentStoreError.self) {
            let writer = try folder.store.ingest(digest, size: 1000)
            try writer?.write(bytes.dropLast())
            try writer?.finish()
        }
        let writer = try #require(try folder.store.ingest(digest, size: 1000))
        #expect(writer.count == 999)
        try writer.restart()
        try writer.write(TemporaryStore.bytes(1000, 1))
        #expect(throws: ContentStoreError.self) { try writer.finish() }
        #expect(try folder.store.size(of: digest) == nil)
    }

    @Test("what broke off goes on where it was") func resume() throws {
        let folder = try TemporaryStore()
        let bytes = TemporaryStore.bytes(5000)
        let digest = ContentHash.digest(bytes)
        try folder.store.ingest(digest, size: 5000)?.write(bytes.prefix(3000))
        let writer = try #require(try folder.store.ingest(digest, size: 5000))
        #expect(writer.count == 3000)
        try writer.write(bytes.dropFirst(3000))
        try writer.finish()
        #expect(try folder.store.read(digest, limit: 5000) == bytes)
    }

    @Test("a blob that was damaged is found, removed and taken again") func damage() throws {
        let folder = try TemporaryStore()
        let bytes = TemporaryStore.bytes(5000)
        let digest = try folder.add(bytes)
        folder.overwrite(digest, with: [0xFF, 0xFF])
        #expect(throws: ContentStoreError.damaged(digest)) { try folder.store.verify(digest) }
        #expect(try folder.store.size(of: digest) == nil)
        #expect(try folder.add(bytes) == digest)
        folder.overwrite(digest, with: [0xFF, 0xFF])
        #expect(throws: ContentStoreError.damaged(digest)) { try folder.store.read(digest, limit: 5000) }
        // Cut short: the size tells, and the next fetch replaces it.
        _ = try folder.add(bytes)
        _ = unsafe truncate(folder.store.blobPath(digest), 10)
        #expect(try folder.store.ingest(digest, size: 5000) != nil)
    }

    @Test("many writers of one blob end with one whole blob") func concurrent() async throws {
        let folder = try TemporaryStore()
        let bytes = TemporaryStore.bytes(200_000)
        let digest = ContentHash.digest(bytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    guard let writer = try folder.store.ingest(digest, size: 200_000) else { return }
                    try writer.write(bytes.dropFirst(Int(writer.count)))
                    try writer.finish()
                }
            }
            try await group.waitForAll()
        }
        #expect(try folder.store.read(digest, limit: 1 << 20) == bytes)
    }
}
