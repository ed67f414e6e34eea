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

    /// The text of a small file, as it is, up to `limit` bytes.
    package static func text(_ path: String, limit: Int) throws(SystemError) -> String {
        try text(OwnedDescriptor(try SystemError.check("open \(path)", unsafe kst_open(path, O_RDONLY))), path, limit: limit)
    }

    /// The text of a file below `root` as it is seen with that as the root folder: no link leads out of it.
    package static func text(_ path: String, in root: String, limit: Int) throws(SystemError) -> String {
        try text(
            OwnedDescriptor(try SystemError.check("open \(path)", unsafe kst_open_in_root(root, path, O_RDONLY | O_NONBLOCK))), path, limit: limit)
    }

    private static func text(_ file: OwnedDescriptor, _ path: String, limit: Int) throws(SystemError) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while bytes.count < limit {
            let count = try SystemError.check("read \(path)", unsafe kst_read(file.number, &chunk, min(chunk.count, limit - bytes.count)))
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The last bytes of a file, at most `limit`.
    package static func text(endOf path: String, limit: Int) throws(SystemError) -> String {
        let file = OwnedDescriptor(try SystemError.check("open \(path)", unsafe kst_open(path, O_RDONLY)))
        let size = lseek(file.number, 0, SEEK_END)
        lseek(file.number, max(0, size - limit), SEEK_SET)
        return try text(file, path, limit: limit)
    }
}
