import Glibc

/// Why a file of secrets could not be read or written. What was there before is unchanged.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Cause: Hashable, Sendable {
        case system(call: String, errno: Int32)
        case openToOthers(mode: UInt32, wanted: UInt32)
        case ownedByAnother(user: UInt32)
        case notAFile
        case notAFolder
        case tooLarge(limit: Int)
    }

    package var path: String
    package var cause: Cause

    /// Whether the file does not exist.
    package var isAbsent: Bool {
        if case .system(_, ENOENT) = cause { true } else { false }
    }

    /// How to mend it, in the imperative; empty when the reason says it.
    package var remedy: String {
        switch cause {
        case .openToOthers(_, let wanted): "Run: chmod \(String(wanted, radix: 8)) \(path)"
        case .ownedByAnother: "Run kastell as the owner of the file, or give it to yourself with chown."
        case .notAFile: "Move what is there away."
        case .notAFolder: "Move what is there away, or choose another folder."
        case .tooLarge, .system: ""
        }
    }

    package var description: String {
        let words =
            switch cause {
            case .system(let call, let number): "\(call): \(SystemText.message(number))"
            case .openToOthers(let mode, let wanted):
                "others may access it (mode \(String(mode, radix: 8)), wanted \(String(wanted, radix: 8)) or less)"
            case .ownedByAnother(let user): "it belongs to another user (uid \(user))"
            case .notAFile: "it is no regular file"
            case .notAFolder: "it is no folder"
            case .tooLarge(let limit): "it is larger than \(limit) bytes"
            }
        return remedy.isEmpty ? "\(path): \(words)" : "\(path): \(words). \(remedy)"
    }
}

/// Files that others must not read, and replacing files as a whole. All calls into the C library of this module
/// are in this file.
package enum SecureFile {
    /// Larger files are refused.
    package static let maximumBytes = 16 << 20

    /// Who may read a file.
    package enum Privacy: Sendable {
        /// Refuse it when others could read or change it.
        case secret
        case any
    }

    /// The whole file.
    package static func read(_ path: String, _ privacy: Privacy) throws(FileError) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(path, "open") }
        defer { close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0 else { throw failure(path, "fstat") }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw FileError(path: path, cause: .notAFile) }
        if case .secret = privacy { try requirePrivate(path, facts, wanted: 0o600) }
        guard facts.st_size <= maximumBytes else { throw FileError(path: path, cause: .tooLarge(limit: maximumBytes)) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "read") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer.prefix(count))
            guard bytes.count <= maximumBytes else {
                throw FileError(path: path, cause: .tooLarge(limit: maximumBytes))
            }
        }
    }

    /// Replaces the file as a whole, or makes it: readers see the old bytes or the new ones, also after a power cut.
    /// The new file has its mode from its first moment on.
    ///
    /// - Parameter survivesPowerLoss: false for what is worth nothing after the machine went down; it is still never half written
    ///   for those who read it meanwhile.
    package static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600, survivesPowerLoss: Bool = true) throws(FileError) {
        let folder = folder(of: path)
        let temporary =
            folder + "/." + lastComponent(path) + "." + String(UInt64.random(in: .min ... .max), radix: 36) + ".tmp"
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(mode))
        guard file >= 0 else { throw failure(path, "create") }
        do throws(FileError) {
            defer { close(file) }
            try writeAll(file, bytes, path)
            if survivesPowerLoss { guard fsync(file) == 0 else { throw failure(path, "fsync") } }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        guard unsafe rename(temporary, path) == 0 else {
            let error = failure(path, "rename")
            _ = unsafe unlink(temporary)
            throw error
        }
        if survivesPowerLoss { try syncFolder(folder) }
    }

    private static func writeAll(_ file: Int32, _ bytes: [UInt8], _ path: String) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path, "write") }
            written += count
        }
    }

    private static func syncFolder(_ path: String) throws(FileError) {
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(path, "open") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure(path, "fsync") }
    }

    /// Makes the folder, and those above it, for the owner alone; one that exists must be so already.
    package static func makePrivateFolder(_ path: String) throws(FileError) {
        try makeFolders(path)
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { throw failure(path, "stat") }
        guard facts.st_mode & S_IFMT == S_IFDIR else { throw FileError(path: path, cause: .notAFolder) }
        try requirePrivate(path, facts, wanted: 0o700)
    }

    /// Makes the folder, and those above it, with mode 0700 where they are missing.
    package static func makeFolders(_ path: String) throws(FileError) {
        if path.isEmpty || path == "/" || path == "." { return }
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw failure(path, "mkdir") }
        try makeFolders(folder(of: path))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path, "mkdir") }
    }

    /// Whether something is at the path, whatever it is.
    package static func exists(_ path: String) -> Bool {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0
    }

    /// Makes an empty file; false when something is at the path already.
    package static func createExclusively(_ path: String) throws(FileError) -> Bool {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file < 0, errno == EEXIST { return false }
        guard file >= 0 else { throw failure(path, "create") }
        close(file)
        return true
    }

    /// Removes the file; one that is absent already is fine.
    package static func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure(path, "unlink") }
    }

    /// Moves a file within its file system.
    package static func move(_ path: String, to target: String) throws(FileError) {
        guard unsafe rename(path, target) == 0 else { throw failure(path, "rename") }
        try syncFolder(folder(of: target))
    }

    /// Removes a folder when nothing is in it.
    package static func removeEmptyFolder(_ path: String) { _ = unsafe rmdir(path) }

    /// The path with every symbolic link followed; a last component that does not exist stays as it is.
    package static func resolvingLinks(_ path: String) throws(FileError) -> String {
        var current = path
        for _ in 0..<40 {
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = unsafe target.withUnsafeMutableBytes { buffer in
                guard let start = buffer.baseAddress else { return -1 }
                return unsafe readlink(current, start.assumingMemoryBound(to: CChar.self), buffer.count)
            }
            guard count >= 0 else { return current }
            let text = String(decoding: target.prefix(count), as: UTF8.self)
            current = text.hasPrefix("/") ? text : folder(of: current) + "/" + text
        }
        throw FileError(path: path, cause: .system(call: "readlink", errno: ELOOP))
    }

    /// The permission bits of the file; nil when there is none.
    package static func mode(_ path: String) -> UInt32? {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? facts.st_mode & 0o7777 : nil
    }

    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map { String($0) } ?? "file"
    }

    private static func requirePrivate(_ path: String, _ facts: stat, wanted: UInt32) throws(FileError) {
        let user = geteuid()
        guard facts.st_uid == user || user == 0 else {
            throw FileError(path: path, cause: .ownedByAnother(user: facts.st_uid))
        }
        guard facts.st_mode & 0o077 == 0 else {
            throw FileError(path: path, cause: .openToOthers(mode: facts.st_mode & 0o7777, wanted: wanted))
        }
    }

    private static func failure(_ path: String, _ call: String) -> FileError {
        FileError(path: path, cause: .system(call: call, errno: errno))
    }
}

/// Texts of the system.
package enum SystemText {
    package static func message(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }

    /// The name of this machine; empty when it has none.
    package static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Stops this thread for a moment.
    package static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
