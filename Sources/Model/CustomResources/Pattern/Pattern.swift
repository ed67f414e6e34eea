/// A regular expression of a schema, in Go's syntax (RE2), matched in time linear in text × pattern.
///
/// A definition comes from whoever may create CRDs and its patterns run on every write of its objects, so a matcher
/// that backtracks would be a way to stop the server. This one walks all alternatives at once (Thompson 1968, as RE2
/// does) and refuses patterns that would need too many states.
public struct Pattern: Sendable {
    /// Why a pattern is not accepted.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong with it.
        public var description: String
    }

    /// One step of the program.
    enum Step: Sendable {
        /// Takes one character that is in the set.
        case take(CharacterSet)
        case assert(Assertion)
        /// Goes on at both places.
        case split(Int, Int)
        case jump(Int)
        case accept
    }

    /// What must be true of a place between characters.
    enum Assertion: Sendable { case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary }

    /// The most steps that a pattern may have.
    static let stepLimit = 20_000
    /// The longest text of a pattern, in bytes.
    static let lengthLimit = 16 * 1024

    let steps: [Step]

    /// Compiles a pattern.
    ///
    /// - Throws: ``Fault`` when it is no pattern, uses what linear matching cannot do (back references, look-around), or
    ///   is too large.
    public init(_ text: String) throws(Fault) {
        if text.utf8.count > Self.lengthLimit {
            throw Fault(description: "the pattern is longer than \(Self.lengthLimit) bytes")
        }
        var parser = PatternParser(text)
        let node = try parser.parse()
        var compiler = PatternCompiler()
        try compiler.emit(node)
        try compiler.append(.accept)
        steps = compiler.steps
    }

    /// Whether the pattern matches somewhere in `text`.
    public func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = Threads(count: steps.count)
        var next = Threads(count: steps.count)
        for at in 0...scalars.count {
            // A match may begin at any place.
            if add(0, to: &current, at: at, in: scalars) { return true }
            guard at < scalars.count else { break }
            let scalar = scalars[at]
            for step in current.list {
                guard case .take(let set) = steps[step], set.contains(scalar) else { continue }
                if add(step + 1, to: &next, at: at + 1, in: scalars) { return true }
            }
            swap(&current, &next)
            next.clear()
        }
        return false
    }

    /// Follows all steps that take no character; whether the end was reached.
    private func add(_ step: Int, to threads: inout Threads, at: Int, in scalars: [Unicode.Scalar]) -> Bool {
        var waiting = [step]
        while let step = waiting.popLast() {
            guard threads.mark(step) else { continue }
            switch steps[step] {
            case .accept: return true
            case .take: threads.list.append(step)
            case .jump(let target): waiting.append(target)
            case .split(let first, let second):
                waiting.append(second)
                waiting.append(first)
            case .assert(let assertion): if Self.holds(assertion, at: at, in: scalars) { waiting.append(step + 1) }
            }
        }
        return false
    }

    private static func holds(_ assertion: Assertion, at: Int, in scalars: [Unicode.Scalar]) -> Bool {
        func isWord(_ at: Int) -> Bool { scalars.indices.contains(at) && CharacterSet.word.contains(scalars[at]) }
        return switch assertion {
        case .textStart: at == 0
        case .textEnd: at == scalars.count
        case .lineStart: at == 0 || scalars[at - 1] == "\n"
        case .lineEnd: at == scalars.count || scalars[at] == "\n"
        case .wordBoundary: isWord(at - 1) != isWord(at)
        case .noWordBoundary: isWord(at - 1) == isWord(at)
        }
    }

    /// The steps that are possible at one place of the text, each once.
    private struct Threads {
        var list: [Int] = []
        private var marks: [Bool]
        private var marked: [Int] = []

        init(count: Int) { marks = Array(repeating: false, count: count) }

        mutating func mark(_ step: Int) -> Bool {
            if marks[step] { return false }
            marks[step] = true
            marked.append(step)
            return true
        }

        mutating func clear() {
            list.removeAll(keepingCapacity: true)
            for step in marked { marks[step] = false }
            marked.removeAll(keepingCapacity: true)
        }
    }
}

/// Turns the tree of a pattern into steps.
struct PatternCompiler {
    private(set) var steps: [Pattern.Step] = []

    mutating func append(_ step: Pattern.Step) throws(Pattern.Fault) {
        guard steps.count < Pattern.stepLimit else {
            throw Pattern.Fault(description: "the pattern needs more than \(Pattern.stepLimit) states")
        }
        steps.append(step)
    }

    mutating func emit(_ node: PatternNode) throws(Pattern.Fault) {
        switch node {
        case .empty: break
        case .set(let set): try append(.take(set))
        case .assertion(let assertion): try append(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .alternatives(let nodes):
            var ends: [Int] = []
            for (position, node) in nodes.enumerated() {
                guard position < nodes.count - 1 else {
                    try emit(node)
                    break
                }
                let split = steps.count
                try append(.split(split + 1, 0))
                try emit(node)
                ends.append(steps.count)
                try append(.jump(0))
                steps[split] = .split(split + 1, steps.count)
            }
            for end in ends { steps[end] = .jump(steps.count) }
        case .repetition(let node, let minimum, let maximum):
            for _ in 0..<minimum { try emit(node) }
            guard let maximum else {
                let split = steps.count
                try append(.split(split + 1, 0))
                try emit(node)
                try append(.jump(split))
                steps[split] = .split(split + 1, steps.count)
                return
            }
            var splits: [Int] = []
            for _ in minimum..<max(minimum, maximum) {
                splits.append(steps.count)
                try append(.split(steps.count + 1, 0))
                try emit(node)
            }
            for split in splits { steps[split] = .split(split + 1, steps.count) }
        }
    }
}
