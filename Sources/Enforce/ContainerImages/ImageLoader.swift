import CArchive
package import ContentStore
import Glibc
import JSONValue
package import OCIModel

/// What `kastell image load` reads: OCI layouts as folders or archives, and Docker's archives.
///
/// Nothing of an archive is written under a name of its own: blobs go to the store under the digest that they have.
extension ImageLibrary {
    /// The largest document of an archive, in bytes.
    private static let documentLimit = 8 << 20
    private static let documentCount = 4096

    private struct Contents {
        /// Small files by path.
        var documents: [String: [UInt8]] = [:]
        /// What a file of a Docker archive was stored as.
        var layers: [String: (digest: ImageDigest, size: Int64, head: [UInt8])] = [:]
        var links: [String: String] = [:]
    }

    /// Loads the images of a file or folder, all of them or none.
    ///
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - name: for an image that has no name of its own.
    package func load(path: String, name: ImageReference? = nil) throws -> [ImageRecord] {
        let lease = try store.lease()
        defer { lease.end() }
        var status = stat()
        let contents: Contents
        if path != "-", unsafe stat(path, &status) == 0, status.st_mode & FileType.mask == FileType.folder {
            contents = try readFolder(path) { try lease.keep([$0]) }
        } else {
            contents = try readArchive(path) { try lease.keep([$0]) }
        }
        let records: [ImageRecord]
        if contents.documents["index.json"] != nil, contents.documents["oci-layout"] != nil {
            records = try layout(contents, name)
        } else if contents.documents["manifest.json"] != nil {
            records = try dockerArchive(contents, name)
        } else {
            throw ImageError("\(path) is neither an OCI layout nor a Docker archive: it has no index.json and no manifest.json")
        }
        guard !records.isEmpty else { throw ImageError("\(path) has no image in it") }
        try store.add(records)
        return records
    }

    private func layout(_ contents: Contents, _ name: ImageReference?) throws -> [ImageRecord] {
        let index = try ImageIndex(parsing: contents.documents["index.json"] ?? [])
        return try index.manifests.filter { $0.knownType?.isManifest == true || $0.knownType?.isIndex == true }.map { entry in
            let written = entry.annotations[ImageIndex.fullNameAnnotation] ?? entry.annotations[ImageIndex.nameAnnotation] ?? ""
            // Many tools write the tag alone, which is no name.
            let own = written.contains("/") || written.contains(":") ? try ImageReference(written) : nil
            guard let reference = (index.manifests.count == 1 ? name ?? own : own) else {
                throw ImageError("the layout does not name its image\(written.isEmpty ? "" : " (only '\(written.prefix(128))')"). Name it with --name.")
            }
            return try record(reference.description, entry)
        }
    }

    private func dockerArchive(_ contents: Contents, _ name: ImageReference?) throws -> [ImageRecord] {
        guard let list = (try JSON.parse(contents.documents["manifest.json"] ?? [])).array else { throw ImageError("manifest.json is no list") }
        var records: [ImageRecord] = []
        for entry in list {
            guard let path = entry["Config"]?.string, let bytes = contents.documents[path] else { throw ImageError("manifest.json names a configuration that is not there") }
            let configuration = ContentHash.digest(bytes)
            try store.store(bytes, as: configuration)
            var layers: [ImageDescriptor] = []
            for path in entry["Layers"]?.strings ?? [] {
                var path = path
                for _ in 0..<8 { path = contents.links[path] ?? path }
                guard let layer = contents.layers[path] else { throw ImageError("manifest.json names a layer that is not there: \(path.prefix(200))") }
                let type: ImageMediaType = layer.head.starts(with: [0x1F, 0x8B]) ? .layerGzip : layer.head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .layerZstd : .layer
                layers.append(ImageDescriptor(type, digest: layer.digest, size: layer.size))
            }
            let manifest = ImageManifest(configuration: ImageDescriptor(.configuration, digest: configuration, size: Int64(bytes.count)), layers: layers)
            let text = manifest.json.bytes
            let digest = ContentHash.digest(text)
            try store.store(text, as: digest)
            let target = ImageDescriptor(.manifest, digest: digest, size: Int64(text.count))
            var names = try entry["RepoTags"]?.strings.map { try ImageReference($0) } ?? []
            if let name, list.count == 1 { names = [name] }
            guard !names.isEmpty else { throw ImageError("the archive does not name its image. Name it with --name.") }
            records += try names.map { try record($0.description, target) }
        }
        return records
    }

