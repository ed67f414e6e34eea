import CLinux
package import NetworkPolicy

/// A message to the kernel, put together piece by piece: header, a fixed part, attributes.
package struct NetlinkMessage: Sendable {
    private(set) var bytes: [UInt8]
    /// The type.
    let type: UInt16

    /// A message without attributes.
    init(type: UInt16, flags: UInt16, _ fixed: [UInt8]) {
        self.type = type
        // Length and sequence number are filled in when it is sent.
        bytes =
            Self.native(UInt32(0)) + Self.native(type) + Self.native(flags | UInt16(NLM_F_REQUEST))
            + [UInt8](repeating: 0, count: 8)
        bytes += fixed
        pad()
    }

    mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

    /// Adds an attribute.
    mutating func add(_ type: Int, _ value: [UInt8]) {
        bytes += Self.native(UInt16(value.count + 4)) + Self.native(UInt16(truncatingIfNeeded: type)) + value
        pad()
    }

    mutating func add(_ type: Int, _ value: UInt32) { add(type, Self.native(value)) }
    mutating func add(_ type: Int, _ value: UInt8) { add(type, [value]) }
    /// Adds a text with the zero byte that ends it.
    mutating func add(_ type: Int, _ value: String) { add(type, Array(value.utf8) + [0]) }
    mutating func add(_ type: Int, _ value: IPAddress) { add(type, value.bytes) }

    /// Adds an attribute that holds attributes.
    mutating func nest(_ type: Int, _ fixed: [UInt8] = [], _ body: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        bytes += Self.native(UInt16(0)) + Self.native(UInt16(truncatingIfNeeded: type)) + fixed
        pad()
        body(&self)
        let length = Self.native(UInt16(bytes.count - start))
        bytes.replaceSubrange(start..<(start + 2), with: length)
    }

    /// The bytes to send.
    func finished(sequence: UInt32, acknowledged: Bool) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(0..<4, with: Self.native(UInt32(bytes.count)))
        if acknowledged { bytes[6] |= UInt8(NLM_F_ACK) }
        bytes.replaceSubrange(8..<12, with: Self.native(sequence))
        return bytes
    }

    static func native<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
        // The machine's order: the kernel is on the same one.
        let little = Integer(littleEndian: value)
        return (0..<Integer.bitWidth / 8).map { UInt8(truncatingIfNeeded: little >> Integer($0 * 8)) }
    }
}

extension IPAddress {
    /// The bytes as they stand in a packet.
    package var bytes: [UInt8] {
        let low = (0..<8).map { UInt8(truncatingIfNeeded: self.low >> UInt64(56 - 8 * $0)) }
        if family == .v4 { return Array(low[4...]) }
        return (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) } + low
    }

    /// The address with these bytes: four, or sixteen.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(family: .v4, high: 0, low: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        case 16:
            self.init(
                family: .v6, high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }
}
