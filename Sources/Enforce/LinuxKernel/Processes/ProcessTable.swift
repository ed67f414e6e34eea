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

    /// Every process that can be seen, as `/proc/PID/stat` has it, with its process namespace where that may be read. Blocks.
    package static func all() -> [(stat: String, namespace: String?)] {
        ((try? FileTree.names("/proc")) ?? []).compactMap { name in
            guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let stat = try? FileTree.text("/proc/\(name)/stat", limit: 4096), !stat.isEmpty
            else { return nil }
            return (stat, link("/proc/\(name)/ns/pid"))
        }
    }

    private static func link(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: 64)
        let count = unsafe readlink(path, &target, target.count)
        return count < 0 ? nil : String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
