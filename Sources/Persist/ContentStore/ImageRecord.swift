import JSONValue
package import OCIModel

/// One name in the store and what it stands for.
package struct ImageRecord: Hashable, Sendable {
    /// In full, such as `docker.io/library/nginx:1.27`.
    package var name: String
    /// The manifest, or the index that was pulled: what the name is pinned to.
    package var target: ImageDescriptor
    /// The manifest of this machine's platform.
    package var manifest: ImageDigest
    /// The configuration: Kubernetes calls its digest the image's ID.
    package var configuration: ImageDigest
    /// Configuration and layers as they travel, in bytes.
    package var size: Int64
    /// Seconds since 1970.
    package var added: Int64
    /// When a container was last made of it, in seconds since 1970.
    package var lastUsed: Int64
    /// Never collected.
    package var isPinned: Bool
    /// With which credentials pods fetched it, as marks that tell nothing of them: only pods that have the same may use it. Nil when
    /// it needed none, or the node's owner brought it: then every pod may.
    package var pullers: Set<String>?

    /// How many different credentials are remembered of one image; who is forgotten asks the registry again.
    static let mostPullers = 64

    package init(
        name: String, target: ImageDescriptor, manifest: ImageDigest, configuration: ImageDigest, size: Int64, added: Int64 = 0, lastUsed: Int64 = 0,
        isPinned: Bool = false, pullers: Set<String>? = nil
    ) {
        self.name = name
        self.target = target
        self.manifest = manifest
        self.configuration = configuration
        self.size = size
        self.added = added
        self.lastUsed = lastUsed
        self.isPinned = isPinned
        self.pullers = pullers
    }

    init?(_ value: JSON) {
        guard let name = value["name"]?.string, let target = try? ImageDescriptor(value["target"], document: "index", field: "target"),
            let manifest = value["manifest"]?.string.flatMap({ ImageDigest($0) }),
            let configuration = value["config"]?.string.flatMap({ ImageDigest($0) })
        else { return nil }
        self.init(
            name: name, target: target, manifest: manifest, configuration: configuration, size: value["size"]?.int ?? 0,
            added: value["added"]?.int ?? 0, lastUsed: value["lastUsed"]?.int ?? 0, isPinned: value["pinned"]?.bool ?? false,
            pullers: value["pullers"]?.array.map { Set($0.compactMap(\.string)) })
    }

    var json: JSON {
        var value: JSON = [
            "name": .string(name), "target": target.json, "manifest": .string(manifest.description), "config": .string(configuration.description),
            "size": .int(size), "added": .int(added), "lastUsed": .int(lastUsed), "pinned": .bool(isPinned),
        ]
        if let pullers { value["pullers"] = .array(pullers.sorted().map { .string($0) }) }
        return value
    }

    /// With the same content that was here already: whoever might use that still may.
    mutating func admitPullers(of old: ImageRecord) {
        guard old.target == target, let new = pullers else { return }
        pullers = old.pullers.map { new.union($0.prefix(Self.mostPullers - new.count)) }
    }
}

extension ContentStore {
    /// Every name, sorted.
    package func images() throws(ContentStoreError) -> [ImageRecord] {
        let path = indexPath
        guard let bytes = try onDisk({ () throws(ContentFileFailure) in try ContentFiles.read(path, limit: 64 << 20) }) else { return [] }
        let value: JSON
        do { value = try JSON.parse(bytes) } catch { throw .damagedIndex(path: path, what: error.description) }
        guard value["version"]?.int == 1, let entries = value["images"]?.array else { throw .damagedIndex(path: path, what: "it is of another version") }
        return try entries.map { entry throws(ContentStoreError) in
            guard let record = ImageRecord(entry) else { throw .damagedIndex(path: path, what: "an entry cannot be read") }
            return record
        }
    }

    /// The image of that name; nil when there is none.
    package func image(_ reference: ImageReference) throws(ContentStoreError) -> ImageRecord? {
        let all = try images()
        if let found = all.first(where: { $0.name == reference.description }) { return found }
        // A digest is what it is under whatever tag it came.
        guard let digest = reference.digest else { return nil }
        return all.first { ($0.target.digest == digest || $0.manifest == digest) && (try? ImageReference($0.name))?.name == reference.name }
    }

    /// The images that a user means: by name, or by the beginning of the digest of manifest, index or configuration.
    package func find(_ text: String) throws(ContentStoreError) -> [ImageRecord] {
        let all = try images()
        if let reference = try? ImageReference(text), let found = try image(reference) { return [found] }
        let hex = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        guard hex.utf8.count >= 4, hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { throw .noImage(text) }
        let found = all.filter { $0.target.digest.hex.hasPrefix(hex) || $0.manifest.hex.hasPrefix(hex) || $0.configuration.hex.hasPrefix(hex) }
        guard !found.isEmpty else { throw .noImage(text) }
        let images = Set(found.map(\.configuration))
        guard images.count == 1 else { throw .ambiguous(text, found.map(\.name)) }
        return found
    }

    /// Gives names to images, all of them or none. A name that is there already moves.
    package func add(_ records: [ImageRecord]) throws(ContentStoreError) {
        try change { images in
            for var record in records {
                let old = images.first { $0.name == record.name }
                images.removeAll { $0.name == record.name }
                record.added = record.added == 0 ? ContentFiles.now() : record.added
                record.lastUsed = max(record.lastUsed, old?.lastUsed ?? 0)
                record.isPinned = record.isPinned || old?.isPinned == true
                if let old { record.admitPullers(of: old) }
                images.append(record)
            }
        }
    }

    /// Takes names away. Blobs that nothing needs any more go with the next ``collect(_:)``.
    package func remove(names: Set<String>) throws(ContentStoreError) {
        try change { images in images.removeAll { names.contains($0.name) } }
    }

    /// Notes that a container was made of an image; to the minute, since every note is a write of the whole index.
    package func use(_ name: String) throws(ContentStoreError) {
        let now = ContentFiles.now()
        if let last = try images().first(where: { $0.name == name })?.lastUsed, (0..<60).contains(now - last) { return }
        try change { images in
            for index in images.indices where images[index].name == name { images[index].lastUsed = now }
        }
    }

    private func change(_ body: (inout [ImageRecord]) -> Void) throws(ContentStoreError) {
        try locked(.alone) { () throws(ContentStoreError) in
            var images = try images()
            body(&images)
            images.sort { $0.name < $1.name }
            try write(images)
        }
    }

    func write(_ images: [ImageRecord]) throws(ContentStoreError) {
        let value: JSON = ["version": 1, "images": .array(images.map(\.json))]
        let path = indexPath
        try onDisk { () throws(ContentFileFailure) in try ContentFiles.replace(path, with: value.bytes) }
    }
}
