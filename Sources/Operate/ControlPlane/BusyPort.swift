import CertificateAuthority
import Glibc

/// Says why an address cannot be listened on, and who has it.
package enum BusyPort {
    /// - Parameter errno: what `bind` answered.
    package static func explanation(address: String, port: Int, errno code: Int32) -> String {
        let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        switch code {
        case EADDRINUSE:
            let owner = owner(port: port).map { " by \($0.command) (process \($0.process))" } ?? ""
            return "\(place) is in use already\(owner). Stop that program, or choose another port with --api-port."
        case EACCES:
            return "\(place) needs a privilege to listen on. Choose a port above 1023 with --api-port."
        case EADDRNOTAVAIL:
            return "this machine has no address \(address). Choose one of its addresses with --bind-address."
        default:
            return "\(place) cannot be listened on: \(SystemText.message(code))."
        }
    }

    /// The process that listens on the port, as far as this user may see it.
    private static func owner(port: Int) -> (process: Int, command: String)? {
        var inodes = Set<String>()
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in ProcFiles.text(table).split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                // State 0A is LISTEN.
                guard fields.count > 9, fields[3] == "0A", let colon = fields[1].lastIndex(of: ":"),
                    Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
                else { continue }
                inodes.insert("socket:[\(fields[9])]")
            }
        }
        guard !inodes.isEmpty else { return nil }
        for process in ProcFiles.names(in: "/proc").compactMap({ Int($0) }) {
            for descriptor in ProcFiles.names(in: "/proc/\(process)/fd") {
                if inodes.contains(ProcFiles.link("/proc/\(process)/fd/\(descriptor)")) {
                    let command = ProcFiles.text("/proc/\(process)/comm")
                    return (process, String(command.prefix { $0 != "\n" }))
                }
            }
        }
        return nil
    }
}
