/// Why bytes are not JSON. Nothing of the value is kept.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found wrong.
    public enum Cause: String, Hashable, Sendable {
        case unexpectedEnd = "unexpected end of JSON input"
        case unexpectedCharacter = "unexpected character"
        case invalidEscape = "invalid escape in a string"
        case controlCharacter = "control character in a string"
        case invalidNumber = "invalid number"
        case tooDeep = "nested too deeply"
        case trailingData = "data after the value"
    }
    /// What was found wrong.
    public var cause: Cause
    /// The byte offset at which it was found, from 0.
    public var offset: Int
    /// The byte there, when there is one.
    public var byte: UInt8?

    /// A fault at `offset` bytes from the start; `byte` is nil where the input ends.
    public init(cause: Cause, offset: Int, byte: UInt8?) {
        self.cause = cause
        self.offset = offset
        self.byte = byte
    }

    /// The cause and the byte offset, such as `unexpected end of JSON input at offset 7`.
    public var description: String {
        guard let byte, cause == .unexpectedCharacter else { return "\(cause.rawValue) at offset \(offset)" }
        return "unexpected character '\(Character(Unicode.Scalar(byte)))' at offset \(offset)"
    }
}

/// What a parse found, beside the value, that strict field validation reports.
public struct JSONParse: Sendable {
    /// The tree of the whole input.
    public var value: JSON
    /// Whether some object named a member twice; `JSON.duplicateFields(in:)` says which.
    public var hasDuplicates: Bool
}

extension JSON {
    /// How deep arrays and objects may nest; deeper input is refused before it can exhaust the stack.
    public static let maximumDepth = 400

    /// How many members that are named twice are told of.
    public static let maximumDuplicates = 100

    /// Parses one JSON text (RFC 8259). Of a member that is named twice, the last value is kept.
    ///
    /// - Complexity: linear in the bytes; the depth is bounded by ``maximumDepth``.
    /// - Throws: ``JSONError``.
    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON { try parseReporting(bytes).value }

    /// Parses one JSON text held in a string.
    public static func parse(_ text: String) throws(JSONError) -> JSON { try parseReporting(Array(text.utf8)).value }

