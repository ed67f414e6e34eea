import Foundation

/// What a user types and what the terminal shows then, as the seed prints it.
///
/// A step is a line `$ command`, with its continuation lines and here-document, then the output, and a last line
/// `[exit N]` when the command does not end with 0. Lines that begin with `#` are comments. Output is compared without
/// blank lines and without the width of columns; `<age>` stands for an age such as `7m46s`, `<number>` for a number within a
/// word, and `<rest>` at the end of a line for whatever there is.
struct Transcript {
    struct Step {
        let line: Int
        let command: String
        let output: [String]
        let status: Int32
    }

    let steps: [Step]

    init(_ text: String) {
        var steps: [Step] = []
        var lines = Array(text.split(separator: "\n", omittingEmptySubsequences: false).enumerated())[...]
        while let (index, line) = lines.popFirst() {
            guard line.hasPrefix("$ ") else { continue }
            var command = [line.dropFirst(2)]
            while command[command.count - 1].hasSuffix("\\"), let next = lines.popFirst() { command.append(next.element) }
            if command.contains(where: { $0.hasSuffix("<<EOF") }) {
                while let next = lines.popFirst() {
                    command.append(next.element)
                    if next.element == "EOF" { break }
                }
            }
            var output: [String] = []
            var status: Int32 = 0
            while let next = lines.first, !next.element.hasPrefix("$ ") {
                lines.removeFirst()
                if next.element.hasPrefix("#") { continue }
                if let exit = next.element.wholeMatch(of: #/\[exit (\d+)\]/#) {
                    status = Int32(exit.1) ?? 0
                } else {
                    output.append(String(next.element))
                }
            }
            steps.append(Step(line: index + 1, command: command.joined(separator: "\n"), output: Self.normal(output), status: status))
        }
        self.steps = steps
    }

    /// The lines of an output, in the form in which they are compared.
    static func lines(_ output: String) -> [String] {
        normal(output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    private static func normal(_ lines: [String]) -> [String] {
        lines.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.filter { !$0.isEmpty }
    }

    /// Whether a line is the expected one, but for ages, numbers and its rest.
    static func matches(_ line: String, _ expected: String) -> Bool {
        if line == expected { return true }
        if let rest = expected.range(of: " <rest>") { return line.hasPrefix(expected[..<rest.lowerBound] + " ") }
        let words = line.split(separator: " ")
        let wanted = expected.split(separator: " ")
        return words.count == wanted.count && zip(words, wanted).allSatisfy { matches(word: $0, $1) }
    }

    private static func matches(word: Substring, _ wanted: Substring) -> Bool {
        if wanted == "<age>" { return word.wholeMatch(of: #/(\d+[smhdy])+/#) != nil }
        func fixed(_ text: Substring) -> String { String(text).replacing(#/\d+(\.\d+)*/#, with: "<number>") }
        return word == wanted || wanted.contains("<number>") && fixed(word) == fixed(wanted)
    }

    static func quoted(_ words: [String]) -> String {
        words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
    }

    /// The bash script of a step: the aliases of the seed, and the command.
    static func script(_ command: String, kubectl: [String]) -> String {
        return """
            kubectl() { \(quoted(kubectl)) "$@"; }
            k() { kubectl "$@"; }
            kubectl-admin() { kubectl -n psp-example "$@"; }
            kubectl-user() { kubectl --as=system:serviceaccount:psp-example:fake-user -n psp-example "$@"; }
            \(command)
            """
    }
}
