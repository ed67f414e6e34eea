import Glibc
package import OCIModel

/// Why a layer was not unpacked. Nothing of it is left.
package enum LayerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The contents are not those that the configuration names.
    case contents(expected: ImageDigest, found: ImageDigest)
    /// The archive is broken off or no archive.
    case unreadable(String)
    /// An entry is one that no builder makes.
    case hostile(entry: String, what: String)
    /// It is larger than it may be.
    case limit(String)
    /// The system refused.
    case system(call: String, entry: String, code: Int32)

    package var description: String {
        switch self {
        case .contents(let expected, let found): "the layer's contents have the digest \(found), and the image's configuration names \(expected)"
        case .unreadable(let what): "the layer is no whole tar archive: \(what)"
        case .hostile(let entry, let what): "the layer has an entry that is refused: \(entry): \(what)"
        case .limit(let what): "the layer is refused: \(what)"
        case .system(let call, let entry, let code): "\(call) \(entry): \(SystemText.error(code))"
        }
    }
}

/// How much one layer may be.
package struct LayerLimits: Hashable, Sendable {
    /// Of all files together, holes included, and of the archive itself, in bytes.
    package var bytes: Int64 = 32 << 30
    package var entries = 2_000_000
    /// Of a path, in bytes.
    package var path = 4096
    /// Of folders within folders.
    package var depth = 200
    package init() {}
}

/// How the kernel's overlay is told that a folder hides those below it.
package enum OverlayForm: String, Hashable, Sendable {
    /// Root's: `trusted.overlay.opaque`.
    case trusted
    /// In a user namespace: `user.overlay.opaque`, mounted with `userxattr`.
    case user

    /// The form that this process may write: root of the machine's first user namespace has all ids.
    package static var here: OverlayForm {
        var text = [UInt8](repeating: 0, count: 128)
        let file = unsafe open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .trusted }
        defer { close(file) }
        let count = unsafe read(file, &text, text.count)
        let words = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }
        return words == ["0", "0", "4294967295"] && geteuid() == 0 ? .trusted : .user
    }

    var opaque: String { rawValue + ".overlay.opaque" }
}

/// What came of a layer.
package struct UnpackedLayer: Hashable, Sendable {
    package var bytes: Int64 = 0
    package var entries = 0
    /// Device nodes, which a container gets from its runtime and never from an image.
    package var skippedDevices = 0
    /// Extended attributes that are the kernel's or the overlay's own business.
    package var skippedAttributes = 0
}
