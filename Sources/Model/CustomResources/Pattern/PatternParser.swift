/// A pattern as a tree.
indirect enum PatternNode: Sendable {
    case empty
    case set(CharacterSet)
    case assertion(Pattern.Assertion)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// Between `minimum` and `maximum` times; nil is without end.
    case repetition(PatternNode, minimum: Int, maximum: Int?)
}

/// Reads Go's syntax of regular expressions.
///
/// Source: the syntax page of Go's `regexp/syntax`.
struct PatternParser {
    /// How deep groups may stand in each other.
    static let depthLimit = 100
    /// How often a counted repetition may repeat.
    static let countLimit = 1000

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesNewline = false
        var isUngreedy = false
    }

    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    private var flags = Flags()

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    private func fault(_ what: String) -> Pattern.Fault { Pattern.Fault(description: what) }
    private var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        at += 1
        return true
    }

    private func follows(_ text: String) -> Bool { scalars[at...].starts(with: text.unicodeScalars) }

    mutating func parse() throws(Pattern.Fault) -> PatternNode {
        let node = try alternatives()
        if at < scalars.count { throw fault("unexpected )") }
        return node
    }

    private mutating func alternatives() throws(Pattern.Fault) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(Pattern.Fault) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            guard let atom = try atom() else { continue }
            nodes.append(try repeated(atom))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func repeated(_ atom: PatternNode) throws(Pattern.Fault) -> PatternNode {
        var node = atom
        var count = 0
        while let scalar = next {
            var bounds: (Int, Int?)?
            switch scalar {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{": bounds = try counts()
            default: break
            }
            guard let bounds else { return node }
            if scalar != "{" { at += 1 }
            count += 1
            if count > 1 { throw fault("invalid nested repetition operator") }
            _ = take("?")  // how eager it is makes no difference to whether it matches
            node = .repetition(node, minimum: bounds.0, maximum: bounds.1)
        }
        return node
    }

    /// `{n}`, `{n,}`, `{n,m}`; nil, and nothing taken, when the brace is an ordinary character.
    private mutating func counts() throws(Pattern.Fault) -> (Int, Int?)? {
        let start = at
        at += 1
        guard let minimum = number() else {
            at = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        let isOpen = maximum == nil && scalars[at - 1] == ","
        guard take("}"), maximum != nil || isOpen else {
            at = start
            return nil
        }
        guard minimum <= Self.countLimit, (maximum ?? minimum) <= Self.countLimit, (maximum ?? minimum) >= minimum else {
            throw fault("invalid repeat count")
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, CharacterSet.digit.contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            at += 1
        }
        return value
    }

    /// One item that may be repeated; nil when it only set flags.
    private mutating func atom() throws(Pattern.Fault) -> PatternNode? {
        guard let scalar = next else { return .empty }
        switch scalar {
        case "(": return try group()
        case "[": return .set(try characterClass())
        case "*", "+", "?": throw fault("missing argument to repetition operator: `\(scalar)`")
        case "{":
            // Go takes a brace that counts nothing for itself.
            at += 1
            return literal("{")
        case ".":
            at += 1
            return .set(flags.dotTakesNewline ? .all : CharacterSet.newline.inverted)
        case "^":
            at += 1
            return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$":
            at += 1
            return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escape()
        default:
            at += 1
            return literal(scalar)
        }
    }

    private func literal(_ scalar: Unicode.Scalar) -> PatternNode {
        let set = CharacterSet(scalar)
        return .set(flags.ignoresCase ? set.ignoringCase : set)
    }

    private mutating func group() throws(Pattern.Fault) -> PatternNode? {
        at += 1
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { throw fault("expression nests too deeply") }
        let outer = flags
        if take("?") {
            if follows("P<") || follows("<") && !follows("<=") && !follows("<!") {
                _ = take("P")
                _ = take("<")
                let start = at
                while let scalar = next, CharacterSet.word.contains(scalar) { at += 1 }
                guard at > start, take(">") else { throw fault("invalid named capture") }
            } else if try groupFlags() {
                return nil
            }
        }
        let node = try alternatives()
        guard take(")") else { throw fault("missing closing )") }
        flags = outer
        return node
    }

    /// Reads `i`, `m`, `s`, `U`, `-` up to `:` or `)`; whether the group ends there.
    private mutating func groupFlags() throws(Pattern.Fault) -> Bool {
        var value = true
        while let scalar = next {
            at += 1
            switch scalar {
            case "i": flags.ignoresCase = value
            case "m": flags.isMultiline = value
            case "s": flags.dotTakesNewline = value
            case "U": flags.isUngreedy = value
            case "-" where value: value = false
            case ":": return false
            case ")": return true
            default: throw fault("invalid or unsupported Perl syntax: `(?\(scalar)`")
            }
        }
        throw fault("missing closing )")
    }

    private mutating func escape() throws(Pattern.Fault) -> PatternNode {
        at += 1
        guard let scalar = next else { throw fault("trailing backslash at end of expression") }
        at += 1
        switch scalar {
        case "A": return .assertion(.textStart)
        case "z": return .assertion(.textEnd)
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.noWordBoundary)
        case "Q":
            var nodes: [PatternNode] = []
            while at < scalars.count, !follows("\\E") {
                nodes.append(literal(scalars[at]))
                at += 1
            }
            if at < scalars.count { at += 2 }
            return .sequence(nodes)
        case "C": throw fault("invalid escape sequence: `\\C`")
        default:
            at -= 1
            if let set = try classEscape() { return .set(set) }
            return literal(try characterEscape())
        }
    }

    /// `\d`, `\pL` and the like, at the character after the backslash; nil, and nothing taken, when it is another escape.
    private mutating func classEscape() throws(Pattern.Fault) -> CharacterSet? {
        guard let scalar = next else { return nil }
        switch scalar {
        case "d", "w", "s", "D", "W", "S":
            at += 1
            let set: CharacterSet =
                switch scalar {
                case "d", "D": .digit
                case "w", "W": .word
                default: .space
                }
            return "DWS".unicodeScalars.contains(scalar) ? set.inverted : set
        case "p", "P":
            at += 1
            var name = ""
            if take("{") {
                while let scalar = next, scalar != "}" {
                    name.unicodeScalars.append(scalar)
                    at += 1
                }
                guard take("}") else { throw fault("invalid character class range") }
            } else if let scalar = next {
                name.unicodeScalars.append(scalar)
                at += 1
            }
            let negated = (scalar == "P") != name.hasPrefix("^")
            let plain = name.hasPrefix("^") ? String(name.dropFirst()) : name
            guard let set = CharacterSet.category(plain) else { throw fault("invalid character class range: `\\p{\(name)}`") }
            return negated ? set.inverted : set
        default: return nil
        }
    }

    /// The character that an escape stands for, from the character after the backslash.
    private mutating func characterEscape() throws(Pattern.Fault) -> Unicode.Scalar {
        guard let scalar = next else { throw fault("trailing backslash at end of expression") }
        at += 1
        switch scalar {
        case "a": return "\u{07}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "x": return try hexadecimal()
        case "0"..."7":
            // Only \0 begins an octal number; \1 would refer back.
            if scalar != "0", next.map({ ("0"..."7").contains($0) }) != true { throw fault("invalid escape sequence: `\\\(scalar)`") }
            var value = scalar.value - 0x30
            var digits = 1
            while digits < 3, let more = next, ("0"..."7").contains(more) {
                value = value * 8 + more.value - 0x30
                digits += 1
                at += 1
            }
            return Unicode.Scalar(value) ?? "\0"
        default:
            if scalar.value < 0x80, !CharacterSet.word.contains(scalar) || scalar == "_" { return scalar }
            throw fault("invalid escape sequence: `\\\(scalar)`")
        }
    }

    private mutating func hexadecimal() throws(Pattern.Fault) -> Unicode.Scalar {
        var digits = ""
        if take("{") {
            while let scalar = next, scalar != "}", digits.count < 8 {
                digits.unicodeScalars.append(scalar)
                at += 1
            }
            guard take("}") else { throw fault("invalid escape sequence: `\\x{`") }
        } else {
            while digits.count < 2, let scalar = next {
                digits.unicodeScalars.append(scalar)
                at += 1
            }
            if digits.count < 2 { throw fault("invalid escape sequence: `\\x`") }
        }
        guard let value = UInt32(digits, radix: 16), !digits.hasPrefix("+"), let scalar = Unicode.Scalar(value) else {
            throw fault("invalid escape sequence: `\\x\(digits)`")
        }
        return scalar
    }

    private mutating func characterClass() throws(Pattern.Fault) -> CharacterSet {
        at += 1
        let negated = take("^")
        var parts: [CharacterSet] = []
        var isFirst = true
        while true {
            guard let scalar = next else { throw fault("missing closing ]") }
            if scalar == "]", !isFirst {
                at += 1
                break
            }
            isFirst = false
            if follows("[:"), let named = try posixClass() {
                parts.append(named)
                continue
            }
            if scalar == "\\" {
                at += 1
                if let escaped = try classEscape() {
                    parts.append(escaped)
                    continue
                }
                at -= 1
            }
            let low = try classCharacter()
            var high = low
            if next == "-", at + 1 < scalars.count, scalars[at + 1] != "]" {
                at += 1
                high = try classCharacter()
            }
            guard low.value <= high.value else { throw fault("invalid character class range: `\(low)-\(high)`") }
            parts.append(CharacterSet([low.value...high.value]))
        }
        var set = CharacterSet(anyOf: parts)
        if flags.ignoresCase { set = set.ignoringCase }
        return negated ? set.inverted : set
    }

    private mutating func classCharacter() throws(Pattern.Fault) -> Unicode.Scalar {
        guard let scalar = next else { throw fault("missing closing ]") }
        at += 1
        return scalar == "\\" ? try characterEscape() : scalar
    }

    private mutating func posixClass() throws(Pattern.Fault) -> CharacterSet? {
        let rest = scalars[at...].dropFirst(2)
        guard let end = rest.firstIndex(of: ":"), end + 1 < scalars.count, scalars[end + 1] == "]" else { return nil }
        var name = ""
        for scalar in scalars[(at + 2)..<end] { name.unicodeScalars.append(scalar) }
        let negated = name.hasPrefix("^")
        guard let set = CharacterSet.posix[negated ? String(name.dropFirst()) : name] else {
            throw fault("invalid character class range: `[:\(name):]`")
        }
        at = end + 2
        return negated ? set.inverted : set
    }
}
