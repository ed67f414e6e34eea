import NetworkPolicy

/// What is wrong with a message; nothing of it is used.
public enum DNSFormatError: Error, Hashable, Sendable {
    /// It ends too early.
    case short
    /// A name is longer than 255 bytes, has labels of a kind that does not exist, or points forward.
    case name
    /// The length of a record's data does not fit its type.
    case data
    /// There are two records of EDNS, or it is not about the root.
    case edns
    /// There are bytes after the last record.
    case trailing
}

/// Reads a message from its start to its end. Time is linear in the message: a name costs at most 255 bytes and
/// ``mostPointers`` steps, wherever its parts are.
struct DNSReader {
    /// How often a name may go on elsewhere. Servers write one pointer for a name; a chain of them is an attack.
    static let mostPointers = 32

    let bytes: [UInt8]
    private(set) var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func skip(_ count: Int) throws(DNSFormatError) {
        guard bytes.count - at >= count else { throw .short }
        at += count
    }

    mutating func u8() throws(DNSFormatError) -> UInt8 {
        try skip(1)
        return bytes[at - 1]
    }

    mutating func u16() throws(DNSFormatError) -> UInt16 {
        try skip(2)
        return UInt16(bytes[at - 2]) << 8 | UInt16(bytes[at - 1])
    }

    mutating func u32() throws(DNSFormatError) -> UInt32 { UInt32(try u16()) << 16 | UInt32(try u16()) }

    mutating func take(_ count: Int) throws(DNSFormatError) -> [UInt8] {
        try skip(count)
        return Array(bytes[(at - count)..<at])
    }

    /// A name, which may go on at an earlier place. Each pointer leads before the place where the part with the pointer
    /// began, so none leads in a circle.
    mutating func name() throws(DNSFormatError) -> DNSName {
        var wire: [UInt8] = []
        wire.reserveCapacity(64)
        var place = at
        var start = at
        var end: Int?
        var pointers = 0
        while true {
            guard place < bytes.count else { throw .short }
            let length = bytes[place]
            switch length >> 6 {
            case 0:
                let next = place + 1 + Int(length)
                guard next <= bytes.count else { throw .short }
                guard wire.count + 1 + Int(length) + (length == 0 ? 0 : 1) <= DNSName.longest else { throw .name }
                wire.append(contentsOf: bytes[place..<next])
                place = next
                if length == 0 {
                    at = end ?? place
                    return DNSName(wire: wire)
                }
            case 3:
                guard place + 1 < bytes.count else { throw .short }
                let target = Int(length & 0x3F) << 8 | Int(bytes[place + 1])
                pointers += 1
                guard target < start, target >= 12, pointers <= Self.mostPointers else { throw .name }
                if end == nil { end = place + 2 }
                place = target
                start = target
            default: throw .name
            }
        }
    }

    mutating func question() throws(DNSFormatError) -> DNSQuestion {
        let name = try name()
        return DNSQuestion(name, DNSType(rawValue: try u16()), questionClass: try u16())
    }
}

extension IPAddress {
    /// An address of 4 or 16 bytes in network order; nil for other lengths. Unlike text, a mapped address stays one of IPv6.
    init?(network bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(family: .v4, high: 0, low: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        case 16:
            self.init(
                family: .v6, high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }
}
