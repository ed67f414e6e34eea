/// A place in a YAML text; both numbers count from 1.
public struct YAMLMark: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// In characters, from 1.
    public var column: Int

    /// The place at `line` and `column`.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// In the order of the text.
    public static func < (left: YAMLMark, right: YAMLMark) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    /// `line 3, column 5`.
    public var description: String { "line \(line), column \(column)" }
}

/// Why a text is not YAML, or not YAML that JSON can say. It tells the place, and nothing of the values.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found wrong.
    public enum Cause: Hashable, Sendable {
        /// A fault of syntax, in the parser's words.
        case syntax(String)
        /// Bytes that are no text.
        case encoding(String)
        case tabIndentation
        case tooDeep(limit: Int)
        case tooLarge(limit: Int)
        /// Aliases that multiply a small text into a huge value.
        case expansion(limit: Int)
        case unknownAnchor(String)
        case recursiveAnchor(String)
        /// A key that is null, a list or a mapping.
        case unusableKey
        case mergeOfNoMapping
        /// A value that its own tag does not fit, such as `!!int abc`.
        case tagMismatch(String)
        /// `.nan` and `.inf`.
        case notFinite
        case severalDocuments
        case outOfMemory
    }

    /// What was found wrong.
    public var cause: Cause
    /// Where.
    public var mark: YAMLMark

    /// An error of `cause` at `mark`.
    public init(_ cause: Cause, _ mark: YAMLMark) {
        self.cause = cause
        self.mark = mark
    }

    /// What is wrong, without the place.
    public var reason: String {
        switch cause {
        case .syntax(let words): words
        case .encoding(let words): "not a text in UTF-8 or UTF-16: \(words)"
        case .tabIndentation: "a tab is used to indent; use spaces"
        case .tooDeep(let limit): "nested more than \(limit) levels deep"
        case .tooLarge(let limit): "larger than \(limit) bytes"
        case .expansion(let limit): "aliases expand to more than \(limit) bytes"
        case .unknownAnchor(let name): "alias *\(name) names no anchor before it"
        case .recursiveAnchor(let name): "anchor &\(name) contains itself"
        case .unusableKey: "a key must be a string, a number or a boolean"
        case .mergeOfNoMapping: "'<<' needs a mapping or a list of mappings as its value"
        case .tagMismatch(let tag): "the value does not fit its tag \(tag)"
        case .notFinite: "NaN and infinity cannot be written as JSON"
        case .severalDocuments: "a second document begins here; only one is expected"
        case .outOfMemory: "out of memory"
        }
    }

    /// `line 3, column 5: ` and the reason.
    public var description: String { "\(mark): \(reason)" }
}
