/// Serialises JSON into bytes, compact, in the order of the members.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]

    /// A writer without output, with room for `capacity` bytes before it has to grow.
    public init(capacity: Int = 1024) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Appends bytes that are JSON already.
    public mutating func raw(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Appends text that is JSON already.
    public mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends one byte, such as a comma.
    @inline(__always) public mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Appends `text` as a JSON string.
    public mutating func string(_ text: String) {
        bytes.append(0x22)
        var text = text
        text.withUTF8 { utf8 in
            var from = 0
            var at = 0
            let count = utf8.count
            while at < count {
                if at &+ 8 <= count {
                    let word = unsafe UnsafeRawBufferPointer(utf8).loadUnaligned(fromByteOffset: at, as: UInt64.self)
                    let hits = JSONScanner.special(word)
                    if hits == 0 {
                        at &+= 8
                        continue
                    }
                    at &+= hits.trailingZeroBitCount >> 3
                }
                let c = unsafe utf8[at]
                if c >= 0x20, c != 0x22, c != 0x5C {
                    at &+= 1
                    continue
                }
                unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[from..<at]))
                escape(c)
                at &+= 1
                from = at
            }
            if from < count { unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[from..<count])) }
        }
        bytes.append(0x22)
    }

    private mutating func escape(_ c: UInt8) {
        bytes.append(0x5C)
        switch c {
        case 0x22, 0x5C: bytes.append(c)
        case 0x0A: bytes.append(0x6E)
        case 0x09: bytes.append(0x74)
        case 0x0D: bytes.append(0x72)
        default:
            raw("u00")
            bytes.append(c >> 4 &+ 0x30)
            let low = c & 15
            bytes.append(low < 10 ? low &+ 0x30 : low &+ 0x57)
        }
    }

    /// Appends a number as Go writes a float64: a whole number without a fraction.
    mutating func double(_ value: Double) {
        if value.rounded() == value, value.magnitude < 1e15 { raw(String(Int64(value))) } else { raw(value.description) }
    }

    /// Appends a value.
    public mutating func write(_ value: JSON) {
        switch value {
        case .null: raw("null")
        case .bool(let flag): raw(flag ? "true" : "false")
        case .int(let number): raw(String(number))
        case .double(let number): double(number)
        case .string(let text): string(text)
        case .array(let elements):
            bytes.append(0x5B)
            for index in elements.indices {
                if index > 0 { bytes.append(0x2C) }
                write(elements[index])
            }
            bytes.append(0x5D)
        case .object(let object): write(object)
        }
    }

    /// Appends an object.
    public mutating func write(_ object: JSONObject) {
        bytes.append(0x7B)
        var first = true
        for member in object.members {
            if !first { bytes.append(0x2C) }
            first = false
            string(member.key)
            bytes.append(0x3A)
            write(member.value)
        }
        bytes.append(0x7D)
    }
}

extension JSON: CustomStringConvertible {
    /// The compact JSON text in UTF-8.
    public var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The compact JSON text.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// A copy whose objects have their members in the order of their keys, such as a canonical form needs.
    public var sorted: JSON {
        switch self {
        case .null, .bool, .int, .double, .string: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(JSONObject(members: object.members.map { .init(key: $0.key, value: $0.value.sorted) }.sorted { $0.key < $1.key }))
        }
    }
}
