import JSONValue
import KubeModel

/// What Go's `encoding/json` says of a text that should be an object of anything.
///
/// Secrets are printed into no fault, so that only its sentence is of use to the user.
enum GoJSON {
    private struct Fault: Error { var message: String }

    /// The fault of a text that is to be read into `map[string]interface{}`.
    static func objectFault(_ bytes: [UInt8]) -> String? {
        var scanner = Scanner(bytes: bytes)
        do {
            let kind = try scanner.document()
            return kind == "object" || kind == "null"
                ? nil : "json: cannot unmarshal \(kind) into Go value of type map[string]interface {}"
        } catch {
            return error.message
        }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0
        var depth = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private static let end = Fault(message: "unexpected end of JSON input")

        private func fault(_ context: String) -> Fault {
            guard at < bytes.count else { return Self.end }
            return Fault(message: "invalid character \(GoJSON.quoted(bytes, at)) \(context)")
        }

        private mutating func skipSpace() {
            while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
        }

        mutating func document() throws(Fault) -> String {
            let kind = try value()
            skipSpace()
            if at < bytes.count { throw fault("after top-level value") }
            return kind
        }

        private mutating func value() throws(Fault) -> String {
            skipSpace()
            guard at < bytes.count else { throw Self.end }
            switch bytes[at] {
            case 0x7B:
                try members()
                return "object"
            case 0x5B:
                try elements()
                return "array"
            case 0x22:
                try string()
                return "string"
            case 0x74:
                try word("true")
                return "bool"
            case 0x66:
                try word("false")
                return "bool"
            case 0x6E:
                try word("null")
                return "null"
            case 0x2D, 0x30...0x39:
                try number()
                return "number"
            default: throw fault("looking for beginning of value")
            }
        }

        private mutating func word(_ word: String) throws(Fault) {
            at += 1
            for expected in word.utf8.dropFirst() {
                guard at < bytes.count else { throw Self.end }
                if bytes[at] != expected {
                    throw fault("in literal \(word) (expecting '\(Character(Unicode.Scalar(expected)))')")
                }
                at += 1
            }
        }

        private mutating func number() throws(Fault) {
            if bytes[at] == 0x2D {
                at += 1
                guard at < bytes.count else { throw Self.end }
                if !Names.isDigit(bytes[at]) { throw fault("in numeric literal") }
            }
            if bytes[at] == 0x30 { at += 1 } else { digits() }
            if at < bytes.count, bytes[at] == 0x2E {
                at += 1
                guard at < bytes.count else { throw Self.end }
                if !Names.isDigit(bytes[at]) { throw fault("after decimal point in numeric literal") }
                digits()
            }
            if at < bytes.count, bytes[at] == 0x65 || bytes[at] == 0x45 {
                at += 1
                if at < bytes.count, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 }
                guard at < bytes.count else { throw Self.end }
                if !Names.isDigit(bytes[at]) { throw fault("in exponent of numeric literal") }
                digits()
            }
        }

        private mutating func digits() {
            while at < bytes.count, Names.isDigit(bytes[at]) { at += 1 }
        }

        private mutating func string() throws(Fault) {
            at += 1
            while at < bytes.count, bytes[at] != 0x22 {
                if bytes[at] < 0x20 { throw fault("in string literal") }
                if bytes[at] == 0x5C {
                    at += 1
                    guard at < bytes.count else { throw Self.end }
                    if !"bfnrtu\\/\"".utf8.contains(bytes[at]) { throw fault("in string escape code") }
                }
                at += 1
            }
            guard at < bytes.count else { throw Self.end }
            at += 1
        }

        private mutating func enter() throws(Fault) {
            at += 1
            depth += 1
            if depth > 10_000 { throw Fault(message: "exceeded max depth") }
            skipSpace()
        }

        private mutating func members() throws(Fault) {
            try enter()
            defer { depth -= 1 }
            if at < bytes.count, bytes[at] == 0x7D {
                at += 1
                return
            }
            while true {
                skipSpace()
                guard at < bytes.count else { throw Self.end }
                if bytes[at] != 0x22 { throw fault("looking for beginning of object key string") }
                try string()
                skipSpace()
                guard at < bytes.count, bytes[at] == 0x3A else { throw fault("after object key") }
                at += 1
                _ = try value()
                skipSpace()
                guard at < bytes.count else { throw Self.end }
                if bytes[at] == 0x7D {
                    at += 1
                    return
                }
                if bytes[at] != 0x2C { throw fault("after object key:value pair") }
                at += 1
            }
        }

        private mutating func elements() throws(Fault) {
            try enter()
            defer { depth -= 1 }
            if at < bytes.count, bytes[at] == 0x5D {
                at += 1
                return
            }
            while true {
                _ = try value()
                skipSpace()
                guard at < bytes.count else { throw Self.end }
                if bytes[at] == 0x5D {
                    at += 1
                    return
                }
                if bytes[at] != 0x2C { throw fault("after array element") }
                at += 1
            }
        }
    }

    /// A byte as Go quotes it in these sentences.
    private static func quoted(_ bytes: [UInt8], _ at: Int) -> String {
        switch bytes[at] {
        case 0x27: return "'\\''"
        case 0x22: return "'\"'"
        case let byte:
            let text = goQuoted(String(Character(Unicode.Scalar(byte))))
            return "'\(text.dropFirst().dropLast())'"
        }
    }
}
