import CLinux
import Glibc

/// What the kernel tells of processes.
package enum ProcessTable {
    /// The parent of a process; nil when there is none of that number.
    package static func parent(of process: Int32) -> Int32? {
        let number = unsafe kst_open("/proc/\(process)/stat", O_RDONLY)
        guard number >= 0 else { return nil }
        let file = OwnedDescriptor(number)
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = unsafe kst_read(file.number, &bytes, bytes.count)
        // The name of the program stands in brackets and may hold anything, brackets too.
        guard count > 0, let end = bytes[..<count].lastIndex(of: 0x29) else { return nil }
        let fields = String(decoding: bytes[(end + 1)..<count], as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int32(fields[1]) : nil
    }
}
