import Glibc
import Reconcile
import Synchronization

/// The time zones of this machine, each read once.
final class ZoneFiles: Sendable {
    private let known = Mutex<[String: ZoneRules]>([:])
    private let folder: String

    init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    /// The rules of a zone; nil when this machine has none of that name.
    subscript(name: String) -> ZoneRules? {
        if ["UTC", "Etc/UTC"].contains(name) { return .utc }
        if let rules = known.withLock({ $0[name] }) { return rules }
        guard Self.isName(name), let bytes = Self.read(folder + "/" + name), let rules = ZoneRules(file: bytes) else { return nil }
        known.withLock { $0[name] = rules }
        return rules
    }

    /// `Europe/Berlin`: nothing that leads out of the folder.
    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 64 else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5F || $0 == 0x2B || $0 == 0x2D }
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // One more than may be, so that a longer file is refused.
        var bytes = [UInt8](repeating: 0, count: ZoneRules.mostBytes + 1)
        var length = 0
        while length < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length) }
            if count < 0 { return nil }
            if count == 0 { break }
            length += count
        }
        return Array(bytes.prefix(length))
    }
}
