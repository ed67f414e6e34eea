import JSONValue

/// Reads the text of a ``ColumnPath``.
struct ColumnPathParser {
    private let text: [Character]
    private var at = 0

    init(_ text: String) { self.text = Array(text) }

    private var next: Character? { text.indices.contains(at) ? text[at] : nil }

    private mutating func take(_ expected: Character) -> Bool {
        guard next == expected else { return false }
        at += 1
        return true
    }

    private mutating func skipSpaces() { while next == " " { at += 1 } }

    /// The whole text as steps.
    mutating func steps() -> [ColumnPath.Step]? {
        // Both `.a` and `{.a}` are in use, and a leading `$` or `@` says the same as nothing.
        let isBraced = take("{")
        if next == "$" || next == "@" { at += 1 }
        let steps = pathSteps(until: [])
        if isBraced, !take("}") { return nil }
        return at == text.count ? steps : nil
    }

    private mutating func pathSteps(until stops: Set<Character>) -> [ColumnPath.Step]? {
        var steps: [ColumnPath.Step] = []
        while let character = next, character != "}", !stops.contains(character) {
            if take("[") {
                guard let step = bracket() else { return nil }
                steps.append(step)
            } else if take(".") {
                if take(".") {
                    steps.append(.descent)
                    if next == "[" { continue }
                }
                if take("*") {
                    steps.append(.everyElement)
                } else if next != "[" {
                    guard let name = name(until: stops) else {
                        // `.` alone is the object itself.
                        if steps.isEmpty, next == nil || next == "}" { return steps }
                        return nil
                    }
                    steps.append(.member(name))
                }
            } else if steps.isEmpty, let name = name(until: stops) {
                steps.append(.member(name))
            } else {
                return nil
            }
        }
        return steps
    }

    private mutating func name(until stops: Set<Character>) -> String? {
        var name = ""
        while let character = next, !".[}] ".contains(character), !stops.contains(character) {
            at += 1
            if character == "\\", let escaped = next {
                name.append(escaped)
                at += 1
            } else {
                name.append(character)
            }
        }
        return name.isEmpty ? nil : name
    }

    /// What stands between brackets, the first of which was read.
    private mutating func bracket() -> ColumnPath.Step? {
        if take("?") { return filter() }
        var steps: [ColumnPath.Step] = []
        repeat {
            skipSpaces()
            guard let step = element() else { return nil }
            steps.append(step)
            skipSpaces()
        } while take(",")
        guard take("]") else { return nil }
        return steps.count == 1 ? steps[0] : .union(steps)
    }

    private mutating func element() -> ColumnPath.Step? {
        if take("*") { return .everyElement }
        if let name = quoted() { return .member(name) }
        let start = integer()
        guard take(":") else {
            guard let start else { return nil }
            return .elements(start, start == -1 ? nil : start + 1, 1)
        }
        let end = integer()
        let stride = take(":") ? integer() ?? 1 : 1
        return .elements(start, end, stride)
    }

    private mutating func integer() -> Int? {
        var digits = ""
        if take("-") { digits = "-" }
        while let character = next, character.isASCII, character.isNumber {
            digits.append(character)
            at += 1
        }
        return Int(digits)
    }

    private mutating func quoted() -> String? {
        guard let quote = next, quote == "'" || quote == "\"" else { return nil }
        let start = at
        at += 1
        var text = ""
        while let character = next {
            at += 1
            if character == quote { return text }
            if character == "\\", let escaped = next {
                text.append(escaped)
                at += 1
            } else {
                text.append(character)
            }
        }
        at = start
        return nil
    }

    /// `(@.type=="Ready")]`
    private mutating func filter() -> ColumnPath.Step? {
        guard take("("), let left = operand() else { return nil }
        skipSpaces()
        var comparison: (ColumnPath.Filter.Comparison, ColumnPath.Filter.Operand)?
        if next != ")" {
            guard let found = self.comparison(), let right = operand() else { return nil }
            comparison = (found, right)
            skipSpaces()
        }
        guard take(")"), take("]") else { return nil }
        return .filter(ColumnPath.Filter(left: left, comparison: comparison))
    }

    private mutating func comparison() -> ColumnPath.Filter.Comparison? {
        for candidate in ColumnPath.Filter.Comparison.allCases {
            let sign = Array(candidate.rawValue)
            if at + sign.count <= text.count, Array(text[at..<at + sign.count]) == sign {
                at += sign.count
                return candidate
            }
        }
        return nil
    }

    private mutating func operand() -> ColumnPath.Filter.Operand? {
        skipSpaces()
        if take("@") {
            return pathSteps(until: ["=", "!", "<", ">", ")", " "]).map { .path(ColumnPath(steps: $0)) }
        }
        if let text = quoted() { return .literal(.string(text)) }
        var word = ""
        while let character = next, !" )]=!<>".contains(character) {
            word.append(character)
            at += 1
        }
        switch word {
        case "": return nil
        case "true": return .literal(true)
        case "false": return .literal(false)
        default: return Int64(word).map { .literal(.int($0)) } ?? Double(word).map { .literal(.double($0)) }
        }
    }
}
