import Foundation
import Synchronization

/// Free ports of this machine, each given out once.
enum Ports {
    private static let given = Mutex<Set<Int>>([])

    /// A range of ports to use: `KASTELL_TEST_PORTS=FIRST-LAST`.
    private static let range: ClosedRange<Int> = {
        let bounds = (ProcessInfo.processInfo.environment["KASTELL_TEST_PORTS"] ?? "").split(separator: "-").compactMap { Int($0) }
        return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 20000...29999
    }()

    static func free() throws -> Int {
        let busy = try listening()
        return try given.withLock { given in
            // A small range is used again from its start when all of it was given out.
            if range.allSatisfy({ given.contains($0) || busy.contains($0) }) { given = [] }
            guard let port = range.shuffled().first(where: { !given.contains($0) && !busy.contains($0) }) else {
                throw Command.Failure(description: "no port of \(range) is free")
            }
            given.insert(port)
            return port
        }
    }

    /// The ports that something listens on.
    private static func listening() throws -> Set<Int> {
        var ports: Set<Int> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let text = try? String(contentsOfFile: table, encoding: .utf8) else { continue }
            for line in text.split(separator: "\n").dropFirst() {
                let columns = line.split(separator: " ")
                // proc(5): the local address, and 0A for a socket that listens.
                guard columns.count > 3, columns[3] == "0A", let port = columns[1].split(separator: ":").last else { continue }
                if let number = Int(port, radix: 16) { ports.insert(number) }
            }
        }
        return ports
    }
}
