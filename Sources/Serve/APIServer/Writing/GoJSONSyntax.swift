/// Says what is wrong with a text that is no JSON, in the words of Go's `encoding/json`, which clients show to people.
///
/// Run only on what could not be parsed; linear in what it reads.
struct GoJSONSyntax {
    private struct Fault: Error { var message: String }

    /// How deeply Go reads.
    private static let maximumDepth = 10_000

    private let bytes: [UInt8]
    private var at = 0

    /// What is wrong with `bytes`; nil when they are JSON after all.
    static func fault(in bytes: [UInt8]) -> String? {
        var scanner = GoJSONSyntax(bytes: bytes)
        do throws(Fault) {
            try scanner.value(depth: 0)
            scanner.skipSpace()
            if let extra = scanner.peek { throw scanner.unexpected(extra, "after top-level value") }
            return nil
        } catch {
            return error.message
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private func unexpected(_ byte: UInt8, _ place: String) -> Fault { Fault(message: "invalid character \(Self.quoted(byte)) \(place)") }
    private static var end: Fault { Fault(message: "unexpected end of JSON input") }

    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case 0x27: return #"'\''"#
        case 0x22: return #"'"'"#
        case 0x5C: return #"'\\'"#
        case 0x0A: return #"'\n'"#
        case 0x0D: return #"'\r'"#
        case 0x09: return #"'\t'"#
        case 0x00..<0x20, 0x7F:
            let hex = String(byte, radix: 16)
            return "'\\x" + (hex.count == 1 ? "0" : "") + hex + "'"
        default: return "'\(Character(Unicode.Scalar(byte)))'"
        }
    }

    private mutating func value(depth: Int) throws(Fault) {
        skipSpace()
        guard let first = peek else { throw Self.end }
        switch first {
        case 0x7B: try object(depth: depth + 1)
        case 0x5B: try array(depth: depth + 1)
        case 0x22: try string()
        case 0x2D, 0x30...0x39: try number()
        case 0x74: try literal("true")
        case 0x66: try literal("false")
        case 0x6E: try literal("null")
        default: throw unexpected(first, "looking for beginning of value")
        }
    }

    private func check(_ depth: Int) throws(Fault) { if depth > Self.maximumDepth { throw Fault(message: "exceeded max depth") } }

    private mutating func object(depth: Int) throws(Fault) {
        try check(depth)
        at += 1
        skipSpace()
        guard let first = peek else { throw Self.end }
        if first == 0x7D {
            at += 1
            return
        }
        while true {
            skipSpace()
            guard let quote = peek else { throw Self.end }
            guard quote == 0x22 else { throw unexpected(quote, "looking for beginning of object key string") }
            try string()
            skipSpace()
            guard let colon = peek else { throw Self.end }
            guard colon == 0x3A else { throw unexpected(colon, "after object key") }
            at += 1
            try value(depth: depth)
            skipSpace()
            guard let next = peek else { throw Self.end }
            at += 1
            if next == 0x7D { return }
            guard next == 0x2C else { throw unexpected(next, "after object key:value pair") }
        }
    }

    private mutating func array(depth: Int) throws(Fault) {
        try check(depth)
        at += 1
        skipSpace()
        if peek == 0x5D {
            at += 1
            return
        }
        while true {
            try value(depth: depth)
            skipSpace()
            guard let next = peek else { throw Self.end }
            at += 1
            if next == 0x5D { return }
            guard next == 0x2C else { throw unexpected(next, "after array element") }
        }
    }

    private mutating func string() throws(Fault) {
        at += 1
        while let byte = peek {
            at += 1
            switch byte {
            case 0x22: return
            case 0x00..<0x20: throw unexpected(byte, "in string literal")
            case 0x5C:
                guard let escape = peek else { throw Self.end }
                at += 1
                switch escape {
                case 0x22, 0x2F, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74: continue
                case 0x75:
                    for _ in 0..<4 {
                        guard let digit = peek else { throw Self.end }
                        at += 1
                        switch digit {
                        case 0x30...0x39, 0x41...0x46, 0x61...0x66: continue
                        default: throw unexpected(digit, "in \\u hexadecimal character escape")
                        }
                    }
                default: throw unexpected(escape, "in string escape code")
                }
            default: continue
            }
        }
        throw Self.end
    }

    private mutating func digits() {
        while let byte = peek, (0x30...0x39).contains(byte) { at += 1 }
    }

    private mutating func digit(_ place: String) throws(Fault) {
        guard let byte = peek else { throw Self.end }
        guard (0x30...0x39).contains(byte) else { throw unexpected(byte, place) }
    }

    private mutating func number() throws(Fault) {
        if peek == 0x2D {
            at += 1
            try digit("in numeric literal")
        }
        if peek == 0x30 { at += 1 } else { digits() }
        if peek == 0x2E {
            at += 1
            try digit("after decimal point in numeric literal")
            digits()
        }
        if peek == 0x65 || peek == 0x45 {
            at += 1
            if peek == 0x2B || peek == 0x2D { at += 1 }
            try digit("in exponent of numeric literal")
            digits()
        }
    }

    private mutating func literal(_ word: String) throws(Fault) {
        for (index, expected) in word.utf8.enumerated() {
            guard let byte = peek else { throw Self.end }
            if byte != expected, index > 0 {
                throw unexpected(byte, "in literal \(word) (expecting \(Self.quoted(expected)))")
            }
            at += 1
        }
    }
}
