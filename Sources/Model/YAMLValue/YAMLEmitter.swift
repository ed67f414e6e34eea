public import JSONValue

extension YAML {
    /// Writes `value` as one document in block style, ending with a line break.
    ///
    /// Members keep their order. Text that a reader of YAML 1.1 or 1.2 could take for something else is quoted, so that
    /// what is written is read back as the same value by either. Linear in the size of the value.
    public static func text(_ value: JSON) -> String {
        var emitter = YAMLEmitter()
        emitter.root(value)
        return emitter.text
    }
}

struct YAMLEmitter {
    private(set) var text = ""

    mutating func root(_ value: JSON) {
        switch value {
        case .object(let object) where !object.isEmpty: members(object, indent: 0, startsOnLine: false)
        case .array(let elements) where !elements.isEmpty: sequence(elements, indent: 0, startsOnLine: false)
        case .null, .bool, .int, .double, .string, .array, .object:
            scalar(value, indent: 0)
            text += "\n"
        }
    }

    private mutating func pad(_ indent: Int) { text += String(repeating: " ", count: indent) }

    /// `startsOnLine` says that the first member stands behind a `- ` already written.
    private mutating func members(_ object: JSONObject, indent: Int, startsOnLine: Bool) {
        var first = startsOnLine
        for (key, value) in object {
            if !first { pad(indent) }
            first = false
            let written = YAMLText.singleLine(key)
            // Parsers look no further than 1024 characters for the colon of a plain key.
            if written.utf8.count > 900 {
                text += "? " + written + "\n"
                pad(indent)
            } else {
                text += written
            }
            text += ":"
            switch value {
            case .object(let inner) where !inner.isEmpty:
                text += "\n"
                members(inner, indent: indent + 2, startsOnLine: false)
            case .array(let elements) where !elements.isEmpty:
                // As kubectl prints it: the dashes stand below the key.
                text += "\n"
                sequence(elements, indent: indent, startsOnLine: false)
            case .null, .bool, .int, .double, .string, .array, .object:
                text += " "
                scalar(value, indent: indent + 2)
                text += "\n"
            }
        }
    }

    private mutating func sequence(_ elements: [JSON], indent: Int, startsOnLine: Bool) {
        var first = startsOnLine
        for element in elements {
            if !first { pad(indent) }
            first = false
            text += "- "
            switch element {
            case .object(let inner) where !inner.isEmpty: members(inner, indent: indent + 2, startsOnLine: true)
            case .array(let inner) where !inner.isEmpty: sequence(inner, indent: indent + 2, startsOnLine: true)
            case .null, .bool, .int, .double, .string, .array, .object:
                scalar(element, indent: indent + 2)
                text += "\n"
            }
        }
    }

    /// A value that stands on the line of its key, or a text block below it.
    private mutating func scalar(_ value: JSON, indent: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .int(let number): text += String(number)
        case .double(let number): text += YAMLText.double(number)
        case .array: text += "[]"
        case .object: text += "{}"
        case .string(let string):
            if YAMLText.fitsBlock(string) {
                block(string, indent: max(indent, 2))
            } else {
                text += YAMLText.singleLine(string)
            }
        }
    }

    private mutating func block(_ string: String, indent: Int) {
        var lines = string.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        if string.utf8.last == 0x0A {
            lines.removeLast()
            text += lines.last?.isEmpty == true ? "|+" : "|"
        } else {
            text += "|-"
        }
        for line in lines {
            text += "\n"
            if line.isEmpty { continue }
            pad(indent)
            text += String(Substring(line))
        }
    }
}
