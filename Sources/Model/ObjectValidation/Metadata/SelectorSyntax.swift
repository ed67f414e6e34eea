import JSONValue
public import KubeModel
import PolicyModel

/// Why the text of a selector could not be read, in the words of the API's answer 400.
public struct SelectorSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message of the Status.
    public var message: String
    /// The message of the Status.
    public var description: String { message }

    init(_ message: String) { self.message = message }
}

extension ObjectValidation {
    /// Reads the text of a label selector, such as `app in (a,b),!x,tier>1`.
    ///
    /// Source: `k8s.io/apimachinery` `labels`.
    public static func parseLabelSelector(_ text: String) throws(SelectorSyntaxError) -> LabelSelector {
        var parser = LabelSelectorParser(text)
        return LabelSelector(try parser.selector())
    }

    /// Reads the text of a field selector, such as `metadata.name=a,status.phase!=Running`.
    ///
    /// Which keys a kind has is not checked here. Source: `k8s.io/apimachinery` `fields`.
    public static func parseFieldSelector(_ text: String) throws(SelectorSyntaxError) -> FieldSelector {
        var requirements: [FieldSelector.Requirement] = []
        for term in terms(of: text).sorted() where !term.isEmpty {
            guard let (key, isEqual, value) = split(term) else {
                throw SelectorSyntaxError("invalid selector: '\(text)'; can't understand '\(term)'")
            }
            requirements.append(.init(key: key, value: try unescaped(value), isEqual: isEqual))
        }
        return FieldSelector(requirements)
    }

