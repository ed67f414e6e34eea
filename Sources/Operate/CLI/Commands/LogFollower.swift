import ControlPlane
import Glibc

/// Reads a log from where the last reading ended, also when the log was begun anew.
struct LogFollower {
    private let path: String
    private var descriptor: Int32
    private var inode: UInt64 = 0

    init(_ path: String) throws(CommandError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandError("\(path) cannot be read: \(unsafe String(cString: strerror(errno))).")
        }
        inode = Self.inode(path)
    }

    private static func inode(_ path: String) -> UInt64 {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? UInt64(facts.st_ino) : 0
    }

    /// What was added since the last reading.
    mutating func readMore() -> String {
        var bytes = drain()
        let present = Self.inode(path)
        if present != 0, present != inode {
            let fresh = unsafe open(path, O_RDONLY | O_CLOEXEC)
            if fresh >= 0 {
                close(descriptor)
                descriptor = fresh
                inode = present
                bytes += drain()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func drain() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer.prefix(count))
        }
    }
}
