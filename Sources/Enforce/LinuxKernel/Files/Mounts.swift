import CLinux
import Glibc

/// One mount of this process's mount namespace.
package struct MountFacts: Hashable, Sendable {
    /// The same as ``FileFacts/mount``.
    package var id: UInt64
    package var path: String
    /// The type of its filesystem, such as `tmpfs`.
    package var type: String
}

/// Mounts in the mount namespace of the calling thread.
package enum Mounts {
    /// The mounts at and below a path, in the order in which they were made.
    package static func list(below path: String) throws(SystemError) -> [MountFacts] {
        let number = unsafe kst_open("/proc/thread-self/mountinfo", O_RDONLY)
        let bytes = try Pipe.readAll(OwnedDescriptor(try SystemError.check("list mounts", number)), limit: 64 << 20)
        return bytes.split(separator: 0x0A).compactMap { parse(String(decoding: $0, as: UTF8.self)) }.filter {
            $0.path == path || $0.path.hasPrefix(path + "/")
        }
    }

    /// One line of `proc_pid_mountinfo(5)`.
    static func parse(_ line: String) -> MountFacts? {
        let fields = line.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count > 6, let id = UInt64(fields[0]), let dash = fields[6...].firstIndex(of: "-"), fields.count > dash + 1 else { return nil }
        return MountFacts(id: id, path: unescaped(fields[4]), type: String(fields[dash + 1]))
    }

    /// `\040` is a space.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x5C, rest.count >= 3, let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Mounts a filesystem in memory on a folder.
    ///
    /// - Parameters:
    ///   - bytes: the most that it holds; nil for half of the memory.
    ///   - user: the owner of its root, with `group` and `mode`.
    ///   - keepsOffDisk: that it is never swapped out, where the kernel grants that: not inside a user namespace.
    package static func memory(
        on folder: HeldFile, bytes: Int64?, user: UInt32, group: UInt32, mode: UInt32, keepsOffDisk: Bool
    ) throws(SystemError) {
        let options = "uid=\(user),gid=\(group),mode=\(String(mode, radix: 8))" + (bytes.map { ",size=\($0)" } ?? "")
        if keepsOffDisk, unsafe kst_mount_tmpfs(folder.descriptor.number, options + ",noswap") == 0 { return }
        _ = try SystemError.check("mount a tmpfs on \(folder.name)", unsafe kst_mount_tmpfs(folder.descriptor.number, options))
    }

    /// How mounts made later are seen between an origin and its copy.
    package enum Spread: Sendable {
        /// Not at all.
        case nothing
        /// Those of the origin at the copy.
        case hears
        /// Both ways.
        case shares
    }

    /// Mounts what is held on another place, with all mounts below it.
    package static func bind(_ origin: HeldFile, on place: HeldFile, spread: Spread = .nothing) throws(SystemError) {
        let how =
            switch spread {
            case .nothing: KST_SPREAD_NOTHING
            case .hears: KST_SPREAD_HEARS
            case .shares: KST_SPREAD_SHARES
            }
        let number = kst_clone_tree(origin.descriptor.number, Int32(how))
        let tree = OwnedDescriptor(try SystemError.check("copy the mount of \(origin.name)", number))
        _ = try SystemError.check("mount \(origin.name) on \(place.name)", kst_attach(tree.number, place.descriptor.number))
    }

    /// Takes away the mount whose root is held, with all below it. What it was copied from keeps its mounts.
    package static func detach(_ root: HeldFile) throws(SystemError) {
        _ = try SystemError.check("cut off \(root.name)", kst_make_private(root.descriptor.number))
        _ = try SystemError.check("unmount \(root.name)", kst_detach(root.descriptor.number))
    }

    /// Takes away every mount below a folder, and those on it; `name` is an entry of `folder`. Links are not followed.
    package static func detachAll(below name: String, of folder: HeldFile) throws(SystemError) {
        let base = try folder.realPath()
        // A mount can hide others: each round takes those that can be reached.
        for _ in 0..<64 {
            let mounts = try list(below: base + "/" + name)
            if mounts.isEmpty { return }
            for mount in mounts.reversed() {
                let path = String(mount.path.dropFirst(base.count + 1))
                guard let root = try? folder.open(beneath: path), try root.facts().mount == mount.id else { continue }
                try detach(root)
            }
        }
        throw SystemError("unmount all below \(base)/\(name)", EBUSY)
    }
}
