import JSONValue
import LinuxKernel

/// What a container leaves as its message when it ends.
///
/// Source: Kubernetes documentation, "Determine the Reason for Pod Failure".
enum LastWords {
    static let limit = 4096
    private static let logLimit = 2048
    private static let logLines = 80

    /// - Parameters:
    ///   - file: the file that was mounted at its `terminationMessagePath`.
    ///   - log: its log, whose end counts when the file is empty and the policy says so.
    static func read(_ file: String, log: String, container: JSON, exitCode: Int32) -> String {
        let text = (try? FileTree.text(file, limit: limit)) ?? ""
        guard text.isEmpty, exitCode != 0, container["terminationMessagePolicy"]?.string == "FallbackToLogsOnError" else { return text }
        let lines = ((try? FileTree.text(endOf: log, limit: 16 << 10)) ?? "").split(separator: "\n").suffix(logLines).map(Self.message)
        return String(decoding: lines.joined(separator: "\n").utf8.suffix(logLimit), as: UTF8.self)
    }

    /// A line of the CRI's log without its time, stream and mark.
    private static func message(_ line: Substring) -> Substring {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count == 4 ? parts[3] : line
    }
}

/// The signals that an image or a pod may name.
enum SignalNames {
    private static let numbers: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12,
        "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23,
        "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
    ]

    /// The number of `SIGTERM`, `TERM`, `15` or `SIGRTMIN+3`; nil for what is none.
    static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return (1...64).contains(number) ? number : nil }
        let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
        if let number = numbers[name] { return number }
        if name == "RTMIN" { return 34 }
        if name == "RTMAX" { return 64 }
        // A sign of its own would turn the direction round.
        guard let distance = Int32(name.dropFirst(6)), name.dropFirst(6).first?.isNumber == true, distance <= 30 else { return nil }
        if name.hasPrefix("RTMIN+") { return 34 + distance }
        return name.hasPrefix("RTMAX-") ? 64 - distance : nil
    }
}
