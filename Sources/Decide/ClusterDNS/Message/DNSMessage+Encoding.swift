import NetworkPolicy

extension DNSMessage {
    /// Writes the message.
    ///
    /// What has no room goes as whole records from the end: of the additional ones silently, of the others with
    /// ``isTruncated`` set (RFC 2181 section 9). The question and EDNS always stay.
    ///
    /// - Parameter limit: the most bytes, 512 to 65535.
    /// - Returns: the message as a datagram has it: without the length that goes before it over TCP.
    public func encoded(limit: Int = 65535) -> [UInt8] {
        var writer = DNSWriter(capacity: min(limit, 512))
        writer.u16(id)
        writer.u16(flags)
        writer.u16(UInt16(questions.count))
        for _ in 0..<3 { writer.u16(0) }
        for question in questions {
            writer.name(question.name)
            writer.u16(question.type.rawValue)
            writer.u16(question.questionClass)
        }
        let reserve = edns.map { 11 + ($0.error.map { 6 + min($0.text.utf8.count, 200) } ?? 0) } ?? 0
        let room = limit - reserve
        var isFull = false
        for (place, records) in [(6, answers), (8, authority)] {
            if isFull { break }
            let count = writer.records(records, room: room)
            writer.patch(UInt16(count), at: place)
            isFull = count < records.count
        }
        if isFull { writer.bytes[2] |= 0x02 }
        var count = isFull ? 0 : writer.records(additional, room: room)
        if let edns {
            writer.edns(edns, code: code)
            count += 1
        }
        writer.patch(UInt16(count), at: 10)
        return writer.bytes
    }

    private var flags: UInt16 {
        var flags = (code.rawValue & 0xF) | UInt16(opcode & 0xF) << 11
        if isResponse { flags |= 0x8000 }
        if isAuthoritative { flags |= 0x0400 }
        if isTruncated { flags |= 0x0200 }
        if wantsRecursion { flags |= 0x0100 }
        if offersRecursion { flags |= 0x0080 }
        if isAuthentic { flags |= 0x0020 }
        if takesUnchecked { flags |= 0x0010 }
        return flags
    }
}

/// Writes the parts of a message one after the other.
struct DNSWriter {
    var bytes: [UInt8] = []
    /// Names that stand uncompressed somewhere: the question's and the first few of records. Most records repeat one of them.
    private var known: [(name: [UInt8], at: Int)] = []
    private static let mostKnown = 8

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func u16(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func u32(_ value: UInt32) {
        u16(UInt16(value >> 16))
        u16(UInt16(truncatingIfNeeded: value))
    }

    mutating func patch(_ value: UInt16, at place: Int) {
        bytes[place] = UInt8(value >> 8)
        bytes[place + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// A name: its first labels, and a pointer to where the rest already stands in the same case.
    mutating func name(_ name: DNSName) {
        let wire = name.wire
        var at = 0
        while wire[at] != 0 {
            if let place = place(of: wire[at...]) {
                remember(wire, upTo: at)
                bytes.append(contentsOf: wire[..<at])
                u16(0xC000 | UInt16(place))
                return
            }
            at += 1 + Int(wire[at])
        }
        remember(wire, upTo: at)
        bytes.append(contentsOf: wire)
    }

    private func place(of rest: ArraySlice<UInt8>) -> Int? {
        for (name, at) in known where name.count >= rest.count {
            let start = name.count - rest.count
            // The last byte before a label is part of another label, or there is none: lengths must line up.
            guard name[start...].elementsEqual(rest), Self.isLabelStart(start, of: name) else { continue }
            return at + start
        }
        return nil
    }

    private static func isLabelStart(_ start: Int, of name: [UInt8]) -> Bool {
        var at = 0
        while at < start { at += 1 + Int(name[at]) }
        return at == start
    }

    /// Remembers only what fits a pointer, and of names with a pointer nothing: `at + start` would be wrong behind it.
    private mutating func remember(_ wire: [UInt8], upTo compressed: Int) {
        guard known.count < Self.mostKnown, bytes.count + wire.count < 0x4000, compressed + 1 == wire.count, wire.count > 1 else { return }
        known.append((wire, bytes.count))
    }

    /// A name that must not be compressed (RFC 2782).
    mutating func plainName(_ name: DNSName) { bytes.append(contentsOf: name.wire) }

    /// Writes records as long as they fit; answers how many did.
    mutating func records(_ records: [DNSRecord], room: Int) -> Int {
        for (index, entry) in records.enumerated() {
            let before = bytes.count
            let names = known.count
            record(entry)
            if bytes.count > room || index == Int(UInt16.max) {
                bytes.removeSubrange(before...)
                known.removeSubrange(names...)
                return index
            }
        }
        return records.count
    }

    private mutating func record(_ record: DNSRecord) {
        name(record.name)
        u16(record.type.rawValue)
        u16(record.recordClass)
        u32(record.timeToLive)
        let lengthAt = bytes.count
        u16(0)
        data(record.data)
        patch(UInt16(clamping: bytes.count - lengthAt - 2), at: lengthAt)
    }

    private mutating func data(_ data: DNSData) {
        switch data {
        case .address(let address):
            if address.family == .v6 {
                u32(UInt32(address.high >> 32))
                u32(UInt32(truncatingIfNeeded: address.high))
                u32(UInt32(address.low >> 32))
            }
            u32(UInt32(truncatingIfNeeded: address.low))
        case .nameServer(let target), .canonicalName(let target), .pointer(let target): name(target)
        case .mailExchange(let preference, let target):
            u16(preference)
            name(target)
        case .service(let priority, let weight, let port, let target):
            u16(priority)
            u16(weight)
            u16(port)
            plainName(target)
        case .text(let texts):
            for text in texts {
                bytes.append(UInt8(clamping: text.count))
                bytes.append(contentsOf: text.prefix(255))
            }
        case .authority(let authority):
            name(authority.primary)
            name(authority.mailbox)
            for number in [authority.serial, authority.refresh, authority.retry, authority.expire, authority.minimum] { u32(number) }
        case .opaque(_, let content): bytes.append(contentsOf: content.prefix(Int(UInt16.max)))
        }
    }

    /// The pseudo-record of EDNS, which carries the upper bits of the code.
    mutating func edns(_ edns: DNSExtension, code: DNSResponseCode) {
        bytes.append(0)
        u16(DNSType.opt.rawValue)
        u16(edns.payloadSize)
        u32(UInt32(code.rawValue >> 4 & 0xFF) << 24 | UInt32(edns.version) << 16 | (edns.wantsSignatures ? 0x8000 : 0))
        guard let error = edns.error else {
            u16(0)
            return
        }
        let text = Array(error.text.utf8.prefix(200))
        u16(UInt16(6 + text.count))
        u16(15)
        u16(UInt16(2 + text.count))
        u16(error.code)
        bytes.append(contentsOf: text)
    }
}
