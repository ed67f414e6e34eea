extension EndpointSelector {
    /// Reads a selector; the empty text selects everything.
    ///
    /// - Throws: ``SelectorError`` in the words of Calico's parser.
    public init(parsing text: String) throws(SelectorError) {
        let tokens = try SelectorScanner.tokens(of: text)
        if tokens == [.end] {
            self = .all
            return
        }
        var parser = SelectorParser(tokens: tokens[...])
        self = try parser.alternatives(depth: 0)
        guard parser.tokens.count == 1 else {
            let rest = parser.tokens.map(\.shown).joined(separator: " ")
            throw SelectorError(reason: "unexpected content at end of selector [\(rest)]")
        }
    }
}

/// Reads a selector from its words: `||` binds least, then `&&`, then `!`.
struct SelectorParser {
    /// How deep parentheses may nest: the parser calls itself, and the text comes from outside.
    static let maximumDepth = 500

    /// What is left; never empty, since the last word is the end.
    var tokens: ArraySlice<SelectorToken>

    private var next: SelectorToken { tokens.first ?? .end }

    private mutating func skip(_ token: SelectorToken) -> Bool {
        guard next == token else { return false }
        tokens = tokens.dropFirst()
        return true
    }

    mutating func alternatives(depth: Int) throws(SelectorError) -> EndpointSelector {
        guard depth <= Self.maximumDepth else { throw SelectorError(reason: "parentheses nested too deeply") }
        var parts = [try conjunction(depth: depth)]
        while skip(.or) { parts.append(try conjunction(depth: depth)) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction(depth: Int) throws(SelectorError) -> EndpointSelector {
        var parts = [try operation(depth: depth)]
        while skip(.and) { parts.append(try operation(depth: depth)) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func operation(depth: Int) throws(SelectorError) -> EndpointSelector {
        var isNegated = false
        while skip(.not) { isNegated.toggle() }
        let selector = try term(depth: depth)
        return isNegated ? .not(selector) : selector
    }

    private mutating func term(depth: Int) throws(SelectorError) -> EndpointSelector {
        let first = next
        switch first {
        case .has(let name):
            tokens = tokens.dropFirst()
            return .has(name)
        case .all:
            tokens = tokens.dropFirst()
            return .all
        case .global:
            tokens = tokens.dropFirst()
            return .global
        case .label(let name):
            // A comparison has three words, and the end comes after it.
            guard tokens.count >= 3 else { throw SelectorError(reason: "unexpected end of string looking for op") }
            tokens = tokens.dropFirst()
            return try comparison(of: name)
        case .leftParenthesis:
            tokens = tokens.dropFirst()
            let inner = try alternatives(depth: depth + 1)
            guard skip(.rightParenthesis) else { throw SelectorError(reason: "expected )") }
            return inner
        case .literal, .leftBrace, .rightBrace, .comma, .equal, .notEqual, .isIn, .not, .notIn, .contains, .startsWith,
            .endsWith, .rightParenthesis, .and, .or, .end:
            throw SelectorError(reason: "unexpected token: \(first.shown)")
        }
    }

    private mutating func comparison(of name: String) throws(SelectorError) -> EndpointSelector {
        let comparator = next
        tokens = tokens.dropFirst()
        switch comparator {
        case .equal: return .equals(name, try literal())
        case .notEqual: return .notEquals(name, try literal())
        case .contains: return .contains(name, try literal())
        case .startsWith: return .startsWith(name, try literal())
        case .endsWith: return .endsWith(name, try literal())
        case .isIn: return .isIn(name, try values())
        case .notIn: return .notIn(name, try values())
        case .label, .literal, .leftBrace, .rightBrace, .comma, .not, .all, .has, .leftParenthesis, .rightParenthesis,
            .and, .or, .global, .end:
            throw SelectorError(reason: "expected == or != not: \(comparator.shown)")
        }
    }

    private mutating func literal() throws(SelectorError) -> String {
        guard case .literal(let value) = next else { throw SelectorError(reason: "expected string") }
        tokens = tokens.dropFirst()
        return value
    }

    private mutating func values() throws(SelectorError) -> [String] {
        guard skip(.leftBrace) else { throw SelectorError(reason: "expected set literal") }
        var values: [String] = []
        while case .literal(let value) = next {
            tokens = tokens.dropFirst()
            values.append(value)
            guard skip(.comma) else { break }
        }
        guard skip(.rightBrace) else { throw SelectorError(reason: "expected }") }
        return EndpointSelector.sorted(values)
    }
}
