/// A file of a volume as a container sees it.
public struct VolumeFile: Hashable, Sendable {
    /// What is in it; it may be a secret.
    public var bytes: [UInt8]
    /// The permissions.
    public var mode: UInt32
    /// The user that owns it inside; nil for the root of the pod's users.
    public var owner: UInt32?

    /// A file with these bytes; `mode` has the permission bits, such as `0o644`.
    public init(bytes: [UInt8], mode: UInt32, owner: UInt32? = nil) {
        self.bytes = bytes
        self.mode = mode
        self.owner = owner
    }
}

/// The names that files of a volume may have.
public enum VolumePath {
    /// The longest path and the longest name, in bytes.
    static let longest = (path: 4096, name: 255)

    /// The components of a path that stays inside a volume; nil for one that does not, or that takes a name which the node keeps for itself.
    public static func components(_ path: String) -> [String]? {
        guard !path.isEmpty, path.utf8.count < longest.path, !path.utf8.contains(0) else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // Names that begin with two dots at the top are those by which content is replaced as a whole.
        guard parts.first?.hasPrefix("..") == false else { return nil }
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= longest.name } ? parts : nil
    }
}
