import Glibc
import JSONValue
import OCIModel
import Testing

@testable import ContentStore

/// A store in a folder that is removed with its contents when the last reference goes.
final class TemporaryStore: Sendable {
    let path: String
    let store: ContentStore

    init() throws {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        path = "\(base)/kastell-content-\(UInt64.random(in: .min ... .max))"
        store = try ContentStore(path: path)
    }

    deinit { try? ContentFiles.removeTree(path) }

    /// Bytes that differ by seed.
    static func bytes(_ count: Int, _ seed: UInt8 = 0) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) &+ seed } }

    func add(_ bytes: [UInt8]) throws -> ImageDigest {
        let digest = ContentHash.digest(bytes)
        try store.store(bytes, as: digest)
        return digest
    }

    /// An image of one layer under a name.
    @discardableResult
    func image(_ name: String, layer: [UInt8]) throws -> ImageRecord {
        let layerDigest = try add(layer)
        let text = #"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["\#(layerDigest)"]}}"#
        let configuration = try add(Array(text.utf8))
        let manifest = ImageManifest(
            configuration: ImageDescriptor(.configuration, digest: configuration, size: Int64(text.utf8.count)),
            layers: [ImageDescriptor(.layer, digest: layerDigest, size: Int64(layer.count))])
        let bytes = manifest.json.bytes
        let digest = try add(bytes)
        let record = ImageRecord(
            name: try ImageReference(name).description, target: ImageDescriptor(.manifest, digest: digest, size: Int64(bytes.count)), manifest: digest,
            configuration: configuration, size: manifest.contentSize, added: 1000)
        try store.add([record])
        return record
    }

    func overwrite(_ digest: ImageDigest, with bytes: [UInt8]) {
        let file = unsafe open(store.blobPath(digest), O_WRONLY)
        _ = unsafe pwrite(file, bytes, bytes.count, 0)
        close(file)
    }
}
