import NetworkPolicy

extension DNSMessage {
    /// Reads a whole message of at most 65535 bytes. Linear in its size.
    ///
    /// - Throws: ``DNSFormatError`` for what is no message; nothing is guessed.
    public init(decoding bytes: [UInt8]) throws(DNSFormatError) {
        var reader = DNSReader(bytes)
        self.init(id: try reader.u16(), questions: [])
        takeFlags(try reader.u16())
        let counts = (try reader.u16(), try reader.u16(), try reader.u16(), try reader.u16())
        for _ in 0..<counts.0 { questions.append(try reader.question()) }
        for _ in 0..<counts.1 { answers.append(try Self.record(&reader)) }
        for _ in 0..<counts.2 { authority.append(try Self.record(&reader)) }
        for _ in 0..<counts.3 { try takeAdditional(&reader) }
        guard reader.isAtEnd else { throw .trailing }
        if answers.contains(where: { $0.type == .opt }) || authority.contains(where: { $0.type == .opt }) { throw .edns }
    }

    private mutating func takeFlags(_ flags: UInt16) {
        isResponse = flags & 0x8000 != 0
        opcode = UInt8(flags >> 11 & 0xF)
        isAuthoritative = flags & 0x0400 != 0
        isTruncated = flags & 0x0200 != 0
        wantsRecursion = flags & 0x0100 != 0
        offersRecursion = flags & 0x0080 != 0
        isAuthentic = flags & 0x0020 != 0
        takesUnchecked = flags & 0x0010 != 0
        code = DNSResponseCode(rawValue: flags & 0xF)
    }

    private mutating func takeAdditional(_ reader: inout DNSReader) throws(DNSFormatError) {
        let record = try Self.record(&reader)
        guard case .opaque(.opt, let options) = record.data else {
            additional.append(record)
            return
        }
        guard edns == nil, record.name == .root else { throw .edns }
        edns = DNSExtension(
            payloadSize: record.recordClass, version: UInt8(truncatingIfNeeded: record.timeToLive >> 16),
            wantsSignatures: record.timeToLive & 0x8000 != 0, error: try Self.error(in: options))
        code.rawValue |= UInt16(record.timeToLive >> 24) << 4
    }

    /// Options are a number, a length and that many bytes, one after the other.
    private static func error(in options: [UInt8]) throws(DNSFormatError) -> DNSExtendedError? {
        var reader = DNSReader(options)
        var found: DNSExtendedError?
        while !reader.isAtEnd {
            let option = try reader.u16()
            let content = try reader.take(Int(try reader.u16()))
            if option == 15, content.count >= 2, found == nil {
                found = DNSExtendedError(
                    code: UInt16(content[0]) << 8 | UInt16(content[1]), text: String(decoding: content.dropFirst(2), as: UTF8.self))
            }
        }
        return found
    }

    private static func record(_ reader: inout DNSReader) throws(DNSFormatError) -> DNSRecord {
        let name = try reader.name()
        let type = DNSType(rawValue: try reader.u16())
        let recordClass = try reader.u16()
        let timeToLive = try reader.u32()
        let length = Int(try reader.u16())
        let end = reader.at + length
        guard end <= reader.bytes.count else { throw .short }
        let data = try data(&reader, type, length: length)
        guard reader.at == end else { throw .data }
        return DNSRecord(name: name, data: data, timeToLive: timeToLive, recordClass: recordClass)
    }

    private static func data(_ reader: inout DNSReader, _ type: DNSType, length: Int) throws(DNSFormatError) -> DNSData {
        switch type {
        case .a, .aaaa:
            guard let address = IPAddress(network: try reader.take(length)), address.family == (type == .a ? .v4 : .v6) else { throw .data }
            return .address(address)
        case .ns: return .nameServer(try reader.name())
        case .cname: return .canonicalName(try reader.name())
        case .ptr: return .pointer(try reader.name())
        case .mx: return .mailExchange(preference: try reader.u16(), try reader.name())
        case .srv:
            return .service(priority: try reader.u16(), weight: try reader.u16(), port: try reader.u16(), target: try reader.name())
        case .soa:
            return .authority(
                DNSAuthority(
                    primary: try reader.name(), mailbox: try reader.name(), serial: try reader.u32(), refresh: try reader.u32(),
                    retry: try reader.u32(), expire: try reader.u32(), minimum: try reader.u32()))
        case .txt:
            let end = reader.at + length
            var texts: [[UInt8]] = []
            while reader.at < end { texts.append(try reader.take(Int(try reader.u8()))) }
            if texts.isEmpty { throw .data }
            return .text(texts)
        default: return .opaque(type, try reader.take(length))
        }
    }
}
