import Glibc

/// Reads what the kernel says under `/proc` and `/sys`; what cannot be read is empty.
package enum ProcFiles {
    /// The text of a file, at most 4 MiB.
    package static func text(_ path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 4 << 20 {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a folder.
    package static func names(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    /// Where a symbolic link leads.
    package static func link(_ path: String) -> String {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = unsafe target.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return -1 }
            return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return count > 0 ? String(decoding: target.prefix(count), as: UTF8.self) : ""
    }

    /// Resident memory of a process in bytes; nil when it is not there.
    package static func residentBytes(_ process: Int32) -> Int? {
        for line in text("/proc/\(process)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(separator: " ").compactMap { Int($0.trimmingTabs) }.first.map { $0 * 1024 }
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmingTabs: String { String(self.filter { $0 != "\t" }) }
}
