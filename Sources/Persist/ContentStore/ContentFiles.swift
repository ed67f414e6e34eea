import Glibc

/// What the system answered in place of doing its work.
package struct ContentFileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var call: String
    package var path: String
    package var code: Int32

    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    package var description: String { unsafe "\(call) \(path): \(String(cString: strerror(code)))" }
}

/// The calls on files that a content store needs. All of them are in this file.
enum ContentFiles {
    struct Facts {
        var size: Int64
        /// What it takes on the disk.
        var allocated: Int64
        var isDirectory: Bool
        var isFile: Bool
        var modified: Int64
        var device: UInt64
        var inode: UInt64
    }

    private static func failure(_ call: String, _ path: String) -> ContentFileFailure { ContentFileFailure(call: call, path: path, code: errno) }

    /// Nil when there is nothing. A link is not followed.
    static func facts(_ path: String) throws(ContentFileFailure) -> Facts? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("lstat", path)
        }
        let kind = status.st_mode & S_IFMT
        return Facts(
            size: Int64(status.st_size), allocated: Int64(status.st_blocks) * 512, isDirectory: kind == S_IFDIR, isFile: kind == S_IFREG,
            modified: Int64(status.st_mtim.tv_sec), device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Makes a folder that only its owner can enter, or takes one that is there when it is one.
    static func makePrivateFolder(_ path: String) throws(ContentFileFailure) {
        guard unsafe mkdir(path, 0o700) != 0 else { return }
        guard errno == EEXIST else { throw failure("mkdir", path) }
        let folder = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw failure("open", path) }
        defer { close(folder) }
        var status = stat()
        guard unsafe fstat(folder, &status) == 0 else { throw failure("fstat", path) }
        guard status.st_uid == geteuid() else { throw ContentFileFailure(call: "open", path: path, code: EPERM) }
        if status.st_mode & 0o077 != 0 { guard fchmod(folder, 0o700) == 0 else { throw failure("chmod", path) } }
    }

    static func open(_ path: String, _ flags: Int32) throws(ContentFileFailure) -> Int32 {
        let file = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("open", path) }
        return file
    }

    static func openIfPresent(_ path: String, _ flags: Int32) throws(ContentFileFailure) -> Int32? {
        do { return try open(path, flags) } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    /// Reads at most `bytes.count` bytes; 0 at the end.
    static func read(_ file: Int32, _ bytes: inout [UInt8], path: String) throws(ContentFileFailure) -> Int {
        while true {
            let count = unsafe Glibc.read(file, &bytes, bytes.count)
            if count >= 0 { return count }
            if errno != EINTR { throw failure("read", path) }
        }
    }

    static func write(_ file: Int32, _ bytes: some Sequence<UInt8>, path: String) throws(ContentFileFailure) {
        // The standard library's closures throw no typed errors: the failure comes out as a value.
        func attempt(_ buffer: UnsafeRawBufferPointer) -> ContentFileFailure? {
            do {
                try unsafe writeAll(file, buffer, path: path)
                return nil
            } catch { return error }
        }
        let direct = bytes.withContiguousStorageIfAvailable { unsafe attempt(UnsafeRawBufferPointer($0)) }
        let failure = unsafe direct ?? Array(bytes).withUnsafeBytes { unsafe attempt($0) }
        if let failure { throw failure }
    }

    private static func writeAll(_ file: Int32, _ buffer: UnsafeRawBufferPointer, path: String) throws(ContentFileFailure) {
        var written = 0
        while written < buffer.count {
            let count = unsafe Glibc.write(file, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
    }

    static func synchronize(_ file: Int32, path: String) throws(ContentFileFailure) {
        guard fsync(file) == 0 else { throw failure("fsync", path) }
    }

    static func synchronizeFolder(_ path: String) throws(ContentFileFailure) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("fsync", path) }
    }

    /// Writes what is in the caches to the disk. `syncfs` would do it for one file system, and Glibc's module hides it.
    static func synchronizeAll() { sync() }

    static func truncate(_ file: Int32, path: String) throws(ContentFileFailure) {
        guard ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else { throw failure("ftruncate", path) }
    }

    static func rename(_ old: String, _ new: String) throws(ContentFileFailure) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw failure("rename", new) }
    }

    static func remove(_ path: String) throws(ContentFileFailure) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }

    /// The names in a folder; none when there is no folder.
    static func names(_ path: String) throws(ContentFileFailure) -> [String] {
        guard let stream = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw failure("opendir", path)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Reads a small file whole; nil when there is none.
    static func read(_ path: String, limit: Int) throws(ContentFileFailure) -> [UInt8]? {
        guard try facts(path) != nil else { return nil }
        let file = try open(path, O_RDONLY)
        defer { close(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try read(file, &chunk, path: path)
            if count == 0 { return all }
            all += chunk.prefix(count)
            guard all.count <= limit else { throw ContentFileFailure(call: "read", path: path, code: EFBIG) }
        }
    }

    /// Replaces a file as a whole: after a crash the old contents or the new ones are there.
    ///
    /// - Parameter survivesPowerLoss: false for what is worth nothing after the machine went down.
    static func replace(_ path: String, with bytes: [UInt8], survivesPowerLoss: Bool = true) throws(ContentFileFailure) {
        let fresh = path + ".new"
        let file = try open(fresh, O_WRONLY | O_CREAT | O_TRUNC)
        do {
            try write(file, bytes, path: fresh)
            if survivesPowerLoss { try synchronize(file, path: fresh) }
        } catch {
            close(file)
            throw error
        }
        close(file)
        try rename(fresh, path)
        if survivesPowerLoss { try synchronizeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])) }
    }

    /// Bytes that are free for this user, and all bytes, of the file system that holds `path`.
    static func space(_ path: String) throws(ContentFileFailure) -> (free: Int64, total: Int64) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        let unit = Int64(clamping: status.f_frsize)
        return (Int64(clamping: status.f_bavail) &* unit, Int64(clamping: status.f_blocks) &* unit)
    }

    /// Seconds since 1970.
    static func now() -> Int64 { Int64(time(nil)) }

    static func lock(_ file: Int32, _ kind: Int32, path: String) throws(ContentFileFailure) -> Bool {
        while true {
            if flock(file, kind) == 0 { return true }
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw failure("flock", path) }
        }
    }

    static func unlock(_ file: Int32) {
        _ = flock(file, LOCK_UN)
        close(file)
    }

    /// Removes a folder with all that is in it, without following a link.
    ///
    /// Its contents come from images: folders may lack the owner's rights, and may be as deep as the image had them.
    static func removeTree(_ path: String) throws(ContentFileFailure) {
        let parent = try open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_DIRECTORY)
        defer { close(parent) }
        try removeEntry(parent, String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]), path)
    }

    private static func removeEntry(_ folder: Int32, _ name: String, _ path: String) throws(ContentFileFailure) {
        if unsafe unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM || errno == EACCES else { throw failure("unlink", path) }
        // A layer's folders may lack the rights that their owner needs to empty them.
        _ = unsafe fchmodat(folder, name, 0o700, 0)
        let inner = unsafe openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else { throw failure("open", path) }
        guard let stream = unsafe fdopendir(inner) else {
            close(inner)
            throw failure("fdopendir", path)
        }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let kind = unsafe entry.pointee.d_type
            let child = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in unsafe Array(raw.prefix { $0 != 0 }) + [0] }
            if child == [0x2E, 0] || child == [0x2E, 0x2E, 0] { continue }
            // Names are bytes and not always text.
            let text = String(validating: child.dropLast(), as: UTF8.self)
            if let text, kind == UInt8(DT_DIR) {
                try removeEntry(inner, text, path + "/" + text)
            } else {
                let code = unsafe child.withUnsafeBytes { bytes -> Int32 in
                    guard let name = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
                    if unsafe unlinkat(inner, name, 0) == 0 { return 0 }
                    return unsafe unlinkat(inner, name, AT_REMOVEDIR)
                }
                guard code == 0 || errno == ENOENT else { throw failure("unlink", path) }
            }
        }
        guard unsafe unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw failure("rmdir", path) }
    }
}
