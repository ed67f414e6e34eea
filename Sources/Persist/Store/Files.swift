import Glibc

/// What the system answered in place of doing its work.
package struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var call: String
    package var path: String
    package var code: Int32

    var isFull: Bool { code == ENOSPC || code == EDQUOT }

    package var description: String { unsafe "\(call) \(path): \(String(cString: strerror(code)))" }
}

/// The few calls on files that a store needs. All of them are in this file.
enum Files {
    struct Facts {
        var size: Int64
        var mode: mode_t
        var isDirectory: Bool
    }

    /// The folder of `path`; `.` when it names none.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Nil when there is nothing.
    static func facts(_ path: String) throws(FileFailure) -> Facts? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw FileFailure(call: "stat", path: path, code: errno)
        }
        return Facts(
            size: Int64(status.st_size), mode: status.st_mode & 0o7777, isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }

    static func makeFolder(_ path: String) throws(FileFailure) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw FileFailure(call: "mkdir", path: path, code: errno)
        }
    }

    /// Makes an empty file that only its owner can read, or leaves one that is there; its mode is 0600 then.
    static func makePrivateFile(_ path: String) throws(FileFailure) {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileFailure(call: "open", path: path, code: errno) }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw FileFailure(call: "chmod", path: path, code: errno) }
    }

    /// Removes a file; one that is not there is fine.
    static func remove(_ path: String) throws(FileFailure) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw FileFailure(call: "unlink", path: path, code: errno)
        }
    }

    /// Removes a database that was never finished, with what SQLite keeps beside it.
    static func removeDatabase(_ path: String) throws(FileFailure) {
        for end in ["", "-journal", "-wal", "-shm"] { try remove(path + end) }
    }

    /// Waits until a file or folder is on the disk.
    static func synchronize(_ path: String) throws(FileFailure) {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure(call: "open", path: path, code: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw FileFailure(call: "fsync", path: path, code: errno) }
    }

    /// Puts a finished file under its name, durably.
    static func publish(_ temporary: String, as path: String) throws(FileFailure) {
        try synchronize(temporary)
        guard unsafe rename(temporary, path) == 0 else {
            throw FileFailure(call: "rename", path: path, code: errno)
        }
        try synchronize(folder(of: path))
    }

    /// Copies a file into a fresh one of mode 0600.
    static func copy(_ source: String, to target: String) throws(FileFailure) {
        let input = unsafe open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileFailure(call: "open", path: source, code: errno) }
        defer { close(input) }
        let output = unsafe open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw FileFailure(call: "open", path: target, code: errno) }
        defer { close(output) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe read(input, &chunk, chunk.count)
            if count == 0 { return }
            guard count > 0 else { throw FileFailure(call: "read", path: source, code: errno) }
            var written = 0
            while written < count {
                let more = unsafe chunk.withUnsafeBytes { bytes in
                    unsafe write(output, bytes.baseAddress.unsafelyUnwrapped + written, count - written)
                }
                guard more > 0 else { throw FileFailure(call: "write", path: target, code: errno) }
                written += more
            }
        }
    }

    /// The first bytes of a file, fewer when it is shorter.
    static func head(_ path: String, count: Int) throws(FileFailure) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure(call: "open", path: path, code: errno) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe read(file, &bytes, count)
        guard got >= 0 else { throw FileFailure(call: "read", path: path, code: errno) }
        return Array(bytes.prefix(got))
    }

    /// Seconds since 1970.
    static func now() -> Int64 { Int64(time(nil)) }
}

/// The mark that one process has a file or folder for itself. It goes with the process, however that ends.
package final class LockFile: Sendable {
    private let descriptor: Int32

    /// Nil when another process holds it.
    package init?(path: String) throws(FileFailure) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure(call: "open", path: path, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw FileFailure(call: "flock", path: path, code: code)
        }
        // For whoever is refused: who holds it.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = unsafe pwrite(descriptor, text, text.count, 0) }
    }

    deinit {
        // Closing alone would leave the lock to a child that is just being started and still has the descriptor.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Whether a process holds the lock. Takes it for a moment when none does, and leaves no trace.
    package static func isHeld(path: String) throws(FileFailure) -> Bool {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return false }
            throw FileFailure(call: "open", path: path, code: errno)
        }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return true }
            throw FileFailure(call: "flock", path: path, code: errno)
        }
        return false
    }

    /// The process that holds the lock, as far as the file tells.
    package static func holder(path: String) -> Int32? {
        guard let head = try? Files.head(path, count: 16) else { return nil }
        return Int32(String(decoding: head.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }
}
