import Glibc
package import OCIModel
import Synchronization

/// Keeps blobs and layers from being collected while a process works with them. It goes with the process, however that ends.
package final class ContentLease: Sendable {
    private let store: ContentStore
    private let path: String
    private let file: Int32

    fileprivate init(_ store: ContentStore) throws(ContentStoreError) {
        self.store = store
        let path = "\(store.path)/leases/\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        self.path = path
        file = try store.locked(.shared) { () throws(ContentStoreError) in
            try onDisk { () throws(ContentFileFailure) in
                let file = try ContentFiles.open(path, O_RDWR | O_CREAT | O_APPEND)
                _ = try ContentFiles.lock(file, LOCK_EX, path: path)
                return file
            }
        }
    }

    deinit { end() }

    private let ended = Mutex(false)

    /// Lets everything go.
    package func end() {
        let first = ended.withLock { ended in
            defer { ended = true }
            return !ended
        }
        guard first else { return }
        try? ContentFiles.remove(path)
        ContentFiles.unlock(file)
    }

    /// Keeps these blobs, or layers by their chain ID, also those that are not there yet. Ask after this whether they are there.
    package func keep(_ digests: some Collection<ImageDigest>) throws(ContentStoreError) {
        let text = digests.map { "\($0)\n" }.joined()
        try store.locked(.shared) { () throws(ContentStoreError) in
            try onDisk { () throws(ContentFileFailure) in try ContentFiles.write(file, Array(text.utf8), path: path) }
        }
    }
}

extension ContentStore {
    package func lease() throws(ContentStoreError) -> ContentLease { try ContentLease(self) }

    /// What living processes keep. Leases of those that are gone are removed. Under the lock, alone.
    func leased() throws(ContentStoreError) -> Set<ImageDigest> {
        let folder = path + "/leases"
        return try onDisk { () throws(ContentFileFailure) in
            var kept: Set<ImageDigest> = []
            for name in try ContentFiles.names(folder) {
                let path = folder + "/" + name
                // Its process may have ended since the names were read.
                guard let file = try ContentFiles.openIfPresent(path, O_RDWR) else { continue }
                defer { ContentFiles.unlock(file) }
                if try ContentFiles.lock(file, LOCK_EX | LOCK_NB, path: path) {
                    try ContentFiles.remove(path)
                    continue
                }
                for line in String(decoding: try ContentFiles.read(path, limit: 16 << 20) ?? [], as: UTF8.self).split(separator: "\n") {
                    if let digest = ImageDigest(String(line)) { kept.insert(digest) }
                }
            }
            return kept
        }
    }

    /// What a collection removed.
    package struct Collected: Hashable, Sendable {
        package var images: [String] = []
        package var blobs = 0
        package var layers = 0
        package var bytes: Int64 = 0
    }

    /// Removes the images that `policy` gives up, and what no image, lease or root file system needs.
    ///
    /// - Parameters:
    ///   - policy: nil to remove no image.
    ///   - inUse: digests of configurations or manifests that containers are made of.
    package func collect(
        _ policy: ImageCollectionPolicy?, inUse: Set<ImageDigest> = [], layers removesLayers: Bool = true
    ) throws(ContentStoreError) -> Collected {
        try locked(.alone) { () throws(ContentStoreError) in
            var collected = Collected()
            var images = try images()
            if let policy {
                let space = try space()
                let victims = Set(policy.victims(images, inUse: inUse, free: space.free, total: space.total, now: ContentFiles.now()).map(\.name))
                if !victims.isEmpty {
                    images.removeAll { victims.contains($0.name) }
                    try write(images)
                    collected.images = victims.sorted()
                }
            }
            var needed = try leased()
            var neededLayers = needed
            for root in try roots() { neededLayers.formUnion(root.layers) }
            // Blobs and layers are two sets: the lowest layer's chain ID is also the digest of its uncompressed blob.
            for image in images {
                let contents = try contents(of: image)
                needed.formUnion(contents.blobs)
                neededLayers.formUnion(contents.layers)
            }
            for (digest, size) in try blobs() where !needed.contains(digest) {
                try onDisk { () throws(ContentFileFailure) in try ContentFiles.remove(blobPath(digest)) }
                collected.blobs += 1
                collected.bytes += size
            }
            try removeStaleIngests()
            if removesLayers {
                for chain in try unpacked() where !neededLayers.contains(chain) {
                    try removeLayer(chain)
                    collected.layers += 1
                }
                try removeUnfinishedLayers()
            }
            return collected
        }
    }

    /// All that an image is made of: its blobs, and its layers by chain ID. What of it cannot be read is left out.
    func contents(of image: ImageRecord) throws(ContentStoreError) -> (blobs: Set<ImageDigest>, layers: Set<ImageDigest>) {
        var layers: Set<ImageDigest> = []
        var all: Set<ImageDigest> = [image.target.digest, image.manifest, image.configuration]
        func blob(_ digest: ImageDigest, _ limit: Int64) throws(ContentStoreError) -> [UInt8]? {
            do { return try read(digest, limit: limit) } catch {
                switch error {
                case .missing, .damaged, .tooLarge: return nil
                case .mismatch, .size, .noImage, .ambiguous, .damagedIndex, .full, .io: throw error
                }
            }
        }
        if let bytes = try blob(image.manifest, ImageManifest.maximumSize), let manifest = try? ImageManifest(parsing: bytes) {
            all.formUnion(manifest.layers.map(\.digest))
        }
        if let bytes = try blob(image.configuration, ImageConfiguration.maximumSize), let configuration = try? ImageConfiguration(parsing: bytes) {
            layers.formUnion(ContentHash.chain(configuration.diffIDs))
        }
        return (all, layers)
    }

    /// What broke off and was not taken up again for a day.
    private func removeStaleIngests() throws(ContentStoreError) {
        let folder = path + "/ingest"
        try onDisk { () throws(ContentFileFailure) in
            for name in try ContentFiles.names(folder) {
                let path = folder + "/" + name
                guard let facts = try ContentFiles.facts(path), ContentFiles.now() - facts.modified > 86400 else { continue }
                let file = try ContentFiles.open(path, O_RDWR)
                defer { ContentFiles.unlock(file) }
                if try ContentFiles.lock(file, LOCK_EX | LOCK_NB, path: path) { try ContentFiles.remove(path) }
            }
        }
    }
}
