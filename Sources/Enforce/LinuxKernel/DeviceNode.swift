import Glibc

/// A device file of this machine.
package struct DeviceNode: Hashable, Sendable {
    package var path: String
    package var isBlock: Bool
    package var major: UInt32
    package var minor: UInt32
    package var mode: UInt32
    package var user: UInt32
    package var group: UInt32

    /// The device files in `/dev`, without terminals and what every container has anyway.
    package static func all() -> [DeviceNode] {
        let names = (try? FileTree.names("/dev")) ?? []
        return names.compactMap { name in
            if name.hasPrefix("tty") || name == "console" || name == "ptmx" { return nil }
            return DeviceNode("/dev/" + name)
        }
    }

    /// The device file of a path; nil when it is none.
    package init?(_ path: String) {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return nil }
        let kind = facts.st_mode & S_IFMT
        guard kind == S_IFBLK || kind == S_IFCHR else { return nil }
        self.path = path
        isBlock = kind == S_IFBLK
        major = UInt32(truncatingIfNeeded: (facts.st_rdev >> 8) & 0xFFF)
        minor = UInt32(truncatingIfNeeded: (facts.st_rdev & 0xFF) | ((facts.st_rdev >> 12) & 0xFFF00))
        mode = facts.st_mode & 0o777
        user = facts.st_uid
        group = facts.st_gid
    }
}