    /// As `parse`, and tells whether a member was named twice.
    public static func parseReporting(_ bytes: [UInt8]) throws(JSONError) -> JSONParse {
        let result = unsafe bytes.withUnsafeBufferPointer { buffer -> Result<JSONParse, JSONError> in
            var scanner = unsafe JSONScanner(buffer)
            do throws(JSONError) {
                let value = try scanner.value(depth: 0)
                try scanner.end()
                return .success(JSONParse(value: value, hasDuplicates: scanner.hasDuplicates))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The paths of members that are named twice in one object, such as `spec.replicas` or `spec.ports[1].name`,
    /// in the order in which the second naming stands; of very many the first ``maximumDuplicates``.
    public static func duplicateFields(in bytes: [UInt8]) -> [String] {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var scanner = unsafe JSONScanner(buffer)
            var (way, found, known): ([JSONScanner.Step], [String], Set<JSONKey>) = ([], [], [])
            // The bytes were parsed before; an error here can only repeat what was reported then.
            try? scanner.collectDuplicates(way: &way, into: &found, known: &known)
            return found
        }
    }
}

/// Reads JSON from a buffer that outlives it. All offsets are checked against `count` before a byte is read.
@safe struct JSONScanner {
    let base: UnsafeBufferPointer<UInt8>
    let count: Int
    var offset = 0
    var hasDuplicates = false

    init(_ buffer: UnsafeBufferPointer<UInt8>) {
        unsafe base = buffer
        count = buffer.count
    }

    @inline(__always) private func byte(_ at: Int) -> UInt8 { unsafe base[at] }

    private func failure(_ cause: JSONError.Cause, at: Int? = nil) -> JSONError {
        let at = at ?? offset
        if at >= count, cause == .unexpectedCharacter { return JSONError(cause: .unexpectedEnd, offset: at, byte: nil) }
        return JSONError(cause: cause, offset: at, byte: at < count ? byte(at) : nil)
    }

    @inline(__always) mutating func skipWhitespace() {
        while offset < count {
            let c = byte(offset)
            if c > 0x20 || (c != 0x20 && c != 0x0A && c != 0x0D && c != 0x09) { return }
            offset &+= 1
        }
    }

    mutating func end() throws(JSONError) {
        skipWhitespace()
        if offset != count { throw failure(.trailingData) }
    }

    /// Non-zero at the first byte of eight that is `"`, `\` or below 0x20.
    @inline(__always) static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let hits = ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- (ones &* 0x20)) & ~word)
        return hits & 0x8080_8080_8080_8080
    }

    /// Reads a string whose opening quote was read: start, length, whether it holds escapes; past the closing quote.
    @inline(__always) mutating func rawString() throws(JSONError) -> (start: Int, length: Int, escaped: Bool) {
        let start = offset
        var escaped = false
        while true {
            while offset &+ 8 <= count {
                let word = unsafe UnsafeRawBufferPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let hits = Self.special(word)
                if hits == 0 { offset &+= 8 } else {
                    offset &+= hits.trailingZeroBitCount >> 3
                    break
                }
            }
            if offset >= count { throw failure(.unexpectedEnd) }
            let c = byte(offset)
            if c == 0x22 {
                let length = offset &- start
                offset &+= 1
                return (start, length, escaped)
            }
            if c == 0x5C {
                escaped = true
                offset &+= 2
            } else if c < 0x20 {
                throw failure(.controlCharacter)
            } else {
                offset &+= 1
            }
        }
    }

    @inline(__always) func text(_ start: Int, _ length: Int, _ escaped: Bool) throws(JSONError) -> String {
        if escaped { return try unescape(start, length) }
        return unsafe String(decoding: UnsafeBufferPointer(rebasing: base[start..<start &+ length]), as: UTF8.self)
    }

    private func hex(_ at: Int, _ limit: Int) throws(JSONError) -> UInt32 {
        if at + 4 > limit { throw failure(.invalidEscape, at: at) }
        var value: UInt32 = 0
        for position in at..<at + 4 {
            let c = byte(position)
            switch c {
            case 0x30...0x39: value = value << 4 | UInt32(c &- 0x30)
            case 0x61...0x66: value = value << 4 | UInt32(c &- 0x57)
            case 0x41...0x46: value = value << 4 | UInt32(c &- 0x37)
            default: throw failure(.invalidEscape, at: position)
            }
        }
        return value
    }

    @inline(never) private func unescape(_ start: Int, _ length: Int) throws(JSONError) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(length)
        var at = start
        let limit = start + length
        while at < limit {
            let c = byte(at)
            at += 1
            if c != 0x5C {
                out.append(c)
                continue
            }
            guard at < limit else { throw failure(.invalidEscape, at: at) }
            let kind = byte(at)
            at += 1
            switch kind {
            case 0x22, 0x5C, 0x2F: out.append(kind)
            case 0x6E: out.append(0x0A)
            case 0x74: out.append(0x09)
            case 0x72: out.append(0x0D)
            case 0x62: out.append(0x08)
            case 0x66: out.append(0x0C)
            case 0x75:
                var scalar = try hex(at, limit)
                at += 4
                if scalar & 0xFC00 == 0xD800, at + 6 <= limit, byte(at) == 0x5C, byte(at + 1) == 0x75 {
                    let low = try hex(at + 2, limit)
                    if low & 0xFC00 == 0xDC00 {
                        scalar = 0x10000 + ((scalar & 0x3FF) << 10 | (low & 0x3FF))
                        at += 6
                    }
                }
                out.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
            default: throw failure(.invalidEscape, at: at - 1)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private func isDigit(_ at: Int) -> Bool { at < count && byte(at) &- 0x30 < 10 }

    @inline(__always) mutating func number() throws(JSONError) -> JSON {
        let start = offset
        let negative = byte(offset) == 0x2D
        if negative { offset &+= 1 }
        guard isDigit(offset) else { throw failure(offset < count ? .invalidNumber : .unexpectedEnd) }
        if byte(offset) == 0x30, isDigit(offset + 1) { throw failure(.invalidNumber) }
        var magnitude: UInt64 = 0
        var digits = 0
        while offset < count, byte(offset) &- 0x30 < 10 {
            magnitude = magnitude &* 10 &+ UInt64(byte(offset) &- 0x30)
            offset &+= 1
            digits &+= 1
        }
        let integral = offset >= count || (byte(offset) != 0x2E && byte(offset) | 0x20 != 0x65)
        if integral, digits <= 18 { return .int(negative ? -Int64(magnitude) : Int64(magnitude)) }
        if !integral {
            if byte(offset) == 0x2E {
                offset &+= 1
                guard isDigit(offset) else { throw failure(.invalidNumber) }
                while isDigit(offset) { offset &+= 1 }
            }
            if offset < count, byte(offset) | 0x20 == 0x65 {
                offset &+= 1
                if offset < count, byte(offset) == 0x2B || byte(offset) == 0x2D { offset &+= 1 }
                guard isDigit(offset) else { throw failure(.invalidNumber) }
                while isDigit(offset) { offset &+= 1 }
            }
        }
        let text = unsafe String(decoding: UnsafeBufferPointer(rebasing: base[start..<offset]), as: UTF8.self)
        if integral, let exact = Int64(text) { return .int(exact) }
        guard let value = Double(text), value.isFinite else { throw failure(.invalidNumber, at: start) }
        return .double(value)
    }

    @inline(__always) private mutating func literal(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard offset &+ length <= count else { return false }
        for position in 0..<length where unsafe byte(offset &+ position) != text.utf8Start[position] { return false }
        offset &+= length
        return true
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        if depth > JSON.maximumDepth { throw failure(.tooDeep) }
        skipWhitespace()
        guard offset < count else { throw failure(.unexpectedEnd) }
        switch byte(offset) {
        case 0x22:
            offset &+= 1
            let (start, length, escaped) = try rawString()
            return .string(try text(start, length, escaped))
        case 0x7B:
            offset &+= 1
            var members: [JSONObject.Member] = []
            skipWhitespace()
            if offset < count, byte(offset) == 0x7D {
                offset &+= 1
                return .object(JSONObject())
            }
            members.reserveCapacity(4)
            while true {
                let key = try self.key()
                members.append(.init(key: key, value: try value(depth: depth &+ 1)))
                if try !another(closing: 0x7D) { break }
            }
            let object = JSONObject(members: members)
            if object.count != members.count { hasDuplicates = true }
            return .object(object)
        case 0x5B:
            offset &+= 1
            var elements: [JSON] = []
            skipWhitespace()
            if offset < count, byte(offset) == 0x5D {
                offset &+= 1
                return .array(elements)
            }
            while true {
                elements.append(try value(depth: depth &+ 1))
                if try !another(closing: 0x5D) { break }
            }
            return .array(elements)
        case 0x74: if literal("true") { return .bool(true) }
        case 0x66: if literal("false") { return .bool(false) }
        case 0x6E: if literal("null") { return .null }
        case 0x2D, 0x30...0x39: return try number()
        default: break
        }
        throw failure(.unexpectedCharacter)
    }

    /// Reads `"key" :`, with the whitespace around it.
    @inline(__always) private mutating func key() throws(JSONError) -> String {
        skipWhitespace()
        guard offset < count, byte(offset) == 0x22 else { throw failure(.unexpectedCharacter) }
        offset &+= 1
        let (start, length, escaped) = try rawString()
        let key = try text(start, length, escaped)
        skipWhitespace()
        guard offset < count, byte(offset) == 0x3A else { throw failure(.unexpectedCharacter) }
        offset &+= 1
        return key
    }

    /// After an element: true on a comma, false on `closing`.
    @inline(__always) private mutating func another(closing: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard offset < count else { throw failure(.unexpectedEnd) }
        let c = byte(offset)
        guard c == 0x2C || c == closing else { throw failure(.unexpectedCharacter) }
        offset &+= 1
        return c == 0x2C
    }

    private static func text(of way: [Step]) -> String {
        var text = ""
        for step in way {
            switch step {
            case .member(let key): text += text.isEmpty ? key : "." + key
            case .element(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// A step on the way to a value; put into words only for what is found.
    enum Step {
        case member(String)
        case element(Int)
    }

    /// Walks one value for members that are named twice.
    ///
    /// Linear in the bytes: the way is kept as steps, and no more is found than ``JSON/maximumDuplicates``.
    mutating func collectDuplicates(way: inout [Step], into found: inout [String], known: inout Set<JSONKey>) throws(JSONError) {
        let depth = way.count
        if depth > JSON.maximumDepth { throw failure(.tooDeep) }
        skipWhitespace()
        guard offset < count else { throw failure(.unexpectedEnd) }
        switch byte(offset) {
        case 0x7B:
            offset &+= 1
            skipWhitespace()
            if offset < count, byte(offset) == 0x7D {
                offset &+= 1
                return
            }
            var seen = Set<JSONKey>()
            while true {
                let key = try self.key()
                way.append(.member(key))
                if !seen.insert(JSONKey(key)).inserted, found.count < JSON.maximumDuplicates {
                    let text = Self.text(of: way)
                    if known.insert(JSONKey(text)).inserted { found.append(text) }
                }
                try collectDuplicates(way: &way, into: &found, known: &known)
                way.removeLast()
                if try !another(closing: 0x7D) { return }
            }
        case 0x5B:
            offset &+= 1
            skipWhitespace()
            if offset < count, byte(offset) == 0x5D {
                offset &+= 1
                return
            }
            var index = 0
            while true {
                way.append(.element(index))
                try collectDuplicates(way: &way, into: &found, known: &known)
                way.removeLast()
                index += 1
                if try !another(closing: 0x5D) { return }
            }
        default: _ = try value(depth: depth)
        }
    }

    // MARK: Skimming

    /// Steps over one value; strings and nesting are checked, the rest is not.
    mutating func skipValue() throws(JSONError) {
        skipWhitespace()
        guard offset < count else { throw failure(.unexpectedEnd) }
        switch byte(offset) {
        case 0x22:
            offset &+= 1
            _ = try rawString()
        case 0x7B, 0x5B:
            var depth = 0
            repeat {
                guard offset < count else { throw failure(.unexpectedEnd) }
                switch byte(offset) {
                case 0x22:
                    offset &+= 1
                    _ = try rawString()
                case 0x7B, 0x5B:
                    depth &+= 1
                    offset &+= 1
                case 0x7D, 0x5D:
                    depth &-= 1
                    offset &+= 1
                default: offset &+= 1
                }
            } while depth > 0
        default:
            while offset < count {
                let c = byte(offset)
                if c == 0x2C || c == 0x7D || c == 0x5D || c <= 0x20 { return }
                offset &+= 1
            }
        }
    }

    /// Visits the members of the object at the offset: `visit` gets the key and must consume the value, or return
    /// false to have it skipped. Ends after the closing brace.
    mutating func members(_ visit: (inout JSONScanner, String) throws(JSONError) -> Bool) throws(JSONError) {
        skipWhitespace()
        guard offset < count, byte(offset) == 0x7B else { throw failure(.unexpectedCharacter) }
        offset &+= 1
        skipWhitespace()
        if offset < count, byte(offset) == 0x7D {
            offset &+= 1
            return
        }
        while true {
            let key = try self.key()
            skipWhitespace()
            if try !visit(&self, key) { try skipValue() }
            if try !another(closing: 0x7D) { return }
        }
    }
}
