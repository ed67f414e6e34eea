import CLinux
import Glibc

/// A file or folder, held by a descriptor: whoever renames it, or puts a link in its place, does not change what this is.
///
/// Names given to it are names in this folder; no call follows a link but ``open(beneath:following:)`` when asked to.
package struct HeldFile: Sendable {
    let descriptor: OwnedDescriptor
    /// How it is told of in errors.
    package let name: String

    init(_ descriptor: OwnedDescriptor, _ name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Which links are followed on the way.
    package enum Following: Sendable {
        /// None, and no mount is crossed either.
        case nothing
        /// None.
        case mounts
        /// Those that stay inside.
        case linksInside
    }

    /// Holds what is at a path of the node itself; links are followed.
    package init(_ path: String) throws(SystemError) {
        let number = unsafe kst_open_beneath(AT_FDCWD, path, Int32(KST_O_PATH), 0, 0)
        self.init(OwnedDescriptor(try SystemError.check("open \(path)", number)), path)
    }

    /// Holds what is at a path below this folder; leaving it is an error.
    package func open(beneath path: String, following: Following = .mounts) throws(SystemError) -> HeldFile {
        let inside = UInt64(KST_RESOLVE_BENEATH | KST_RESOLVE_NO_MAGIC)
        let resolve =
            switch following {
            case .nothing: inside | UInt64(KST_RESOLVE_NO_LINKS | KST_RESOLVE_NO_MOUNTS)
            case .mounts: inside | UInt64(KST_RESOLVE_NO_LINKS)
            case .linksInside: inside
            }
        let number = unsafe kst_open_beneath(descriptor.number, path, Int32(KST_O_PATH), 0, resolve)
        return HeldFile(OwnedDescriptor(try SystemError.check("open \(path) in \(name)", number)), name + "/" + path)
    }

    package func facts() throws(SystemError) -> FileFacts {
        var facts = kst_file_facts()
        _ = try SystemError.check("look at \(name)", unsafe kst_file_facts(descriptor.number, &facts))
        return FileFacts(facts)
    }

    /// What an entry of this folder is.
    package func facts(of entry: String) throws(SystemError) -> FileFacts {
        var facts = kst_file_facts()
        _ = try SystemError.check("look at \(entry) in \(name)", unsafe kst_entry_facts(descriptor.number, entry, &facts))
        return FileFacts(facts)
    }

    package func setMode(_ mode: UInt32) throws(SystemError) {
        _ = try SystemError.check("change the mode of \(name)", kst_change_mode(descriptor.number, mode))
    }

    /// Nil leaves an owner as it is.
    package func setOwner(user: UInt32?, group: UInt32?) throws(SystemError) {
        _ = try SystemError.check("change the owner of \(name)", kst_change_owner(descriptor.number, user ?? .max, group ?? .max))
    }

    /// Whether what it is on lives in memory.
    package func isInMemory() throws(SystemError) -> Bool {
        try SystemError.check("look at the filesystem of \(name)", kst_is_tmpfs(descriptor.number)) == 1
    }

    /// The path at which it is now.
    package func realPath() throws(SystemError) -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = try SystemError.check("find \(name)", unsafe kst_real_path(descriptor.number, &path, path.count))
        return String(decoding: path.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes the folders of a path that are missing, with that mode; links are followed, as it is a path of the node itself.
    package static func makeFolders(_ path: String, mode: UInt32) throws(SystemError) {
        var current = try HeldFile("/")
        for part in path.split(separator: "/").map(String.init) {
            let isNew = try current.makeFolder(part, mode: mode)
            current = try HeldFile(current.name == "/" ? "/" + part : current.name + "/" + part)
            // The mask of the process took away what it could.
            if isNew { try current.setMode(mode) }
        }
    }

    // MARK: Entries

    /// Makes a folder; false when something has that name already.
    @discardableResult
    package func makeFolder(_ entry: String, mode: UInt32 = 0o700) throws(SystemError) -> Bool {
        if unsafe mkdirat(descriptor.number, entry, mode) == 0 { return true }
        if errno == EEXIST { return false }
        throw SystemError("make the folder \(entry) in \(name)", errno)
    }

    /// Makes a file with its content; nothing has that name.
    package func makeFile(_ entry: String, _ bytes: [UInt8] = [], mode: UInt32 = 0o600) throws(SystemError) -> HeldFile {
        let resolve = UInt64(KST_RESOLVE_BENEATH | KST_RESOLVE_NO_LINKS)
        let number = unsafe kst_open_beneath(descriptor.number, entry, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, resolve)
        let file = HeldFile(OwnedDescriptor(try SystemError.check("make \(entry) in \(name)", number)), name + "/" + entry)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe kst_write(number, $0.baseAddress, $0.count) }
            written += try SystemError.check("write \(file.name)", count)
        }
        if fchmod(number, mode) < 0 { throw SystemError("change the mode of \(file.name)", errno) }
        return file
    }

    /// The content of a regular file below this folder.
    package func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let resolve = UInt64(KST_RESOLVE_BENEATH | KST_RESOLVE_NO_LINKS)
        // Without waiting: whatever it is, opening it does not hold us.
        let number = unsafe kst_open_beneath(descriptor.number, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, resolve)
        let file = OwnedDescriptor(try SystemError.check("open \(path) in \(name)", number))
        return try Pipe.readAll(file, limit: limit)
    }

    package func makeLink(_ entry: String, to target: String) throws(SystemError) {
        if unsafe symlinkat(target, descriptor.number, entry) < 0 { throw SystemError("make the link \(entry) in \(name)", errno) }
    }

    /// Where a link leads; nil when there is none of that name.
    package func link(_ entry: String) -> String? {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = unsafe target.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe readlinkat(descriptor.number, entry, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count < 0 ? nil : String(decoding: target.prefix(count), as: UTF8.self)
    }

    /// Gives an entry another name, in place of what has it.
    package func rename(_ entry: String, to other: String, in folder: HeldFile? = nil) throws(SystemError) {
        if unsafe renameat(descriptor.number, entry, (folder ?? self).descriptor.number, other) < 0 {
            throw SystemError("rename \(entry) in \(name)", errno)
        }
    }

    /// Removes a file or link; nothing when there is none.
    package func unlink(_ entry: String) throws(SystemError) {
        if unsafe unlinkat(descriptor.number, entry, 0) < 0, errno != ENOENT { throw SystemError("remove \(entry) in \(name)", errno) }
    }

    /// Removes an empty folder; nothing when there is none.
    package func removeFolder(_ entry: String) throws(SystemError) {
        if unsafe unlinkat(descriptor.number, entry, AT_REMOVEDIR) < 0, errno != ENOENT {
            throw SystemError("remove \(entry) in \(name)", errno)
        }
    }

    /// The names in this folder, in order; an error when there are more than `limit`. Bytes that are no text are replaced.
    package func names(limit: Int = 1 << 20) throws(SystemError) -> [String] {
        var names: [String] = []
        try forEachEntry { (entry) throws(SystemError) in
            if names.count >= limit { throw SystemError("list \(name)", E2BIG) }
            names.append(entry.text)
            return true
        }
        return names.sorted()
    }
}
