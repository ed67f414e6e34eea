import Glibc

/// What tells one state of a file from another: its place, size and times. An absent file has a stamp of its own.
struct FileStamp: Hashable, Sendable {
    private var inode: UInt64 = 0
    private var size: Int64 = -1
    private var modified: Int64 = 0
    private var nanoseconds: Int64 = 0

    init(_ path: String) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return }
        inode = UInt64(facts.st_ino)
        size = Int64(facts.st_size)
        modified = Int64(facts.st_mtim.tv_sec)
        nanoseconds = Int64(facts.st_mtim.tv_nsec)
    }
}
