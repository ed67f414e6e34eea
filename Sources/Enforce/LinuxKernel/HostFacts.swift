import Glibc

/// What this machine says of itself.
package struct HostFacts: Hashable, Sendable {
    package var hostName: String
    /// Such as `6.18.0`.
    package var kernelRelease: String
    /// Such as `x86_64`.
    package var machine: String
    /// Such as `Debian GNU/Linux 12 (bookworm)`.
    package var operatingSystem: String
    package var processors: Int
    /// In bytes.
    package var memory: Int64
    /// Differ from boot to boot, and from machine to machine.
    package var bootID: String
    package var machineID: String

    /// Reads the facts of this machine; what cannot be read is empty or 0.
    package static func read() -> HostFacts {
        var names = utsname()
        unsafe uname(&names)
        let memory = text("/proc/meminfo").split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let kilobytes = memory?.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0
        return HostFacts(
            hostName: field(&names.nodename), kernelRelease: field(&names.release), machine: field(&names.machine),
            operatingSystem: systemName(text("/etc/os-release")), processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memory: kilobytes * 1024, bootID: line("/proc/sys/kernel/random/boot_id"), machineID: line("/etc/machine-id"))
    }

    private static func field<Tuple>(_ tuple: inout Tuple) -> String {
        unsafe withUnsafeBytes(of: &tuple) { bytes in unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func line(_ path: String) -> String { text(path).split(separator: "\n").first.map(String.init) ?? "" }

    private static func text(_ path: String) -> String {
        guard let file = unsafe fopen(path, "re") else { return "" }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// `PRETTY_NAME` of `os-release(5)`.
    static func systemName(_ text: String) -> String {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("PRETTY_NAME=") }) else { return "Linux" }
        return line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }
    }
}
