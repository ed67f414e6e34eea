import ControlPlane
import Glibc

/// What the system says of processes.
enum ProcessFacts {
    /// This process.
    static var own: Int32 { getpid() }

    /// Whether there is such a process.
    static func exists(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }

    /// Asks a process to end in order.
    static func terminate(_ process: Int32) -> Bool { kill(process, SIGTERM) == 0 }

    /// Ends a process at once.
    static func kill9(_ process: Int32) { kill(process, SIGKILL) }
}

/// The logs of processes: one file each, and the one before it.
enum LogRotation {
    /// A log that has grown beyond this, in bytes, begins anew at the next start.
    static let limit: Int64 = 16 << 20

    static func rotate(_ path: String) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0, facts.st_size > limit else { return }
        _ = unsafe rename(path, path + ".1")
    }
}

/// The end of a log, for an error that happened there.
enum LogTail {
    static func lines(_ path: String, count: Int) -> [String] {
        ProcFiles.text(path).split(separator: "\n").suffix(count).map(String.init)
    }

    static func hint(_ path: String) -> String {
        let last = lines(path, count: 5)
        return last.isEmpty ? "Nothing stands in \(path)." : "The end of \(path):\n  " + last.joined(separator: "\n  ")
    }
}
