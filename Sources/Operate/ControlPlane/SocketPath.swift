import CertificateAuthority
import Glibc
import Synchronization

/// Paths of Unix sockets, which `sockaddr_un` bounds to 107 bytes.
enum SocketPath {
    static let maximumBytes = 107

    // A lock and no actor: a dictionary of a few folders, filled at start.
    private static let folders = Mutex<[String: Int32]>([:])

    /// A path of the same socket that fits: one that is too long goes through a descriptor of its folder.
    ///
    /// - Throws: ``MaintenanceError`` when the folder cannot be opened.
    static func short(_ path: String) throws(MaintenanceError) -> String {
        guard path.utf8.count > maximumBytes else { return path }
        let folder = SecureFile.folder(of: path)
        let descriptor = folders.withLock { known -> Int32 in
            if let descriptor = known[folder] { return descriptor }
            let opened = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if opened >= 0 { known[folder] = opened }
            return opened
        }
        guard descriptor >= 0 else { throw MaintenanceError("\(folder) cannot be opened: \(SystemText.message(errno)).") }
        return "/proc/self/fd/\(descriptor)/" + path.dropFirst(folder.utf8.count + 1)
    }
}
