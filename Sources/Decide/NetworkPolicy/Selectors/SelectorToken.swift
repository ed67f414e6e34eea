/// Why a text is no selector, in the words of Calico's parser.
public struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found or missed.
    public var reason: String
    /// The reason.
    public var description: String { reason }
}

/// One word of a selector.
enum SelectorToken: Hashable {
    case label(String)
    case literal(String)
    case leftBrace, rightBrace, comma, equal, notEqual, isIn, not, notIn, contains, startsWith, endsWith
    case all, has(String), leftParenthesis, rightParenthesis, and, or, global, end

    /// The word as Calico's messages show it.
    var shown: String {
        switch self {
        case .label(let text): "TokLabel(\(text))"
        case .literal(let text): "TokStringLiteral(\(text))"
        case .has(let text): "TokHas(\(text))"
        case .leftBrace: "TokLBrace()"
        case .rightBrace: "TokRBrace()"
        case .comma: "TokComma()"
        case .equal: "TokEq()"
        case .notEqual: "TokNe()"
        case .isIn: "TokIn()"
        case .not: "TokNot()"
        case .notIn: "TokNotIn()"
        case .contains: "TokContains()"
        case .startsWith: "TokStartsWith()"
        case .endsWith: "TokEndsWith()"
        case .all: "TokAll()"
        case .leftParenthesis: "TokLParen()"
        case .rightParenthesis: "TokRParen()"
        case .and: "TokAnd()"
        case .or: "TokOr()"
        case .global: "TokGlobal()"
        case .end: "TokEOF()"
        }
    }
}

/// Cuts a selector into its words.
struct SelectorScanner {
    private var rest: Substring.UTF8View
    private var tokens: [SelectorToken] = []

    private init(_ text: String) { rest = text[...].utf8 }

    /// The words of `text`; the last one is ``SelectorToken/end``.
    static func tokens(of text: String) throws(SelectorError) -> [SelectorToken] {
        var scanner = SelectorScanner(text)
        while try scanner.scan() {}
        return scanner.tokens
    }

    private mutating func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

    private mutating func take(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    private mutating func identifier() -> String? {
        let name = rest.prefix {
            (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x2D...0x39).contains($0) || $0 == UInt8(ascii: "_")
        }
        rest = rest[name.endIndex...]
        return name.isEmpty ? nil : String(Substring(name))
    }

    private mutating func quoted(_ mark: UInt8) throws(SelectorError) -> SelectorToken {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: mark) else { throw SelectorError(reason: "unterminated string") }
        let value = String(Substring(rest[..<end]))
        rest = rest[end...].dropFirst()
        return .literal(value)
    }

    /// Takes one word; false at the end.
    private mutating func scan() throws(SelectorError) -> Bool {
        skipSpace()
        guard let first = rest.first else {
            tokens.append(.end)
            return false
        }
        switch first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): tokens.append(try quoted(first))
        case UInt8(ascii: "("): single(.leftParenthesis)
        case UInt8(ascii: ")"): single(.rightParenthesis)
        case UInt8(ascii: "{"): single(.leftBrace)
        case UInt8(ascii: "}"): single(.rightBrace)
        case UInt8(ascii: ","): single(.comma)
        case UInt8(ascii: "="): try double("==", .equal)
        case UInt8(ascii: "&"): try double("&&", .and)
        case UInt8(ascii: "|"): try double("||", .or)
        case UInt8(ascii: "!"): if take("!=") { tokens.append(.notEqual) } else { single(.not) }
        default:
            if case .label(let name) = tokens.last { try scanOperator(after: name) } else { try scanTerm() }
        }
        return true
    }

    private mutating func single(_ token: SelectorToken) {
        rest = rest.dropFirst()
        tokens.append(token)
    }

    private mutating func double(_ word: String, _ token: SelectorToken) throws(SelectorError) {
        guard take(word) else { throw SelectorError(reason: "expected \(word)") }
        tokens.append(token)
    }

    // Operators are words of letters, and need no space after them.
    private mutating func scanOperator(after label: String) throws(SelectorError) {
        let pairs: [(String, String, SelectorToken)] = [
            ("starts", "with", .startsWith), ("ends", "with", .endsWith), ("not", "in", .notIn),
        ]
        if take("contains") {
            tokens.append(.contains)
            return
        }
        if take("in") {
            tokens.append(.isIn)
            return
        }
        for (first, second, token) in pairs where take(first) {
            skipSpace()
            if take(second) {
                tokens.append(token)
                return
            }
            break
        }
        throw SelectorError(reason: "expected operator after label \"\(label)\"")
    }

    private mutating func scanTerm() throws(SelectorError) {
        if take("has(") {
            skipSpace()
            guard let name = identifier() else { throw SelectorError(reason: "expected identifier") }
            try close("has")
            tokens.append(.has(name))
        } else if take("all(") {
            try close("all")
            tokens.append(.all)
        } else if take("global(") {
            try close("global")
            tokens.append(.global)
        } else if let name = identifier() {
            tokens.append(.label(name))
        } else {
            throw SelectorError(reason: "expected identifier")
        }
    }

    private mutating func close(_ word: String) throws(SelectorError) {
        skipSpace()
        guard take(")") else { throw SelectorError(reason: "no closing ')' after \(word)(") }
    }
}
