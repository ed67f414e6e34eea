import CLinux
import Glibc

/// Settings under `/proc/sys`. Those of the network are of the calling thread's namespace.
package enum Sysctl {
    /// Writes a setting such as `net/ipv4/ip_forward`.
    package static func write(_ name: String, _ value: String) throws(SystemError) {
        let file = OwnedDescriptor(
            try SystemError.check("open /proc/sys/\(name)", unsafe kst_open("/proc/sys/" + name, O_WRONLY)))
        let bytes = Array(value.utf8)
        _ = try SystemError.check("write \(name)", unsafe kst_write(file.number, bytes, bytes.count))
    }

    /// The value of a setting, without the line's end.
    package static func read(_ name: String) throws(SystemError) -> String {
        let file = OwnedDescriptor(
            try SystemError.check("open /proc/sys/\(name)", unsafe kst_open("/proc/sys/" + name, O_RDONLY)))
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try SystemError.check("read \(name)", unsafe kst_read(file.number, &bytes, bytes.count))
        return String(decoding: bytes[..<count].filter { $0 != 0x0A }, as: UTF8.self)
    }
}
