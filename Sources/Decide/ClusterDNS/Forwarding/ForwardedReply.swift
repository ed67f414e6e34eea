/// The answer of an upstream resolver as it is kept and handed on: its bytes, and where the lives of its records stand.
///
/// Only the answer to the very question is ever used: records about other names are handed on with it and never found by
/// themselves, so that a resolver, or who forges its answers, can say nothing about them.
public struct ForwardedReply: Sendable {
    /// The longest time that an answer is kept, in seconds.
    public static let longestLife: UInt32 = 3600
    /// The same for an absence (RFC 2308 section 5 allows hours).
    public static let longestAbsence: UInt32 = 300

    /// The message without EDNS and what stood after it.
    private let bytes: [UInt8]
    private let livesAt: [Int32]
    private let questionEnd: Int
    let question: DNSQuestion
    let isTruncated: Bool
    /// How it was answered.
    public let code: DNSResponseCode
    /// For how many seconds it may be kept; 0 for not at all.
    public let life: UInt32

    /// What it takes of a cache's room, in bytes.
    public var size: Int { bytes.count + livesAt.count * 4 + 256 }

    /// Reads an answer to one question. Linear in its size.
    ///
    /// - Throws: ``DNSFormatError`` for what is no such message.
    init(reading message: [UInt8]) throws(DNSFormatError) {
        var reader = DNSReader(message)
        try reader.skip(2)
        let flags = try reader.u16()
        // An answer, to a plain question.
        guard flags & 0xF800 == 0x8000, try reader.u16() == 1 else { throw .data }
        let counts = (Int(try reader.u16()), Int(try reader.u16()), Int(try reader.u16()))
        question = try reader.question()
        questionEnd = reader.at
        var walk = Walk()
        for _ in 0..<counts.0 { try walk.record(&reader, .answer) }
        for _ in 0..<counts.1 { try walk.record(&reader, .authority) }
        for _ in 0..<counts.2 { try walk.record(&reader, .additional) }
        guard reader.isAtEnd else { throw .trailing }
        isTruncated = flags & 0x0200 != 0
        code = DNSResponseCode(rawValue: flags & 0xF | walk.upperCode << 4)
        var kept = Array(message[..<(walk.extensionAt ?? message.count)])
        let additional = walk.additionalBefore ?? counts.2
        kept[10] = UInt8(additional >> 8)
        kept[11] = UInt8(truncatingIfNeeded: additional)
        bytes = kept
        livesAt = walk.livesAt
        switch code {
        case .noError where counts.0 > 0 && walk.hasAnswer(question.type): life = min(walk.shortest, Self.longestLife)
        case .noError, .nameError: life = min(walk.absence ?? 0, min(walk.shortest, Self.longestAbsence))
        default: life = 0
        }
    }

    private enum Section { case answer, authority, additional }

    /// What is gathered on the way through the records.
    private struct Walk {
        var livesAt: [Int32] = []
        var shortest = UInt32.max
        var absence: UInt32?
        var types: Set<DNSType> = []
        var extensionAt: Int?
        var additionalBefore: Int?
        var upperCode: UInt16 = 0
        private var additional = 0

        func hasAnswer(_ type: DNSType) -> Bool { type == .any ? !types.isEmpty : types.contains(type) }

        mutating func record(_ reader: inout DNSReader, _ section: Section) throws(DNSFormatError) {
            let start = reader.at
            let owner = try reader.name()
            let type = DNSType(rawValue: try reader.u16())
            try reader.skip(2)
            let lifeAt = reader.at
            let life = try reader.u32()
            let length = Int(try reader.u16())
            try reader.skip(length)
            if type == .opt {
                guard section == .additional, extensionAt == nil, owner == .root else { throw .edns }
                extensionAt = start
                additionalBefore = additional
                upperCode = UInt16(life >> 24)
                return
            }
            if section == .additional { additional += 1 }
            if extensionAt != nil { return }
            livesAt.append(Int32(lifeAt))
            // A life with the highest bit set is none (RFC 2181 section 8).
            let sound = life > UInt32(Int32.max) ? 0 : life
            if section == .answer {
                types.insert(type)
                shortest = min(shortest, sound)
            }
            if section == .authority, type == .soa, length >= 22 {
                let end = reader.at
                let minimum = reader.bytes[(end - 4)..<end].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
                absence = min(sound, minimum)
            }
        }
    }

    /// The answer as a client gets it: with its id, its question in its case, and lives that are shorter by the answer's age.
    ///
    /// - Parameters:
    ///   - query: whose question this answers.
    ///   - age: for how many seconds the answer has been kept.
    ///   - limit: the most bytes; a longer answer becomes one without records that says so.
    /// - Returns: the message as a datagram has it: without the length that goes before it over TCP.
    public func bytes(answering query: DNSMessage, age: UInt32, limit: Int) -> [UInt8] {
        let edns = query.edns.map { DNSExtension(wantsSignatures: $0.wantsSignatures) }
        let isWhole = bytes.count + (edns == nil ? 0 : 11) <= limit
        var out = DNSWriter(capacity: bytes.count + 11)
        out.bytes.append(contentsOf: isWhole ? bytes[...] : bytes[..<questionEnd])
        out.patch(query.id, at: 0)
        // We vouch for nothing, hold no such zone, and do recurse.
        out.bytes[2] = 0x80 | (query.wantsRecursion ? 0x01 : 0) | (isWhole ? 0 : 0x02)
        out.bytes[3] = 0x80 | (query.takesUnchecked ? 0x10 : 0) | out.bytes[3] & 0x0F
        if let name = query.questions.first?.name, name == question.name {
            for (index, byte) in name.wire.enumerated() { out.bytes[12 + index] = byte }
        }
        if isWhole {
            for place in livesAt {
                let at = Int(place)
                let life = out.bytes[at..<(at + 4)].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
                let left = life > UInt32(Int32.max) ? 0 : life > age ? life - age : 0
                for shift in 0..<4 { out.bytes[at + shift] = UInt8(truncatingIfNeeded: left >> UInt32(24 - 8 * shift)) }
            }
        } else {
            for place in [6, 8, 10] { out.patch(0, at: place) }
        }
        if let edns {
            out.edns(edns, code: code)
            out.patch(UInt16(out.bytes[10]) << 8 | UInt16(out.bytes[11]) &+ 1, at: 10)
        }
        return out.bytes
    }

    /// The records that answer a question of one of the types that can be written anew; nil when the message has faults that
    /// only show in the data of records.
    public var records: [DNSRecord]? {
        guard let message = try? DNSMessage(decoding: bytes) else { return nil }
        return message.answers.filter { record in
            // The data of unknown types may hold pointers into this message.
            if case .opaque = record.data { false } else { record.type == .cname || record.type == question.type }
        }
    }
}
