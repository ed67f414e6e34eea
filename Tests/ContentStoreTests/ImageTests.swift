import Glibc
import OCIModel
import Testing

@testable import ContentStore

@Suite("images and what keeps them") struct ImageTests {
    @Test("an image is found by name and by the beginning of its digests") func find() throws {
        let folder = try TemporaryStore()
        let record = try folder.image("app:1", layer: [1])
        try folder.image("other:1", layer: [2])
        #expect(try folder.store.find("app:1").map(\.name) == ["docker.io/library/app:1"])
        #expect(try folder.store.find(String(record.manifest.hex.prefix(12))).map(\.name) == [record.name])
        #expect(try folder.store.find("sha256:" + record.configuration.hex.prefix(8)).map(\.name) == [record.name])
        #expect(throws: ContentStoreError.self) { try folder.store.find("missing:1") }
        #expect(try folder.store.image(try ImageReference("app@\(record.manifest)"))?.name == record.name)
        #expect(try folder.store.image(try ImageReference("other@\(record.manifest)")) == nil)
    }

    @Test("a name moves, and keeps its pin") func move() throws {
        let folder = try TemporaryStore()
        var first = try folder.image("app:1", layer: [1])
        first.isPinned = true
        try folder.store.add([first])
        let second = try folder.image("app:1", layer: [2])
        let all = try folder.store.images()
        #expect(all.count == 1 && all.first?.manifest == second.manifest && all.first?.isPinned == true)
    }

    @Test("collection removes what nothing needs, and nothing else") func collect() throws {
        let folder = try TemporaryStore()
        try folder.image("a:1", layer: [1])
        let b = try folder.image("b:1", layer: [2])
        let stray = try folder.add([9, 9])
        let leased = try folder.add([8, 8])
        let lease = try folder.store.lease()
        try lease.keep([leased])
        #expect(try folder.store.collect(nil).blobs == 1)
        #expect(try folder.store.size(of: stray) == nil)
        #expect(try folder.store.size(of: leased) == 2)
        try folder.store.remove(names: [b.name])
        #expect(try folder.store.collect(nil).blobs == 3)
        #expect(try folder.store.contents(of: try #require(try folder.store.images().first)).blobs.count == 3)
        lease.end()
        #expect(try folder.store.collect(nil).blobs == 1)
        #expect(try folder.store.blobs().count == 3)
    }

    @Test("an uncompressed blob goes, although a layer of the same digest is needed") func twoSets() throws {
        let folder = try TemporaryStore()
        let layer = TemporaryStore.bytes(50)
        // The compressed blob is another one; its configuration names the digest of the uncompressed one.
        let record = try folder.image("a:1", layer: [7])
        let stray = ContentHash.digest([7])
        #expect(try folder.store.contents(of: record).layers.contains(stray))
        let other = try folder.image("b:1", layer: layer)
        try folder.store.remove(names: [record.name, other.name])
        #expect(try folder.store.collect(nil).blobs == 6)
    }

    @Test("layers go with their last image, and stay while a container has them") func layers() throws {
        let folder = try TemporaryStore()
        let record = try folder.image("a:1", layer: [1])
        let chain = ContentHash.digest([1])
        _ = try folder.store.unpack(chain) { folder in
            #expect(unsafe mkdir(folder, 0o755) == 0 && mkdir(folder + "/closed", 0) == 0)
        }
        #expect(try folder.store.layer(chain) != nil)
        #expect(try folder.store.collect(nil).layers == 0)
        try folder.store.addRoot(RootRecord(id: "c1", layers: [chain]))
        try folder.store.remove(names: [record.name])
        #expect(try folder.store.collect(nil).layers == 0)
        try folder.store.removeRoot("c1")
        #expect(try folder.store.collect(nil).layers == 1)
        #expect(try folder.store.layer(chain) == nil)
    }

    @Test("a layer whose unpacking fails leaves nothing") func failedUnpack() throws {
        struct Failure: Error {}
        let folder = try TemporaryStore()
        let chain = ContentHash.digest([1])
        #expect(throws: Failure.self) {
            _ = try folder.store.unpack(chain) { folder in
                #expect(unsafe mkdir(folder, 0o755) == 0)
                throw Failure()
            }
        }
        #expect(try folder.store.layer(chain) == nil)
        #expect(try folder.store.unpacked().isEmpty)
    }

    @Test("a list of images that cannot be read is not overwritten") func damagedIndex() throws {
        let folder = try TemporaryStore()
        try folder.image("a:1", layer: [1])
        try ContentFiles.replace(folder.store.indexPath, with: Array("{".utf8))
        #expect(throws: ContentStoreError.self) { try folder.image("b:1", layer: [2]) }
        #expect(try ContentFiles.read(folder.store.indexPath, limit: 100) == Array("{".utf8))
    }

    @Test(
        "the least lately used images go first, down to the low mark",
        arguments: [
            (90, [], ["old", "mid"]), (84, [], []), (86, [], ["old"]), (90, ["old"], ["mid", "new"]), (99, [], ["old", "mid", "new"]), (90, ["old", "mid", "new"], []),
        ] as [(Int64, [String], [String])])
    func victims(used: Int64, inUse: [String], gone: [String]) throws {
        func image(_ name: String, _ lastUsed: Int64, pinned: Bool = false, added: Int64 = 0) throws -> ImageRecord {
            let digest = ContentHash.digest(Array(name.utf8))
            return ImageRecord(
                name: name, target: ImageDescriptor(.manifest, digest: digest, size: 1), manifest: digest, configuration: digest, size: 6, added: added,
                lastUsed: lastUsed, isPinned: pinned)
        }
        let images = [
            try image("new", 300), try image("old", 100), try image("mid", 200), try image("pinned", 1, pinned: true), try image("young", 0, added: 9990),
        ]
        let busy = Set(images.filter { inUse.contains($0.name) }.map(\.manifest))
        #expect(ImageCollectionPolicy().victims(images, inUse: busy, free: 100 - used, total: 100, now: 10000).map(\.name) == gone)
    }
}
