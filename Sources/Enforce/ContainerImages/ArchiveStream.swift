import CArchive
import Glibc

/// What libarchive or the system said of an archive that cannot be read.
package struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    package var what: String
    package var description: String { what }
}

/// One entry of an archive: its header.
struct ArchiveEntry {
    enum Kind { case file, folder, link, hardLink, pipe, device, socket, other }
    var kind: Kind
    /// As written; names are bytes.
    var path: [UInt8]
    /// Where a link leads; empty for others.
    var target: [UInt8]
    var mode: UInt32
    var user: Int64
    var group: Int64
    var size: Int64
    var seconds: Int64
    var nanoseconds: Int
    var attributes: [(name: String, value: [UInt8])]
}

/// Reads an archive or a compressed stream as it comes, through libarchive. All of its calls are in this file. Used by one
/// thread at a time.
@safe final class ArchiveStream {
    enum Form { case tar, compressed(gzip: Bool, zstd: Bool) }
    /// Gives the next bytes, which stay until it is called again; none at the end.
    typealias Source = () throws -> UnsafeRawBufferPointer

    private let handle: OpaquePointer
    private let source: Source
    private var failure: (any Error)?

    init(_ form: Form, _ source: @escaping Source) throws {
        guard let handle = unsafe archive_read_new() else { throw ArchiveError(what: "out of memory") }
        unsafe self.handle = handle
        unsafe self.source = source
        switch form {
        case .tar: unsafe archive_read_support_format_tar(handle)
        case .compressed(let gzip, let zstd):
            unsafe archive_read_support_format_raw(handle)
            unsafe archive_read_support_format_empty(handle)
            if gzip { unsafe archive_read_support_filter_gzip(handle) }
            if zstd { unsafe archive_read_support_filter_zstd(handle) }
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let code = unsafe archive_read_open2(
            handle, context, nil,
            { _, context, buffer in
                guard let context = unsafe context, let buffer = unsafe buffer else { return -1 }
                let stream = unsafe Unmanaged<ArchiveStream>.fromOpaque(context).takeUnretainedValue()
                do {
                    let bytes = try unsafe stream.source()
                    unsafe buffer.pointee = bytes.baseAddress
                    return bytes.count
                } catch {
                    stream.failure = error
                    return -1
                }
            }, nil, nil)
        guard code == ARCHIVE_OK else { throw error() }
    }

    deinit { unsafe archive_read_free(handle) }

    private func error() -> any Error {
        if let failure { return failure }
        return ArchiveError(what: unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? "it cannot be read")
    }

    private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
        guard let text = unsafe text else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// The next entry; nil at the end.
    func next() throws -> ArchiveEntry? {
        var entry: OpaquePointer?
        let code = unsafe archive_read_next_header(handle, &entry)
        if code == ARCHIVE_EOF { return nil }
        // A warning is a header that was not understood as a whole: what is not understood is not unpacked.
        guard code == ARCHIVE_OK, let entry = unsafe entry else { throw error() }
        var kind = ArchiveEntry.Kind.other
        let type = unsafe archive_entry_filetype(entry)
        if type == FileType.file { kind = .file }
        if type == FileType.folder { kind = .folder }
        if type == FileType.link { kind = .link }
        if type == FileType.pipe { kind = .pipe }
        if type == FileType.characters || type == FileType.blocks { kind = .device }
        if type == FileType.socket { kind = .socket }
        var target: [UInt8] = []
        let hard = unsafe Self.bytes(archive_entry_hardlink(entry))
        if !hard.isEmpty { (kind, target) = (.hardLink, hard) } else if kind == .link { target = unsafe Self.bytes(archive_entry_symlink(entry)) }
        var attributes: [(String, [UInt8])] = []
        unsafe archive_entry_xattr_reset(entry)
        while true {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard unsafe archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK, let name = unsafe name else { break }
            unsafe attributes.append((String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: size))))
        }
        return unsafe ArchiveEntry(
            kind: kind, path: Self.bytes(archive_entry_pathname(entry)), target: target, mode: UInt32(archive_entry_perm(entry)),
            user: archive_entry_uid(entry), group: archive_entry_gid(entry), size: archive_entry_size(entry), seconds: Int64(archive_entry_mtime(entry)),
            nanoseconds: Int(archive_entry_mtime_nsec(entry)), attributes: attributes)
    }

    /// The next part of the entry's contents and where it lies in them; nil at the end.
    func block() throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        let code = unsafe archive_read_data_block(handle, &start, &size, &offset)
        if code == ARCHIVE_EOF { return nil }
        guard code == ARCHIVE_OK else { throw error() }
        return unsafe (UnsafeRawBufferPointer(start: start, count: size), offset)
    }

    /// Runs `body` with names of archives as bytes of UTF-8: in the C locale libarchive would refuse others than ASCII.
    static func withLocale<Value>(_ body: () throws -> Value) rethrows -> Value {
        guard let locale = unsafe newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return try body() }
        let before = unsafe uselocale(locale)
        defer {
            unsafe uselocale(before)
            unsafe freelocale(locale)
        }
        return try body()
    }
}

/// The kinds of files in a mode; two modules have constants of these names, which Swift cannot tell apart.
enum FileType {
    static let mask: mode_t = 0o170000
    static let socket: mode_t = 0o140000
    static let link: mode_t = 0o120000
    static let file: mode_t = 0o100000
    static let blocks: mode_t = 0o060000
    static let folder: mode_t = 0o040000
    static let characters: mode_t = 0o020000
    static let pipe: mode_t = 0o010000
}
