import Foundation

/// The processes of this machine, as /proc shows them.
enum Processes {
    static var all: [pid_t] { ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) } }

    /// A process and everything that it started, at whatever distance.
    static func tree(of root: pid_t) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for process in all { if let parent = field("PPid", of: process).first { children[pid_t(parent), default: []].append(process) } }
        var (found, next) = ([root], [root])
        while let process = next.popLast() {
            found += children[process] ?? []
            next += children[process] ?? []
        }
        return found
    }

    /// The words of a process; empty when it is gone.
    static func words(of process: pid_t) -> [String] {
        let data = (try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))) ?? Data()
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Its real, effective, saved and file system user, as the machine sees them.
    static func users(of process: pid_t) -> [UInt32] { field("Uid", of: process) }

    private static func field(_ name: String, of process: pid_t) -> [UInt32] {
        let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).dropFirst().compactMap { UInt32($0) }
    }
}