    private func readFolder(_ path: String, keep: (ImageDigest) throws -> Void) throws -> Contents {
        var contents = Contents()
        func open(_ name: String) throws -> Int32 {
            let file = unsafe Glibc.open(path + "/" + name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { throw ImageError("\(path)/\(name) cannot be read: \(SystemText.error(errno))") }
            return file
        }
        for name in ["oci-layout", "index.json"] { contents.documents[name] = try Self.read(try open(name), name) }
        // Only what the index leads to: a layout may be shared by many images.
        var pending = try ImageIndex(parsing: contents.documents["index.json"] ?? []).manifests
        var seen: Set<ImageDigest> = []
        while let descriptor = pending.popLast() {
            guard seen.insert(descriptor.digest).inserted else { continue }
            try keep(descriptor.digest)
            let name = "blobs/\(descriptor.digest.algorithm.rawValue)/\(descriptor.digest.hex)"
            // An index may name platforms that the layout does not hold.
            if unsafe access(path + "/" + name, F_OK) != 0 { continue }
            if let writer = try store.ingest(descriptor.digest, size: descriptor.size) {
                let file = try open(name)
                defer { close(file) }
                try writer.restart()
                var chunk = [UInt8](repeating: 0, count: 1 << 18)
                while true {
                    let count = unsafe Glibc.read(file, &chunk, chunk.count)
                    guard count >= 0 else { throw ImageError("\(path)/\(name) cannot be read: \(SystemText.error(errno))") }
                    if count == 0 { break }
                    try writer.write(chunk.prefix(count))
                }
                try writer.finish()
            }
            if descriptor.knownType?.isIndex == true {
                pending += try ImageIndex(parsing: try store.read(descriptor.digest, limit: ImageManifest.maximumSize)).manifests
            } else if descriptor.knownType?.isManifest == true {
                let manifest = try ImageManifest(parsing: try store.read(descriptor.digest, limit: ImageManifest.maximumSize))
                pending += manifest.layers + [manifest.configuration]
            }
        }
        return contents
    }

    private static func read(_ file: Int32, _ name: String) throws -> [UInt8] {
        defer { close(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else { throw ImageError("\(name) cannot be read: \(SystemText.error(errno))") }
            if count == 0 { return all }
            all += chunk.prefix(count)
            guard all.count <= documentLimit else { throw ImageError("\(name) is too long") }
        }
    }

    private func readArchive(_ path: String, keep: (ImageDigest) throws -> Void) throws -> Contents {
        let file = unsafe path == "-" ? dup(STDIN_FILENO) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ImageError("\(path) cannot be read: \(SystemText.error(errno))") }
        defer { close(file) }
        do {
            return try ArchiveStream.withLocale { try read(archive: file, keep: keep) }
        } catch let error as ArchiveError {
            throw ImageError("\(path) is no whole tar archive: \(error)")
        }
    }

    private func read(archive file: Int32, keep: (ImageDigest) throws -> Void) throws -> Contents {
        var contents = Contents()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { unsafe buffer.deallocate() }
        // The whole may be compressed too, as 'docker save | gzip' makes it.
        let outer = try unsafe ArchiveStream(.compressed(gzip: true, zstd: true)) {
            let count = unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw ImageError("the archive cannot be read: \(SystemText.error(errno))") }
            return unsafe UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
        }
        guard try outer.next() != nil else { return contents }
        let tar = try unsafe ArchiveStream(.tar) { try unsafe outer.block()?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0) }
        while let entry = try tar.next() {
            let name = String(decoding: entry.path, as: UTF8.self).split(separator: "/").filter { $0 != "." }.joined(separator: "/")
            if entry.kind == .link || entry.kind == .hardLink {
                // Docker's old archives name a layer that stands twice by a link within the archive.
                var parts = entry.kind == .link ? name.split(separator: "/").dropLast() : []
                for part in String(decoding: entry.target, as: UTF8.self).split(separator: "/") {
                    if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
                }
                contents.links[name] = parts.joined(separator: "/")
                continue
            }
            guard entry.kind == .file else { continue }
            guard contents.documents.count + contents.layers.count < Self.documentCount else { throw ImageError("the archive has too many files") }
            let parts = name.split(separator: "/")
            if parts.count == 3, parts[0] == "blobs", let digest = ImageDigest("\(parts[1]):\(parts[2])") {
                try keep(digest)
                if let writer = try store.ingest(digest, size: entry.size) {
                    try writer.restart()
                    while let block = try unsafe tar.block() { try writer.write(unsafe Array(block.bytes)) }
                    try writer.finish()
                }
                // New Docker archives are layouts too, and name their files by these paths.
                contents.layers[name] = (digest, entry.size, entry.size < 4 ? [] : try head(digest))
                if entry.size <= Self.documentLimit, contents.layers[name]?.head.first == 0x7B { contents.documents[name] = try store.read(digest, limit: Int64(Self.documentLimit)) }
            } else if name.hasSuffix(".json") || name == "oci-layout" || name == "repositories" || name.hasSuffix("/VERSION") || name.hasSuffix("/json") {
                guard entry.size <= Self.documentLimit else { throw ImageError("\(name.prefix(200)) is too long") }
                var bytes: [UInt8] = []
                while let block = try unsafe tar.block() { bytes += unsafe Array(block.bytes) }
                contents.documents[name] = bytes
            } else if name.hasSuffix(".tar") {
                var rest: [UInt8] = []
                let adopted = try store.adopt { chunk in
                    while rest.isEmpty {
                        guard let block = try unsafe tar.block() else { return 0 }
                        rest = unsafe Array(block.bytes)
                    }
                    let count = min(rest.count, chunk.count)
                    chunk.replaceSubrange(0..<count, with: rest.prefix(count))
                    rest.removeFirst(count)
                    return count
                }
                try keep(adopted.digest)
                contents.layers[name] = adopted
            }
        }
        return contents
    }

    private func head(_ digest: ImageDigest) throws -> [UInt8] {
        let reader = try store.open(digest)
        defer { reader.close() }
        var bytes = [UInt8](repeating: 0, count: 4)
        let count = try reader.read(&bytes)
        return Array(bytes.prefix(count))
    }
}