    /// The parts between commas; a comma after a backslash is part of a value.
    private static func terms(of text: String) -> [String] {
        var terms: [String] = []
        var term = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," {
                terms.append(term)
                term = ""
                continue
            }
            term.unicodeScalars.append(scalar)
        }
        return terms + [term]
    }

    private static func split(_ term: String) -> (key: String, isEqual: Bool, value: String)? {
        let scalars = Array(term.unicodeScalars)
        func text(_ slice: ArraySlice<Unicode.Scalar>) -> String {
            var out = ""
            out.unicodeScalars.append(contentsOf: slice)
            return out
        }
        for at in scalars.indices {
            let hasEquals = at + 1 < scalars.count && scalars[at + 1] == "="
            if scalars[at] == "!", hasEquals { return (text(scalars[..<at]), false, text(scalars[(at + 2)...])) }
            if scalars[at] == "=" { return (text(scalars[..<at]), true, text(scalars[(at + (hasEquals ? 2 : 1))...])) }
        }
        return nil
    }

    private static func unescaped(_ value: String) throws(SelectorSyntaxError) -> String {
        var out = ""
        var isEscaped = false
        for scalar in value.unicodeScalars {
            if isEscaped {
                guard scalar == "\\" || scalar == "," || scalar == "=" else {
                    throw SelectorSyntaxError("invalid field selector: invalid escape sequence: \\\(scalar)")
                }
                out.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," || scalar == "=" {
                throw SelectorSyntaxError("invalid field selector: unescaped character in value: \(scalar.value)")
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        if isEscaped { throw SelectorSyntaxError("invalid field selector: invalid escape sequence: \\") }
        return out
    }
}

/// Reads the text of a label selector from left to right.
private struct LabelSelectorParser {
    enum Token: Equatable {
        case fault, end, close, comma, not, doubleEquals, equals, greater, identifier, `in`, less, notEquals, notIn, open
    }

    private let items: [(token: Token, text: String)]
    private var position = 0

    init(_ text: String) { items = Self.scan(Array(text.utf8)) }

    // MARK: Words

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    private static func isSymbol(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }

    private static func symbol(_ text: String) -> Token? {
        switch text {
        case ")": .close
        case ",": .comma
        case "!": .not
        case "==": .doubleEquals
        case "=": .equals
        case ">": .greater
        case "<": .less
        case "!=": .notEquals
        case "(": .open
        case "in": .in
        case "notin": .notIn
        default: nil
        }
    }

    private static func scan(_ bytes: [UInt8]) -> [(token: Token, text: String)] {
        var items: [(token: Token, text: String)] = []
        var at = 0
        while true {
            while at < bytes.count, isSpace(bytes[at]) { at += 1 }
            guard at < bytes.count, bytes[at] != 0 else {
                items.append((.end, ""))
                return items
            }
            let start = at
            if isSymbol(bytes[at]) {
                var found: (token: Token, text: String)?
                while at < bytes.count, isSymbol(bytes[at]) {
                    let text = String(decoding: bytes[start...at], as: UTF8.self)
                    if let token = symbol(text) {
                        found = (token, text)
                    } else if found != nil {
                        break
                    }
                    at += 1
                }
                let rest = String(decoding: bytes[start..<at], as: UTF8.self)
                items.append(found ?? (.fault, "error expected: keyword found '\(rest)'"))
            } else {
                while at < bytes.count, bytes[at] != 0, !isSymbol(bytes[at]), !isSpace(bytes[at]) { at += 1 }
                let text = String(decoding: bytes[start..<at], as: UTF8.self)
                items.append((symbol(text) ?? .identifier, text))
                if at < bytes.count, bytes[at] == 0 { at += 1 }
            }
        }
    }

    /// The next word; `in` and `notin` are identifiers where no operator can stand.
    private func lookahead(asOperator: Bool = false) -> (token: Token, text: String) {
        guard position < items.count else { return (.end, "") }
        let item = items[position]
        if !asOperator, item.token == .in || item.token == .notIn { return (.identifier, item.text) }
        return item
    }

    private mutating func consume(asOperator: Bool = false) -> (token: Token, text: String) {
        defer { position += 1 }
        return lookahead(asOperator: asOperator)
    }

    // MARK: Sentences

    mutating func selector() throws(SelectorSyntaxError) -> [LabelSelector.Requirement] {
        var requirements: [(key: String, value: LabelSelector.Requirement)] = []
        while true {
            let next = lookahead()
            switch next.token {
            case .identifier, .not:
                do {
                    requirements.append(try requirement())
                } catch {
                    throw SelectorSyntaxError("unable to parse requirement: \(error.message)")
                }
                let after = consume()
                switch after.token {
                case .end: return requirements.sorted { $0.key < $1.key }.map(\.value)
                case .comma:
                    let following = lookahead()
                    if following.token != .identifier, following.token != .not {
                        throw SelectorSyntaxError("found '\(following.text)', expected: identifier after ','")
                    }
                default: throw SelectorSyntaxError("found '\(after.text)', expected: ',' or 'end of string'")
                }
            case .end: return requirements.sorted { $0.key < $1.key }.map(\.value)
            default: throw SelectorSyntaxError("found '\(next.text)', expected: !, identifier, or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(SelectorSyntaxError) -> (key: String, value: LabelSelector.Requirement) {
        var word = consume()
        let isNegated = word.token == .not
        if isNegated { word = consume() }
        guard word.token == .identifier else { throw SelectorSyntaxError("found '\(word.text)', expected: identifier") }
        let key = word.text
        let faults = Names.qualifiedName(key)
        if !faults.isEmpty {
            throw SelectorSyntaxError("<nil>: Invalid value: \(goQuoted(key)): \(faults.joined(separator: "; "))")
        }
        if isNegated { return (key, .doesNotExist(key)) }
        let next = lookahead().token
        if next == .end || next == .comma { return (key, .exists(key)) }
        let comparison = consume(asOperator: true)
        switch comparison.token {
        case .in, .notIn:
            let values = try checked(try valueSet(), key)
            return (key, comparison.token == .in ? .in(key, Set(values)) : .notIn(key, Set(values)))
        case .equals, .doubleEquals: return (key, .in(key, Set(try checked([try exactValue()], key))))
        case .notEquals: return (key, .notIn(key, Set(try checked([try exactValue()], key))))
        case .greater, .less:
            let value = try exactValue()
            let bound = Int64(value)
            try checked([value], key, mustBeInteger: true)
            return (key, comparison.token == .greater ? .greaterThan(key, bound ?? 0) : .lessThan(key, bound ?? 0))
        default:
            throw SelectorSyntaxError("found '\(comparison.text)', expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    @discardableResult
    private func checked(
        _ values: [String], _ key: String, mustBeInteger: Bool = false
    ) throws(SelectorSyntaxError) -> [String] {
        var errors: [FieldError] = []
        let values = Set(values).sorted()
        for (at, value) in values.enumerated() {
            let path = FieldPath("values").index(at)
            if mustBeInteger, Int64(value) == nil {
                errors.invalid(path, .string(value), "for 'Gt', 'Lt' operators, the value must be an integer")
            }
        }
        for (at, value) in values.enumerated() {
            let faults = Names.labelValue(value)
            if faults.isEmpty { continue }
            errors.invalid(FieldPath("values").index(at).key(key), .string(value), faults.joined(separator: "; "))
        }
        if !errors.isEmpty { throw SelectorSyntaxError(errors.aggregateMessage) }
        return values
    }

    private mutating func exactValue() throws(SelectorSyntaxError) -> String {
        let next = lookahead()
        if next.token == .end || next.token == .comma { return "" }
        position += 1
        guard next.token == .identifier else { throw SelectorSyntaxError("found '\(next.text)', expected: identifier") }
        return next.text
    }

    private mutating func valueSet() throws(SelectorSyntaxError) -> [String] {
        let opening = consume()
        guard opening.token == .open else { throw SelectorSyntaxError("found '\(opening.text)' expected: '('") }
        let next = lookahead()
        switch next.token {
        case .identifier, .comma:
            let values = try identifiers()
            guard consume().token == .close else { throw SelectorSyntaxError("found '\(next.text)', expected: ')'") }
            return values
        case .close:
            position += 1
            return [""]
        default: throw SelectorSyntaxError("found '\(next.text)', expected: ',', ')' or identifier")
        }
    }

    private mutating func identifiers() throws(SelectorSyntaxError) -> [String] {
        var values: [String] = []
        while true {
            let word = consume()
            switch word.token {
            case .identifier:
                values.append(word.text)
                let next = lookahead()
                switch next.token {
                case .comma: continue
                case .close: return values
                default: throw SelectorSyntaxError("found '\(next.text)', expected: ',' or ')'")
                }
            case .comma:
                if values.isEmpty { values.append("") }
                switch lookahead().token {
                case .close: return values + [""]
                case .comma: values.append("")
                default: break
                }
            default: throw SelectorSyntaxError("found '\(word.text)', expected: ',', or identifier")
            }
        }
    }
}
