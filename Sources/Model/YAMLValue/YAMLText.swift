import JSONValue

/// How a string is written so that every reader takes it for that string.
enum YAMLText {
    /// Plain where that is safe, else in single quotes, else in double quotes with escapes. One line.
    static func singleLine(_ text: String) -> String {
        if !text.unicodeScalars.allSatisfy(isPrintable) { return doubleQuoted(text) }
        if isReadAsOther(text) { return doubleQuoted(text) }
        if isPlainSafe(text) { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    /// Whether the text is better written as a literal block: several lines, none of which a block would alter.
    static func fitsBlock(_ text: String) -> Bool {
        guard text.utf8.contains(0x0A), let first = text.utf8.first, first > 0x20 else { return false }
        guard text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPrintable($0) }) else { return false }
        return text.utf8.split(separator: 0x0A).allSatisfy { line in
            // A line of blanks only could be taken for indentation.
            line.contains { $0 != 0x20 && $0 != 0x09 }
        }
    }

    /// The shortest digits that give the number back, with a point, which some readers need to see a float.
    static func double(_ number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = number.description
        guard !text.utf8.contains(UInt8(ascii: ".")) else { return text }
        let parts = text.split(separator: "e", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return text + ".0" }
        return "\(parts[0]).0e\(parts[1])"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        case 0xA0...0xD7FF: scalar.value != 0x2028 && scalar.value != 0x2029
        case 0xE000...0xFFFD: scalar.value != 0xFEFF
        case 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// Whether a reader would take the plain text for no string: our own rules and those of YAML 1.1 that we do not
    /// follow (times such as `12:30`, dates, the value key).
    private static func isReadAsOther(_ text: String) -> Bool {
        guard case .string = YAMLNumber.resolve(text) else { return true }
        if text == "<<" || text == "=" { return true }
        guard let first = text.utf8.first else { return true }
        let numeric =
            first &- 0x30 < 10 || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || first == UInt8(ascii: ".")
        if !numeric { return false }
        // What has only the characters of numbers, dates and times is quoted; `1.36-alpha` is not.
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x20: true
            default: "+-.:_xXoOtTzZ".utf8.contains(byte)
            }
        } && text.utf8.contains { $0 &- 0x30 < 10 }
    }

    private static func isPlainSafe(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return false }
        if first == 0x20 || last == 0x20 || last == UInt8(ascii: ":") { return false }
        if "!&*[]{},#|>@`\"'%?:-".utf8.contains(first) {
            // A dash, question mark or colon begins plain text when no blank follows.
            let second = bytes.count > 1 ? bytes[1] : 0x20
            let mayBegin = "?:-".utf8.contains(first) && second != 0x20 && !",[]{}".utf8.contains(second)
            if !mayBegin || text.utf8.starts(with: "---".utf8) { return false }
        }
        if text.utf8.starts(with: "...".utf8) { return false }
        for index in bytes.indices.dropFirst() {
            if bytes[index] == UInt8(ascii: "#"), bytes[index - 1] == 0x20 { return false }
            if bytes[index] == 0x20, bytes[index - 1] == UInt8(ascii: ":") { return false }
        }
        return true
    }

    private static func doubleQuoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            default:
                if isPrintable(scalar) {
                    out.unicodeScalars.append(scalar)
                } else if scalar.value < 0x100 {
                    out += "\\x" + hex(scalar.value, width: 2)
                } else if scalar.value < 0x10000 {
                    out += "\\u" + hex(scalar.value, width: 4)
                } else {
                    out += "\\U" + hex(scalar.value, width: 8)
                }
            }
        }
        return out + "\""
    }

    private static func hex(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
