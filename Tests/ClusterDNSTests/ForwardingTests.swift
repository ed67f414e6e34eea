import NetworkPolicy
import Testing

@testable import ClusterDNS

@Suite("Upstream resolvers") struct ForwardingTests {
    private static let name = DNSName("www.example.com")!
    private static let asked = ForwardedQuestion(DNSQuestion(name, .a))

    /// The answer of an honest resolver.
    private static func answer(_ query: UpstreamQuery, _ change: (inout DNSMessage) -> Void = { _ in }) throws -> [UInt8] {
        var message = DNSMessage(answering: try DNSMessage(decoding: query.bytes), code: .noError)
        message.answers = [DNSRecord(name: message.questions[0].name, data: .address(IPAddress(family: .v4, high: 0, low: 5)), timeToLive: 60)]
        change(&message)
        return message.encoded()
    }
    private static func query(id: UInt16 = 7) -> UpstreamQuery { UpstreamQuery(asked, id: id, caseBits: [0xA5, 0x3C, 0x5A]) }
    private static func reply(_ change: (inout DNSMessage) -> Void = { _ in }) throws -> ForwardedReply {
        guard case .answer(let reply) = query().judge(try answer(query(), change), isConnection: true) else { throw DNSFormatError.data }
        return reply
    }

    private enum Kind { case answer, truncated, caseChanged, foreign }
    private static func kind(_ verdict: UpstreamQuery.Verdict) -> Kind {
        switch verdict {
        case .answer: .answer
        case .truncated: .truncated
        case .caseChanged: .caseChanged
        case .foreign: .foreign
        }
    }

    @Test("the case of a question's letters is drawn, and the question stays the same")
    func mixedCase() throws {
        let sent = try DNSMessage(decoding: Self.query().bytes)
        #expect(sent.questions[0].name == Self.name && !sent.questions[0].name.hasSameCase(as: Self.name))
        let other = try DNSMessage(decoding: UpstreamQuery(Self.asked, id: 7, caseBits: [0]).bytes)
        #expect(other.questions[0].name.description == "WWW.EXAMPLE.COM.")
        #expect(sent.wantsRecursion && sent.edns == DNSExtension())
    }

    @Test("only the answer to the very question is taken")
    func forgeries() throws {
        let query = Self.query()
        #expect(Self.kind(query.judge(try Self.answer(query), isConnection: false)) == .answer)
        let forgeries: [(String, Kind, (inout DNSMessage) -> Void)] = [
            ("id", .foreign, { $0.id = 8 }), ("no answer", .foreign, { $0.isResponse = false }), ("opcode", .foreign, { $0.opcode = 4 }),
            ("name", .foreign, { $0.questions[0].name = DNSName("www.example.org")! }), ("type", .foreign, { $0.questions[0].type = .aaaa }),
            ("class", .foreign, { $0.questions[0].questionClass = 3 }), ("no question", .foreign, { $0.questions = [] }),
            ("two questions", .foreign, { $0.questions.append($0.questions[0]) }),
            ("case", .caseChanged, { $0.questions[0].name = $0.questions[0].name.lowercased }), ("truncated", .truncated, { $0.isTruncated = true }),
        ]
        for (what, expected, change) in forgeries {
            #expect(Self.kind(query.judge(try Self.answer(query, change), isConnection: false)) == expected, "\(what)")
        }
        #expect(Self.kind(query.judge([], isConnection: false)) == .foreign)
        #expect(Self.kind(query.judge(try Self.answer(query) + [0], isConnection: false)) == .foreign)
        // Over a connection nobody else can write, and nothing is cut.
        #expect(Self.kind(query.judge(try Self.answer(query) { $0.questions[0].name = Self.name }, isConnection: true)) == .answer)
        #expect(Self.kind(query.judge(try Self.answer(query) { $0.isTruncated = true }, isConnection: true)) == .foreign)
    }

