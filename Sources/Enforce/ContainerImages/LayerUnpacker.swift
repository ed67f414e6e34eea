import CArchive
import ContentStore
import Glibc
import OCIModel

enum SystemText {
    static func error(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

/// Writes one layer into a fresh folder, in the form that the kernel's overlay takes.
///
/// The archive is hostile until its digest is verified, and after that too. No path of it is ever given to the kernel as a
/// whole: each part is opened by itself below the folder before, without following links. A link in the middle of a path
/// is followed by hand, with the layer's root as `/`, so that it leads nowhere else. All calls that act on entries are
/// relative to such a folder.
@safe final class LayerUnpacker {
    private typealias Name = [UInt8]

    private let root: Int32
    private let lowers: [Int32]
    private let form: OverlayForm
    private let limits: LayerLimits
    private let ownsFiles: Bool
    private var result = UnpackedLayer()
    private var folderTimes: [[Name]: (Int64, Int)] = [:]
    private var lastFolder: (path: [Name], file: Int32)?

    /// Reads a layer and unpacks it.
    ///
    /// - Parameters:
    ///   - read: fills a buffer with the next bytes of the layer as it travels; 0 at the end.
    ///   - folder: made here.
    ///   - lowers: the contents of the layers below, the topmost first: what a layer leaves out of its folders is theirs.
    ///   - expected: the digest of the uncompressed archive.
    /// - Throws: ``LayerError``, or what `read` throws.
    static func unpack(
        compression: ImageMediaType.Compression, into folder: String, lowers: [String], expected: ImageDigest, form: OverlayForm,
        limits: LayerLimits = LayerLimits(), read: @escaping (inout [UInt8]) throws -> Int
    ) throws -> UnpackedLayer {
        try ArchiveStream.withLocale {
            guard unsafe mkdir(folder, 0o755) == 0 else { throw LayerError.system(call: "mkdir", entry: folder, code: errno) }
            // The umask of this process is not the image's.
            guard unsafe chmod(folder, 0o755) == 0 else { throw LayerError.system(call: "chmod", entry: folder, code: errno) }
            let unpacker = try LayerUnpacker(folder, lowers, form, limits)
            let plain = try PlainBytes(compression, expected.algorithm, limit: limits.bytes, read)
            do {
                let tar = try unsafe ArchiveStream(.tar) { try unsafe plain.next() }
                while let entry = try tar.next() { try unpacker.add(entry, tar) }
                // Builders pad the archive; the digest is over all of it.
                while try unsafe plain.next().count > 0 {}
            } catch let error as ArchiveError {
                throw LayerError.unreadable(error.what)
            }
            guard plain.hash.digest == expected else { throw LayerError.contents(expected: expected, found: plain.hash.digest) }
            try unpacker.finish()
            return unpacker.result
        }
    }

    private init(_ folder: String, _ lowers: [String], _ form: OverlayForm, _ limits: LayerLimits) throws {
        func open(_ path: String) throws -> Int32 {
            let file = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard file >= 0 else { throw LayerError.system(call: "open", entry: path, code: errno) }
            return file
        }
        root = try open(folder)
        var opened: [Int32] = []
        do { for lower in lowers { opened.append(try open(lower)) } } catch {
            for file in opened + [root] { close(file) }
            throw error
        }
        self.lowers = opened
        self.form = form
        self.limits = limits
        ownsFiles = geteuid() == 0
    }

    deinit {
        forgetFolder()
        for file in lowers + [root] { close(file) }
    }

    // MARK: Entries

    private func hostile(_ entry: ArchiveEntry, _ what: String) -> LayerError { .hostile(entry: Self.text(entry.path), what: what) }

    /// For errors: printable, and not longer than a line.
    private static func text(_ bytes: Name) -> String {
        String(decoding: bytes.prefix(200).map { $0 < 0x20 || $0 == 0x7F ? 0x3F : $0 }, as: UTF8.self)
    }

    private func check(_ code: Int32, _ call: String, _ entry: ArchiveEntry) throws {
        guard code != 0 else { return }
        // A user namespace without a range of ids cannot give a file to others.
        throw LayerError.system(call: call, entry: Self.text(entry.path), code: errno)
    }

    private func parts(_ path: Name, of entry: ArchiveEntry) throws -> [Name] {
        guard path.count <= limits.path, !path.contains(0) else { throw hostile(entry, "its path is longer than \(limits.path) bytes") }
        let parts = path.split(separator: 0x2F).map(Array.init).filter { $0 != [0x2E] }
        guard !parts.contains([0x2E, 0x2E]) else { throw hostile(entry, "its path leads out of the layer with '..'") }
        guard parts.count <= limits.depth else { throw hostile(entry, "it lies deeper than \(limits.depth) folders") }
        guard parts.allSatisfy({ $0.count <= 255 }) else { throw hostile(entry, "a part of its path is longer than 255 bytes") }
        return parts
    }

    private func add(_ entry: ArchiveEntry, _ tar: ArchiveStream) throws {
        result.entries += 1
        guard result.entries <= limits.entries else { throw LayerError.limit("it has more than \(limits.entries) entries") }
        let path = try parts(entry.path, of: entry)
        guard let last = path.last else {
            guard entry.kind == .folder else { throw hostile(entry, "the root of a layer is a folder") }
            try setFolder(root, entry)
            folderTimes[[]] = (entry.seconds, entry.nanoseconds)
            return
        }
        let parent = try folder(Array(path.dropLast()), entry)
        if last.starts(with: Array(".wh.".utf8)) { return try whiteout(Array(last.dropFirst(4)), parent, entry) }
        let present = kind(parent, last)
        if entry.kind == .folder {
            switch present {
            case .folder: break
            case .missing: try check(unsafe at(parent, last) { unsafe mkdirat($0, $1, 0o755) }, "mkdir", entry)
            case .whiteout, .other, .link:
                try check(unsafe at(parent, last) { unsafe unlinkat($0, $1, 0) }, "unlink", entry)
                try check(unsafe at(parent, last) { unsafe mkdirat($0, $1, 0o755) }, "mkdir", entry)
                forgetFolder()
                if present == .whiteout { try makeOpaque(parent, last, entry) }
            }
            let file = unsafe at(parent, last) { unsafe openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            guard file >= 0 else { throw LayerError.system(call: "open", entry: Self.text(entry.path), code: errno) }
            defer { close(file) }
            try setFolder(file, entry)
            folderTimes[path] = (entry.seconds, entry.nanoseconds)
            return
        }
        if entry.kind == .device || entry.kind == .socket {
            result.skippedDevices += 1
            return
        }
        // A hard link onto itself must not remove what it leads to.
        var hardTarget: (folder: Int32, name: Name)?
        if entry.kind == .hardLink {
            let target = try parts(entry.target, of: entry)
            guard let name = target.last else { throw hostile(entry, "a hard link to the layer's root") }
            if target == path { return }
            hardTarget = (dup(try folder(Array(target.dropLast()), entry)), name)
        }
        defer { if let hardTarget { close(hardTarget.folder) } }
        let place = entry.kind == .hardLink ? dup(try folder(Array(path.dropLast()), entry)) : dup(parent)
        defer { close(place) }
        switch kind(place, last) {
        case .missing: break
        case .folder:
            forgetFolder()
            try removeTree(place, last, entry)
        case .whiteout, .other, .link:
            forgetFolder()
            try check(unsafe at(place, last) { unsafe unlinkat($0, $1, 0) }, "unlink", entry)
        }
        switch entry.kind {
        case .file: try write(entry, tar, place, last)
        case .link:
            guard !entry.target.isEmpty, entry.target.count <= limits.path, !entry.target.contains(0) else { throw hostile(entry, "a link to nowhere") }
            let target = entry.target.map { CChar(bitPattern: $0) } + [0]
            try check(unsafe at(place, last) { unsafe symlinkat(target, $0, $1) }, "symlink", entry)
            try setOwnerAndTime(place, last, entry)
        case .pipe:
            try check(unsafe at(place, last) { unsafe mknodat($0, $1, FileType.pipe | 0o600, 0) }, "mkfifo", entry)
            try setOwnerAndTime(place, last, entry)
            try check(unsafe at(place, last) { unsafe fchmodat($0, $1, entry.mode & 0o7777, 0) }, "chmod", entry)
        case .hardLink:
            guard let (folder, name) = hardTarget else { return }
            try link(entry, folder, name, place, last)
        case .folder, .device, .socket: break
        case .other: throw hostile(entry, "it is no file, folder, link or pipe")
        }
    }

    private func link(_ entry: ArchiveEntry, _ folder: Int32, _ name: Name, _ place: Int32, _ last: Name) throws {
        let from = name.map { CChar(bitPattern: $0) } + [0]
        switch kind(folder, name) {
        case .other, .link: try check(unsafe at(place, last) { unsafe linkat(folder, from, $0, $1, 0) }, "link", entry)
        case .missing, .folder, .whiteout: throw hostile(entry, "a hard link to \(Self.text(entry.target)), which is no file of this layer")
        }
    }

    private func write(_ entry: ArchiveEntry, _ tar: ArchiveStream, _ place: Int32, _ last: Name) throws {
        guard entry.size >= 0, entry.size <= limits.bytes - result.bytes else {
            throw LayerError.limit("its files have more than \(limits.bytes) bytes (at \(Self.text(entry.path)))")
        }
        result.bytes += entry.size
        let file = unsafe at(place, last) { unsafe openat($0, $1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        guard file >= 0 else { throw LayerError.system(call: "create", entry: Self.text(entry.path), code: errno) }
        defer { close(file) }
        var end: Int64 = 0
        while let block = try unsafe tar.block() {
            let (bytes, offset) = unsafe block
            guard offset >= 0, offset <= entry.size - Int64(bytes.count) else { throw hostile(entry, "it has more bytes than its header says") }
            var written = 0
            while written < bytes.count {
                let count = unsafe pwrite(file, bytes.baseAddress?.advanced(by: written), bytes.count - written, off_t(offset) + written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw LayerError.system(call: "write", entry: Self.text(entry.path), code: errno) }
                written += count
            }
            end = max(end, offset + Int64(bytes.count))
        }
        // The rest of a sparse file is a hole.
        if end < entry.size { try check(ftruncate(file, off_t(entry.size)), "truncate", entry) }
        if ownsFiles { try check(fchown(file, try id(entry.user, entry), try id(entry.group, entry)), "chown", entry) }
        // After the owner, whose change takes setuid, setgid and capabilities away.
        try check(fchmod(file, entry.mode & 0o7777), "chmod", entry)
        try setAttributes(file, entry)
        var times = [timespec(tv_sec: Int(entry.seconds), tv_nsec: entry.nanoseconds), timespec(tv_sec: Int(entry.seconds), tv_nsec: entry.nanoseconds)]
        unsafe futimens(file, &times)
    }

    private func id(_ value: Int64, _ entry: ArchiveEntry) throws -> UInt32 {
        guard let id = UInt32(exactly: value), id != .max else { throw hostile(entry, "its owner \(value) is no user or group id") }
        return id
    }

    private func setFolder(_ file: Int32, _ entry: ArchiveEntry) throws {
        if ownsFiles { try check(fchown(file, try id(entry.user, entry), try id(entry.group, entry)), "chown", entry) }
        try check(fchmod(file, entry.mode & 0o7777), "chmod", entry)
        try setAttributes(file, entry)
    }

    private func setOwnerAndTime(_ place: Int32, _ last: Name, _ entry: ArchiveEntry) throws {
        if ownsFiles {
            let (user, group) = (try id(entry.user, entry), try id(entry.group, entry))
            try check(unsafe at(place, last) { unsafe fchownat($0, $1, user, group, AT_SYMLINK_NOFOLLOW) }, "chown", entry)
        }
        let times = [timespec(tv_sec: Int(entry.seconds), tv_nsec: entry.nanoseconds), timespec(tv_sec: Int(entry.seconds), tv_nsec: entry.nanoseconds)]
        _ = unsafe at(place, last) { unsafe utimensat($0, $1, times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Only what belongs to a file's own meaning. `trusted` and the overlay's attributes would let an image write into the
    /// overlay's bookkeeping, and labels are the node's.
    private func setAttributes(_ file: Int32, _ entry: ArchiveEntry) throws {
        for (name, value) in entry.attributes {
            let isFine = name == "security.capability" || (name.hasPrefix("user.") && !name.hasPrefix("user.overlay."))
            guard isFine, name.utf8.count <= 255, value.count <= 65536 else {
                result.skippedAttributes += 1
                continue
            }
            if unsafe fsetxattr(file, name, value, value.count, 0) != 0 {
                // A file system without them, or a namespace that may not set capabilities: the file is less than it was.
                guard errno == ENOTSUP || errno == EPERM else { throw LayerError.system(call: "setxattr", entry: Self.text(entry.path), code: errno) }
                result.skippedAttributes += 1
            }
        }
    }

    // MARK: Whiteouts

    /// `.wh.NAME` hides NAME of the layers below; `.wh..wh..opq` hides all of the folder's.
    private func whiteout(_ name: Name, _ parent: Int32, _ entry: ArchiveEntry) throws {
        guard !name.isEmpty, name != [0x2E], name != [0x2E, 0x2E] else { throw hostile(entry, "a whiteout of nothing") }
        if name == Array(".wh..opq".utf8) { return try setOpaque(parent, entry) }
        // Bookkeeping of aufs, which means nothing here.
        if name.starts(with: Array(".wh.".utf8)) { return }
        switch kind(parent, name) {
        case .missing: try check(unsafe at(parent, name) { unsafe mknodat($0, $1, FileType.characters, 0) }, "mknod", entry)
        // A whiteout is about the layers below; the folder that this layer brings stays, without theirs.
        case .folder: try makeOpaque(parent, name, entry)
        case .whiteout, .other, .link: break
        }
    }

    private func makeOpaque(_ parent: Int32, _ name: Name, _ entry: ArchiveEntry) throws {
        let file = unsafe at(parent, name) { unsafe openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard file >= 0 else { throw LayerError.system(call: "open", entry: Self.text(entry.path), code: errno) }
        defer { close(file) }
        try setOpaque(file, entry)
    }

    private func setOpaque(_ file: Int32, _ entry: ArchiveEntry) throws {
        try check(unsafe fsetxattr(file, form.opaque, "y", 1, 0), "setxattr \(form.opaque)", entry)
    }

    private func isOpaque(_ file: Int32) -> Bool {
        var value = [UInt8](repeating: 0, count: 4)
        return unsafe fgetxattr(file, form.opaque, &value, 4) == 1 && value[0] == 0x79
    }

    // MARK: Folders

    private enum Present { case missing, folder, link, whiteout, other }

    private func at(_ folder: Int32, _ name: Name, _ body: (Int32, UnsafePointer<CChar>) -> Int32) -> Int32 {
        let text = name.map { CChar(bitPattern: $0) } + [0]
        return unsafe text.withUnsafeBufferPointer { unsafe $0.baseAddress.map { unsafe body(folder, $0) } ?? -1 }
    }

    private func status(_ folder: Int32, _ name: Name) -> stat? {
        var status = stat()
        return unsafe at(folder, name, { unsafe fstatat($0, $1, &status, AT_SYMLINK_NOFOLLOW) }) == 0 ? status : nil
    }

    private static func kind(_ status: stat) -> Present {
        switch status.st_mode & FileType.mask {
        case FileType.folder: .folder
        case FileType.link: .link
        case FileType.characters: status.st_rdev == 0 ? .whiteout : .other
        default: .other
        }
    }

    private func kind(_ folder: Int32, _ name: Name) -> Present { status(folder, name).map(Self.kind) ?? .missing }

    private func forgetFolder() {
        if let lastFolder { close(lastFolder.file) }
        lastFolder = nil
    }

    private static func read(link name: Name, in folder: Int32) -> Name {
        var target = [CChar](repeating: 0, count: 4096)
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let count = unsafe readlinkat(folder, text, &target, target.count)
        return target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    }

    /// The folder of that path in this layer, made as the layers below have it where this layer does not bring it.
    /// It belongs to the cache and stays open until the next call.
    private func folder(_ path: [Name], _ entry: ArchiveEntry) throws -> Int32 {
        if path.isEmpty { return root }
        if let lastFolder, lastFolder.path == path { return lastFolder.file }
        var stack: [(name: Name, file: Int32, opaque: Bool)] = []
        defer { for step in stack { close(step.file) } }
        var pending = Array(path.reversed())
        var links = 0
        func follow(_ target: Name) throws {
            links += 1
            guard links <= 40, !target.isEmpty else { throw hostile(entry, "its path has links that lead in a circle or nowhere") }
            if target.first == 0x2F {
                for step in stack { close(step.file) }
                stack = []
            }
            pending += target.split(separator: 0x2F).map(Array.init).filter { $0 != [0x2E] }.reversed()
            guard pending.count <= limits.path else { throw hostile(entry, "its path has links that lead too far") }
        }
        while let name = pending.popLast() {
            if name == [0x2E, 0x2E] {
                // Only from a link: the root's parent is the root.
                if let step = stack.popLast() { close(step.file) }
                continue
            }
            guard stack.count < limits.depth else { throw hostile(entry, "it lies deeper than \(limits.depth) folders") }
            let here = stack.last?.file ?? root
            var below: (status: stat, link: Name)?
            switch kind(here, name) {
            case .folder: break
            case .link:
                try follow(Self.read(link: name, in: here))
                continue
            case .missing:
                if !stack.contains(where: { $0.opaque }) && !isOpaque(root) { below = lower(stack.map(\.name) + [name]) }
                if let below, Self.kind(below.status) == .link {
                    try follow(below.link)
                    continue
                }
                try check(unsafe at(here, name) { unsafe mkdirat($0, $1, 0o755) }, "mkdir", entry)
            case .whiteout:
                try check(unsafe at(here, name) { unsafe unlinkat($0, $1, 0) }, "unlink", entry)
                try check(unsafe at(here, name) { unsafe mkdirat($0, $1, 0o755) }, "mkdir", entry)
                try makeOpaque(here, name, entry)
            case .other: throw hostile(entry, "a file stands in the place of a folder of its path")
            }
            let file = unsafe at(here, name) { unsafe openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            guard file >= 0 else { throw LayerError.system(call: "open", entry: Self.text(entry.path), code: errno) }
            stack.append((name, file, isOpaque(file)))
            if let below, Self.kind(below.status) == .folder {
                if ownsFiles { try check(fchown(file, below.status.st_uid, below.status.st_gid), "chown", entry) }
                try check(fchmod(file, below.status.st_mode & 0o7777), "chmod", entry)
            }
        }
        guard let step = stack.last else { return root }
        forgetFolder()
        lastFolder = (path, dup(step.file))
        return lastFolder?.file ?? root
    }

    /// What the layers below show at a path.
    private func lower(_ path: [Name]) -> (status: stat, link: Name)? {
        guard let last = path.last else { return nil }
        var candidates = lowers.map { dup($0) }
        defer { for file in candidates { close(file) } }
        for name in path.dropLast() {
            var next: [Int32] = []
            for folder in candidates {
                guard let status = status(folder, name) else { continue }
                guard Self.kind(status) == .folder else { break }
                let file = unsafe at(folder, name) { unsafe openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
                if file < 0 { break }
                next.append(file)
                if isOpaque(file) { break }
            }
            for file in candidates { close(file) }
            candidates = next
        }
        for folder in candidates {
            guard let status = status(folder, last) else { continue }
            return Self.kind(status) == .whiteout ? nil : (status, Self.kind(status) == .link ? Self.read(link: last, in: folder) : [])
        }
        return nil
    }

    /// Removes what an earlier entry of the same layer brought, when a later one is something else.
    private func removeTree(_ folder: Int32, _ name: Name, _ entry: ArchiveEntry) throws {
        let inner = unsafe at(folder, name) { unsafe openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard inner >= 0, let stream = unsafe fdopendir(inner) else { throw LayerError.system(call: "open", entry: Self.text(entry.path), code: errno) }
        defer { unsafe closedir(stream) }
        while let child = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &child.pointee.d_name) { raw in unsafe Array(raw.prefix { $0 != 0 }) }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            if kind(inner, name) == .folder {
                try removeTree(inner, name, entry)
            } else {
                try check(unsafe at(inner, name) { unsafe unlinkat($0, $1, 0) }, "unlink", entry)
            }
        }
        try check(unsafe at(folder, name) { unsafe unlinkat($0, $1, AT_REMOVEDIR) }, "rmdir", entry)
    }

    /// Gives the folders their times, which each entry in them has changed.
    private func finish() throws {
        for (path, time) in folderTimes {
            var file = dup(root)
            for name in path where file >= 0 {
                let next = unsafe at(file, name) { unsafe openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
                close(file)
                file = next
            }
            // A later entry may have taken its place.
            guard file >= 0 else { continue }
            var times = [timespec(tv_sec: Int(time.0), tv_nsec: time.1), timespec(tv_sec: Int(time.0), tv_nsec: time.1)]
            unsafe futimens(file, &times)
            close(file)
        }
    }
}

/// The bytes of an archive after decompression, hashed as they go by.
@safe private final class PlainBytes {
    private(set) var hash: ContentHash
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private var chunk = [UInt8](repeating: 0, count: 1 << 18)
    private let read: (inout [UInt8]) throws -> Int
    private var decompressor: ArchiveStream?
    private let limit: Int64

    init(_ compression: ImageMediaType.Compression, _ algorithm: ImageDigest.Algorithm, limit: Int64, _ read: @escaping (inout [UInt8]) throws -> Int) throws {
        hash = ContentHash(algorithm)
        self.read = read
        // Headers and padding of small files are more than the files themselves.
        self.limit = limit + limit / 4 + (1 << 20)
        if compression != .none {
            decompressor = try unsafe ArchiveStream(.compressed(gzip: compression == .gzip, zstd: compression == .zstd)) { [unowned self] in try unsafe self.raw() }
            _ = try decompressor?.next()
        }
    }

    deinit { unsafe buffer.deallocate() }

    private func raw() throws -> UnsafeRawBufferPointer {
        let count = try read(&chunk)
        unsafe buffer.copyBytes(from: chunk.prefix(count))
        return unsafe UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
    }

    func next() throws -> UnsafeRawBufferPointer {
        var bytes: UnsafeRawBufferPointer
        if let decompressor {
            repeat {
                guard let block = try unsafe decompressor.block() else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
                unsafe bytes = block.bytes
            } while unsafe bytes.isEmpty
        } else {
            unsafe bytes = try raw()
        }
        unsafe hash.update(bytes)
        guard hash.count <= limit else { throw LayerError.limit("it is more than \(limit) bytes when it is unpacked") }
        return unsafe bytes
    }
}
