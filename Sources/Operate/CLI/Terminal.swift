import Glibc

/// What is written for a person or a program to read.
enum Terminal {
    /// To standard output, with a line end.
    static func print(_ text: String) { write(text + "\n", STDOUT_FILENO) }

    /// To standard output as it is.
    static func printRaw(_ text: String) { write(text, STDOUT_FILENO) }

    /// To standard error: what is not the command's result.
    static func note(_ text: String) { write(text + "\n", STDERR_FILENO) }

    static func warning(_ text: String) { note("Warning: \(text)") }
    static func error(_ text: String) { note("Error: \(text)") }

    /// Whether standard error is read by a person.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Shows how far something has come: in one line that is written over, or a line at each tenth for a log.
    static func progress(_ text: String, isFinal: Bool = false) {
        if isInteractive {
            write("\r\u{1B}[K" + text + (isFinal ? "\n" : ""), STDERR_FILENO)
        } else {
            note(text)
        }
    }

    static func write(_ text: String, _ descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Columns, each as wide as its widest cell, with three spaces between, as kubectl prints them.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 3)
            }
            return line
        }.joined(separator: "\n")
    }
}
