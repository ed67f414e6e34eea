import CLinux
import Glibc
package import KubeModel

extension OwnedDescriptor {
    /// Opens a file for reading and writing; it is there already.
    package convenience init(opening path: String) throws(SystemError) {
        self.init(try SystemError.check("open \(path)", unsafe kst_open(path, O_RDWR)))
    }
}

/// Folders and what is in them. No link is followed.
package enum FileTree {
    /// Removes a file, or a folder with all that is in it; mounts in it are not crossed. Nothing when there is none.
    package static func remove(_ path: String) throws(SystemError) {
        let result = unsafe kst_remove_tree(path)
        if result == -ENOENT { return }
        _ = try SystemError.check("remove \(path)", result)
    }

    /// The names in a folder, in order.
    package static func names(_ path: String) throws(SystemError) -> [String] {
        guard let folder = unsafe opendir(path) else { throw SystemError("list \(path)", errno) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// When a file was last written; nil when there is none.
    package static func modified(_ path: String) -> Timestamp? {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return nil }
        return Timestamp(seconds: Int64(facts.st_mtim.tv_sec), nanoseconds: Int32(clamping: facts.st_mtim.tv_nsec))
    }
}
