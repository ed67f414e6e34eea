import CLinux

/// Bytes of a message, read within their bounds: what is cut off reads as absent, and no length in the bytes is believed
/// before it was compared with what is there.
struct NetlinkBytes: Sendable {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var count: Int { bytes.count }

    func integer<Integer: FixedWidthInteger>(_ offset: Int, as _: Integer.Type = Integer.self, bigEndian: Bool = false)
        -> Integer?
    {
        let size = Integer.bitWidth / 8
        guard offset >= 0, offset + size <= bytes.count else { return nil }
        var value: Integer = 0
        for index in 0..<size {
            let byte = Integer(truncatingIfNeeded: bytes[bytes.startIndex + offset + index])
            value |= byte << Integer(8 * (bigEndian ? size - 1 - index : index))
        }
        return bigEndian ? value : Integer(littleEndian: value)
    }

    func from(_ offset: Int) -> NetlinkBytes { NetlinkBytes(bytes.dropFirst(offset)) }

    /// A text that ends at the first zero byte or with the bytes.
    var text: String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    /// The attributes that the bytes are; the first of each type.
    var attributes: [Int: NetlinkBytes] {
        var found: [Int: NetlinkBytes] = [:]
        var rest = bytes
        while rest.count >= 4 {
            let head = NetlinkBytes(rest)
            guard let length = head.integer(0, as: UInt16.self).map(Int.init),
                let type = head.integer(2, as: UInt16.self),
                length >= 4, length <= rest.count
            else { break }
            // The two upper bits say how the value is written.
            let key = Int(type & 0x3FFF)
            if found[key] == nil { found[key] = NetlinkBytes(rest.dropFirst(4).prefix(length - 4)) }
            rest = rest.dropFirst(min((length + 3) & ~3, rest.count))
        }
        return found
    }
}

/// One message from the kernel.
struct NetlinkReply: Sendable {
    let type: UInt16
    let flags: UInt16
    let sequence: UInt32
    let content: NetlinkBytes

    /// The messages of a datagram; what is cut off is left out.
    static func all(in datagram: ArraySlice<UInt8>) -> [NetlinkReply] {
        var replies: [NetlinkReply] = []
        var rest = datagram
        while rest.count >= 16 {
            let head = NetlinkBytes(rest)
            guard let length = head.integer(0, as: UInt32.self).map({ Int($0) }),
                let type = head.integer(4, as: UInt16.self),
                let flags = head.integer(6, as: UInt16.self), let sequence = head.integer(8, as: UInt32.self),
                length >= 16,
                length <= rest.count
            else { break }
            replies.append(
                NetlinkReply(
                    type: type, flags: flags, sequence: sequence,
                    content: NetlinkBytes(rest.dropFirst(16).prefix(length - 16))))
            rest = rest.dropFirst(min((length + 3) & ~3, rest.count))
        }
        return replies
    }
}