    @Test("a client gets its id and its case, shorter lives, and no word that we vouch")
    func handingOn() throws {
        let reply = try Self.reply {
            $0.isAuthentic = true
            $0.isAuthoritative = true
            $0.additional = [DNSRecord(name: .root, data: .address(IPAddress(family: .v4, high: 0, low: 1)), timeToLive: 3)]
        }
        var query = DNSMessage(id: 0xABCD, questions: [DNSQuestion(DNSName("wWw.Example.com")!, .a)])
        query.wantsRecursion = true
        let plain = try DNSMessage(decoding: reply.bytes(answering: query, age: 20, limit: 512))
        #expect(plain.id == 0xABCD && plain.questions[0].name.hasSameCase(as: query.questions[0].name) && plain.edns == nil)
        #expect(!plain.isAuthentic && !plain.isAuthoritative && plain.offersRecursion && plain.wantsRecursion && plain.isResponse)
        #expect(plain.answers.map(\.timeToLive) == [40] && plain.additional.map(\.timeToLive) == [0])
        query.edns = DNSExtension(wantsSignatures: true)
        let extended = try DNSMessage(decoding: reply.bytes(answering: query, age: 0, limit: 512))
        #expect(extended.edns == DNSExtension(wantsSignatures: true) && extended.answers.map(\.timeToLive) == [60])
        let cut = try DNSMessage(decoding: reply.bytes(answering: query, age: 0, limit: 60))
        #expect(cut.isTruncated && cut.answers.isEmpty && cut.edns != nil)
    }

    private static func start(_ life: UInt32, minimum: UInt32) -> DNSRecord {
        let authority = DNSAuthority(primary: name, mailbox: name, serial: 1, refresh: 1, retry: 1, expire: 1, minimum: minimum)
        return DNSRecord(name: DNSName("com")!, data: .authority(authority), timeToLive: life)
    }

    @Test("an answer lives as long as its shortest record, an absence as its zone says, a failure not at all")
    func lives() throws {
        let cases: [(UInt32, (inout DNSMessage) -> Void)] = [
            (60, { _ in }), (5, { $0.answers.append(DNSRecord(name: Self.name, data: .text([[1]]), timeToLive: 5)) }),
            (3600, { $0.answers[0].timeToLive = 1_000_000 }), (0, { $0.answers[0].timeToLive = .max }), (0, { $0.answers = [] }),
            (30, { ($0.answers, $0.authority, $0.code) = ([], [Self.start(90, minimum: 30)], .nameError) }),
            (20, { ($0.answers, $0.authority) = ([], [Self.start(20, minimum: 30)]) }),
            (300, { ($0.answers, $0.authority) = ([], [Self.start(9000, minimum: 9000)]) }),
            // An alias that leads nowhere is an absence, too.
            (0, { $0.answers = [DNSRecord(name: Self.name, data: .canonicalName(.root), timeToLive: 60)] }),
            (0, { $0.code = .serverFailure }), (0, { $0.code = .badVersion }),
        ]
        for (index, (life, change)) in cases.enumerated() { #expect(try Self.reply(change).life == life, "case \(index)") }
    }

    @Test("the cache forgets what has had its life, and never holds more than its limit")
    func cache() throws {
        var cache = ReplyCache(limit: 64 << 10)
        let reply = try Self.reply()
        cache.keep(reply, for: Self.asked, now: 100)
        #expect(cache.find(Self.asked, now: 159)?.age == 59)
        #expect(cache.find(Self.asked, now: 160) == nil && cache.find(Self.asked, now: 99) == nil)
        #expect(cache.find(ForwardedQuestion(DNSQuestion(DNSName("WWW.EXAMPLE.com")!, .a)), now: 100) != nil)
        #expect(cache.find(ForwardedQuestion(DNSQuestion(Self.name, .aaaa)), now: 100) == nil)
        #expect(cache.find(ForwardedQuestion(Self.asked.question, wantsSignatures: true), now: 100) == nil)
        for index in 0..<10_000 {
            cache.keep(reply, for: ForwardedQuestion(DNSQuestion(DNSName("n\(index).example")!, .a)), now: 100)
            // What is asked for stays, whatever else comes.
            #expect(cache.find(Self.asked, now: 101) != nil)
            #expect(cache.count * reply.size <= 64 << 10)
        }
    }

    @Test("resolv.conf names its resolvers")
    func resolverFile() {
        let text = "# nameserver 1.1.1.1\nsearch a b\nnameserver 10.0.0.1\nnameserver\tfd00::1\n nameserver fe80::1%eth0\nnameserver 10.0.0.1\nnameserver x\nnameserver 9.9.9.9\nnameserver 8.8.8.8\n"
        #expect(ResolverFile.nameServers(text).map(\.description) == ["10.0.0.1", "fd00::1", "9.9.9.9"])
    }
}
