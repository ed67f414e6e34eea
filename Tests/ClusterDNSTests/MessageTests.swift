import NetworkPolicy
import Testing

@testable import ClusterDNS

/// Bytes from hexadecimal digits, with blanks anywhere.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.compactMap { $0.hexDigitValue.map(UInt8.init) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite("Messages") struct MessageTests {
    @Test(
        "a name has labels of 1 to 63 bytes and 255 bytes at most",
        arguments: [
            ("a.b", true), ("a.b.", true), (".", true), ("", false), ("a..b", false), (".a", false), (String(repeating: "x", count: 63), true),
            (String(repeating: "x", count: 64), false), (Array(repeating: "x", count: 127).joined(separator: "."), true),
            (Array(repeating: "x", count: 128).joined(separator: "."), false),
        ])
    func names(text: String, isName: Bool) {
        #expect((DNSName(text) != nil) == isName)
    }

    @Test("names are equal and hash alike in any case, and keep their own")
    func nameCase() throws {
        let one = try #require(DNSName("Web.Shop"))
        let other = try #require(DNSName("wEB.shop."))
        #expect(one == other && one.hashValue == other.hashValue && !one.hasSameCase(as: other))
        #expect(one.description == "Web.Shop." && one.labels == ["web", "shop"])
        #expect(one != DNSName("web[shop") && DNSName("a@b") != DNSName("a`b"))
    }

    @Test(
        "a name is within a zone at whole labels only",
        arguments: [
            ("a.cluster.local", true), ("cluster.local", true), ("CLUSTER.LOCAL", true), ("xcluster.local", false), ("local", false),
            ("cluster.local.evil", false), (".", false),
        ])
    func within(text: String, isWithin: Bool) throws {
        #expect(try #require(DNSName(text)).isWithin(try #require(DNSName("cluster.local"))) == isWithin)
    }

    private static let records: [DNSData] = [
        .address(IPAddress(family: .v4, high: 0, low: 0x0A60_0001)), .address(IPAddress(family: .v6, high: 0xFD00 << 48, low: 7)),
        .nameServer(DNSName("ns.example")!), .canonicalName(DNSName("www.example")!), .pointer(DNSName("Web.shop.svc.cluster.local")!),
        .mailExchange(preference: 10, DNSName("mail.example")!), .service(priority: 0, weight: 100, port: 80, target: DNSName("a.example")!),
        .text([Array("1.1.0".utf8), [], [UInt8](repeating: 0xFF, count: 255)]),
        .authority(
            DNSAuthority(
                primary: DNSName("ns.example")!, mailbox: DNSName("h.example")!, serial: .max, refresh: 1, retry: 2, expire: 3, minimum: 4)),
        .opaque(DNSType(rawValue: 65000), [1, 2, 3]), .opaque(.hinfo, []),
    ]

    @Test("what is written is read again", arguments: records)
    func roundTrip(data: DNSData) throws {
        var message = DNSMessage(id: 0xBEEF, questions: [DNSQuestion(try #require(DNSName("WWW.Example")), data.type)])
        message.isResponse = true
        message.isAuthoritative = true
        message.offersRecursion = true
        message.wantsRecursion = true
        message.takesUnchecked = true
        message.isAuthentic = true
        message.code = .badVersion
        message.edns = DNSExtension(wantsSignatures: true, error: .prohibited)
        let record = DNSRecord(name: try #require(DNSName("x.WWW.Example")), data: data, timeToLive: 0x7FFF_FFFF)
        (message.answers, message.authority, message.additional) = ([record, record], [record], [record])
        #expect(try DNSMessage(decoding: message.encoded()) == message)
    }

    @Test("a query of the wire is read, and what repeats in an answer is a pointer to it")
    func wire() throws {
        let query = try DNSMessage(decoding: bytes("1234 0100 0001 0000 0000 0001 03 777777 07 6578616d706c65 00 0001 0001 00 0029 04d0 0000 8000 0000"))
        #expect(query.id == 0x1234 && query.wantsRecursion && !query.isResponse && query.edns == DNSExtension(payloadSize: 1232, wantsSignatures: true))
        #expect(query.questions == [DNSQuestion(try #require(DNSName("www.example")), .a)])
        var answer = DNSMessage(answering: query, code: .noError)
        answer.edns = nil
        answer.answers = [
            DNSRecord(name: query.questions[0].name, data: .canonicalName(try #require(DNSName("a.example"))), timeToLive: 5),
            DNSRecord(name: try #require(DNSName("a.EXAMPLE")), data: .address(IPAddress(family: .v4, high: 0, low: 1)), timeToLive: 5),
        ]
        #expect(
            answer.encoded()
                == bytes(
                    """
                    1234 8180 0001 0002 0000 0000 03 777777 07 6578616d706c65 00 0001 0001
                    c00c 0005 0001 00000005 0004 01 61 c010
                    01 61 07 4558414d504c45 00 0001 0001 00000005 0004 00000001
                    """))
    }

    @Test(
        "what is no message is refused with its fault",
        arguments: [
            ("", DNSFormatError.short), ("1234 0100 0001", .short),
            ("1234 0100 0001 0000 0000 0000 03 7777", .short),
            // A pointer to itself, to what follows, into the header, and two that lead to each other.
            ("1234 0100 0001 0000 0000 0000 c00c 0001 0001", .name), ("1234 0100 0001 0000 0000 0000 c010 0001 0001", .name),
            ("1234 0100 0001 0000 0000 0000 c000 0001 0001", .name),
            ("1234 0100 0002 0000 0000 0000 01 61 c010 0001 0001 01 62 c00c 0001 0001", .name),
            // Label kinds 01 and 10.
            ("1234 0100 0001 0000 0000 0000 41 00 0001 0001", .name), ("1234 0100 0001 0000 0000 0000 80 00 0001 0001", .name),
            ("1234 0100 0001 0000 0000 0000 00 0001 0001 00", .trailing),
            // An A record of five bytes and of three; EDNS twice and not about the root; a text without a string.
            ("1234 8100 0000 0001 0000 0000 00 0001 0001 00000000 0005 0102030405", .data),
            ("1234 8100 0000 0001 0000 0000 00 0001 0001 00000000 0003 010203", .data),
            ("1234 0100 0000 0000 0000 0002 00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000", .edns),
            ("1234 0100 0000 0000 0000 0001 01 61 00 0029 04d0 00000000 0000", .edns),
            ("1234 0100 0000 0001 0000 0000 00 0029 04d0 00000000 0000", .edns),
            ("1234 8100 0000 0001 0000 0000 00 0010 0001 00000000 0000", .data),
            ("1234 8100 0000 0001 0000 0000 00 0010 0001 00000000 0002 0561", .short),
        ])
    func faults(hex: String, fault: DNSFormatError) {
        #expect(throws: fault) { try DNSMessage(decoding: bytes(hex)) }
    }

    @Test("a name that is longer than 255 bytes by its pointers is refused")
    func longByPointers() {
        var message = bytes("1234 8100 0005 0000 0000 0000")
        var previous: Int?
        for _ in 0..<5 {
            let start = message.count
            message += [60] + [UInt8](repeating: 0x61, count: 60) + (previous.map { [0xC0 | UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [0]) + [0, 1, 0, 1]
            previous = start
        }
        #expect(throws: DNSFormatError.name) { try DNSMessage(decoding: message) }
    }

    @Test("records that have no room go whole, and the answer says so", arguments: [512, 600, 1232])
    func truncation(limit: Int) throws {
        let name = try #require(DNSName("many.shop.svc.cluster.local"))
        var message = DNSMessage(id: 1, questions: [DNSQuestion(name, .a)])
        message.isResponse = true
        message.edns = DNSExtension()
        message.answers = (0..<200).map { DNSRecord(name: name, data: .address(IPAddress(family: .v4, high: 0, low: UInt64($0))), timeToLive: 5) }
        message.additional = [message.answers[0]]
        let written = message.encoded(limit: limit)
        let read = try DNSMessage(decoding: written)
        #expect(written.count <= limit && written.count > limit - 16 && read.isTruncated && read.edns != nil)
        #expect(read.answers == Array(message.answers.prefix(read.answers.count)) && read.additional.isEmpty)
        message.answers = [message.answers[1]]
        message.additional = (0..<200).map { _ in message.answers[0] }
        let extra = try DNSMessage(decoding: message.encoded(limit: limit))
        #expect(!extra.isTruncated && extra.answers.count == 1 && (1..<200).contains(extra.additional.count))
    }
}
