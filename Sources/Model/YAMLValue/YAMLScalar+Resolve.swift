import JSONValue

extension YAMLScalar {
    /// The long forms of the tags that have a meaning.
    enum Tag {
        static let string = "tag:yaml.org,2002:str"
        static let int = "tag:yaml.org,2002:int"
        static let float = "tag:yaml.org,2002:float"
        static let bool = "tag:yaml.org,2002:bool"
        static let null = "tag:yaml.org,2002:null"
        static let merge = "tag:yaml.org,2002:merge"
    }

    /// The value the scalar stands for. Quoted and unknown tags mean a string.
    func resolved(_ mark: YAMLMark) throws(YAMLError) -> JSON {
        if isPlain { return try finite(YAMLNumber.resolve(text), mark) }
        switch tag {
        case Tag.int:
            if case .int = YAMLNumber.resolve(text) { return YAMLNumber.resolve(text) }
            throw YAMLError(.tagMismatch("!!int"), mark)
        case Tag.float:
            guard let number = YAMLNumber.resolve(text).number else { throw YAMLError(.tagMismatch("!!float"), mark) }
            return try finite(.double(number), mark)
        case Tag.bool:
            if case .bool(let flag) = YAMLNumber.resolve(text) { return .bool(flag) }
            throw YAMLError(.tagMismatch("!!bool"), mark)
        case Tag.null:
            if YAMLNumber.resolve(text).isNull { return .null }
            throw YAMLError(.tagMismatch("!!null"), mark)
        default: return .string(text)
        }
    }

    private func finite(_ value: JSON, _ mark: YAMLMark) throws(YAMLError) -> JSON {
        if case .double(let number) = value, !number.isFinite { throw YAMLError(.notFinite, mark) }
        return value
    }
}

/// The types of plain scalars.
enum YAMLNumber {
    /// What a plain scalar means. Not-a-number and infinities come back as doubles.
    static func resolve(_ text: String) -> JSON {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"):
            return special(text) ?? number(text) ?? .string(text)
        case UInt8(ascii: "."):
            return special(text) ?? float(Array(text.utf8)[...]).map { .double($0) } ?? .string(text)
        default: return word(text)
        }
    }

    private static func word(_ text: String) -> JSON {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
        case "~", "null", "Null", "NULL": .null
        default: .string(text)
        }
    }

    private static func special(_ text: String) -> JSON? {
        switch text {
        case ".nan", ".NaN", ".NAN": .double(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": .double(-.infinity)
        default: nil
        }
    }

    private static func number(_ text: String) -> JSON? {
        let plain = text.utf8.filter { $0 != UInt8(ascii: "_") }
        return integer(plain[...]) ?? float(plain[...]).map { .double($0) }
    }

    /// `12`, `0x1F`, `0o17`, `017`, `0b101`, each with an optional sign; beyond 64 bits a double.
    private static func integer(_ given: ArraySlice<UInt8>) -> JSON? {
        var digits = given
        var negative = false
        if let sign = digits.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            negative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        var radix: UInt64 = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            switch digits[digits.startIndex + 1] | 0x20 {
            case UInt8(ascii: "x"): (radix, digits) = (16, digits.dropFirst(2))
            case UInt8(ascii: "o"): (radix, digits) = (8, digits.dropFirst(2))
            case UInt8(ascii: "b"): (radix, digits) = (2, digits.dropFirst(2))
            default: (radix, digits) = (8, digits.dropFirst())
            }
        }
        guard !digits.isEmpty else { return nil }
        var exact: UInt64? = 0
        var rough = 0.0
        for byte in digits {
            guard let digit = value(of: byte), digit < radix else { return nil }
            rough = rough * Double(radix) + Double(digit)
            if let soFar = exact {
                let (product, over) = soFar.multipliedReportingOverflow(by: radix)
                let (sum, overSum) = product.addingReportingOverflow(digit)
                exact = over || overSum ? nil : sum
            }
        }
        if let exact {
            if negative, exact <= UInt64(Int64.max) + 1 { return .int(Int64(truncatingIfNeeded: 0 &- exact)) }
            if !negative, let whole = Int64(exactly: exact) { return .int(whole) }
        }
        if radix == 10, let parsed = float(given) { return .double(parsed) }
        return .double(negative ? -rough : rough)
    }

    private static func value(of byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        default: nil
        }
    }

    /// A sign, digits with a point anywhere, an exponent; nil for anything else and for what no double can hold.
    private static func float(_ bytes: ArraySlice<UInt8>) -> Double? {
        var rest = bytes
        func skipDigits() -> Int {
            let before = rest.count
            while let byte = rest.first, byte &- 0x30 < 10 { rest = rest.dropFirst() }
            return before - rest.count
        }
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = skipDigits()
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = skipDigits()
        }
        guard whole > 0 || fraction > 0 else { return nil }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard skipDigits() > 0 else { return nil }
        }
        guard rest.isEmpty, let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else {
            return nil
        }
        return number
    }

    /// A number as the key of a mapping: the shortest digits that a 32-bit float needs, with an exponent from
    /// a million on, as Go prints `%g`.
    static func keyText(_ number: Double) -> String {
        if number == 0 { return number.sign == .minus ? "-0" : "0" }
        let shortest = Float(number).description
        var digits: [UInt8] = []
        var exponent = 0
        var pointSeen = false
        let parts = shortest.utf8.drop { $0 == UInt8(ascii: "-") }.split(separator: UInt8(ascii: "e"))
        guard let mantissa = parts.first else { return shortest }
        for byte in mantissa {
            if byte == UInt8(ascii: ".") {
                pointSeen = true
            } else {
                digits.append(byte)
                if !pointSeen { exponent += 1 }
            }
        }
        guard digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return shortest }
        if parts.count == 2 { exponent += Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 }
        while digits.first == 0x30 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == 0x30 { digits.removeLast() }
        let sign = number < 0 ? "-" : ""
        func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
        let scientific = exponent - 1
        if scientific < -4 || scientific >= 6 {
            let tail = digits.count > 1 ? "." + text(digits.dropFirst()) : ""
            let size = String(scientific.magnitude)
            return sign + text(digits.prefix(1)) + tail + "e" + (scientific < 0 ? "-" : "+")
                + (size.count < 2 ? "0" + size : size)
        }
        if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + text(digits) }
        if digits.count <= exponent {
            return sign + text(digits) + String(repeating: "0", count: exponent - digits.count)
        }
        return sign + text(digits.prefix(exponent)) + "." + text(digits.dropFirst(exponent))
    }
}
