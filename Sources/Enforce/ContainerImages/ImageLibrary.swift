package import ContentStore
import Glibc
import JSONValue
package import OCIModel

/// Why an image cannot be loaded, read or unpacked.
package struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// The images of one node: their documents, and their layers as folders. Calls block on the disk.
package struct ImageLibrary: Sendable {
    package let store: ContentStore
    package let platform: ImagePlatform
    package let form: OverlayForm
    package let limits: LayerLimits

    /// - Parameter form: `user` inside a user namespace that is not the machine's first.
    package init(store: ContentStore, platform: ImagePlatform = Self.platformHere, form: OverlayForm = .here, limits: LayerLimits = LayerLimits()) {
        self.store = store
        self.platform = platform
        self.form = form
        self.limits = limits
    }

    /// What this machine runs.
    package static var platformHere: ImagePlatform {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return ImagePlatform(architecture: "amd64") }
        let machine = unsafe withUnsafeBytes(of: &name.machine) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return ImagePlatform(machine: machine) ?? ImagePlatform(architecture: machine)
    }

    /// The manifest and configuration behind a descriptor: of an index, those of this platform.
    package func resolve(_ target: ImageDescriptor) throws -> (digest: ImageDigest, manifest: ImageManifest, configuration: ImageConfiguration) {
        var descriptor = target
        // An index may name an index; deeper is no image that anybody makes.
        for _ in 0..<3 where descriptor.knownType?.isIndex == true {
            let index = try ImageIndex(parsing: try store.read(descriptor.digest, limit: ImageManifest.maximumSize))
            guard let chosen = index.select(platform) else {
                throw ImageError("the image has nothing for \(platform), only for \(index.platforms.map(\.description).joined(separator: ", "))")
            }
            descriptor = chosen
        }
        guard descriptor.knownType?.isManifest == true else { throw ImageError("\(descriptor.mediaType) is no image manifest") }
        let manifest = try ImageManifest(parsing: try store.read(descriptor.digest, limit: ImageManifest.maximumSize))
        let configuration = try ImageConfiguration(parsing: try store.read(manifest.configuration.digest, limit: ImageConfiguration.maximumSize))
        guard configuration.diffIDs.count == manifest.layers.count else {
            throw ImageError("the image has \(manifest.layers.count) layers and its configuration names \(configuration.diffIDs.count)")
        }
        return (descriptor.digest, manifest, configuration)
    }

    /// A record of an image whose blobs are all here.
    func record(_ name: String, _ target: ImageDescriptor) throws -> ImageRecord {
        let (digest, manifest, _) = try resolve(target)
        for layer in manifest.layers {
            guard let size = try store.size(of: layer.digest) else { throw ContentStoreError.missing(layer.digest) }
            guard size == layer.size else { throw ContentStoreError.size(layer.digest, expected: layer.size, found: size) }
        }
        return ImageRecord(name: name, target: target, manifest: digest, configuration: manifest.configuration.digest, size: manifest.contentSize)
    }

    /// Makes every layer of an image a folder, those that are not yet.
    ///
    /// A damaged blob is removed, so that the next pull fetches it again; what is wrong otherwise is the image's fault.
    ///
    /// - Returns: the folders, the topmost first: an overlay's `lowerdir`s.
    package func unpack(_ image: ImageRecord) throws -> (folders: [String], chain: [ImageDigest]) {
        let (_, manifest, configuration) = try resolve(image.target)
        let chain = ContentHash.chain(configuration.diffIDs)
        let lease = try store.lease()
        defer { lease.end() }
        try lease.keep(chain)
        var folders: [String] = []
        for (index, layer) in manifest.layers.enumerated() {
            let lowers = Array(folders.reversed())
            let folder = try store.unpack(chain[index]) { folder in
                do {
                    let reader = try store.open(layer.digest)
                    defer { reader.close() }
                    _ = try LayerUnpacker.unpack(
                        compression: layer.knownType?.compression ?? .none, into: folder, lowers: lowers, expected: configuration.diffIDs[index],
                        form: form, limits: limits
                    ) { try reader.read(&$0) }
                } catch let error as LayerError {
                    switch error {
                    case .contents, .unreadable: try store.verify(layer.digest)
                    case .hostile, .limit, .system: break
                    }
                    throw error
                }
            }
            folders.append(folder)
        }
        return (folders.reversed(), chain.reversed())
    }
}
