import CLinux
import Glibc

/// Folders as they are seen by the users of a user namespace.
package enum UserMounts {
    /// Mounts a folder once more on another that is there, with the files belonging to the users that a user namespace says.
    ///
    /// - Throws: `SystemError`: EINVAL where the file system cannot do it, EPERM where this process may not.
    package static func mount(_ folder: String, on target: String, for namespace: String) throws(SystemError) {
        _ = try SystemError.check("mount \(folder) for other users", unsafe kst_mount_idmapped(folder, target, namespace))
    }

    /// Mounts a folder on another that is there.
    package static func mount(_ folder: String, on target: String) throws(SystemError) {
        _ = try SystemError.check("mount \(folder) on \(target)", unsafe kst_mount_also(folder, target))
    }

    /// Takes a mount away; nothing when there is none.
    package static func unmount(_ target: String) throws(SystemError) {
        let result = unsafe kst_unmount(target)
        if result < 0, result != -ENOENT, result != -EINVAL { throw SystemError("unmount \(target)", -result) }
    }

    /// Mounts an empty file system through which everybody can pass.
    package static func mountPassage(_ target: String) throws(SystemError) {
        _ = try SystemError.check("mount \(target)", unsafe kst_mount_passage(target))
    }

    /// Whether such a file system is mounted there.
    package static func isPassage(_ target: String) -> Bool {
        ((try? FileTree.text("/proc/self/mounts", limit: 8 << 20)) ?? "").split(separator: "\n").contains { $0.hasPrefix("passage \(target) ") }
    }

    /// Copies a tree, every file with an owner whose number is `first` more. Blocks for as long as that takes.
    package static func copy(_ folder: String, to target: String, shiftedBy first: UInt32) throws(SystemError) {
        _ = try SystemError.check("copy \(folder)", unsafe kst_copy_shifted(folder, target, first))
    }
}
