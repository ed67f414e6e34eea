import Fuzzing
import NetworkPolicy
import Testing

@testable import ClusterDNS

@Suite("Messages from anybody") struct FuzzTests {
    private static func samples() -> [[UInt8]] {
        let name = DNSName("web.shop.svc.cluster.local")!
        var query = DNSMessage(id: 7, questions: [DNSQuestion(name, .a)])
        query.wantsRecursion = true
        query.edns = DNSExtension(wantsSignatures: true)
        var answer = DNSMessage(answering: query, code: .noError, explanation: .notReady)
        answer.answers = [
            DNSRecord(name: name, data: .canonicalName(DNSName("a.b.example")!), timeToLive: 30),
            DNSRecord(name: name, data: .address(IPAddress(family: .v4, high: 0, low: 9)), timeToLive: 30),
            DNSRecord(name: name, data: .service(priority: 1, weight: 2, port: 3, target: name), timeToLive: 30),
            DNSRecord(name: name, data: .text([[1, 2], []]), timeToLive: 30), DNSRecord(name: name, data: .mailExchange(preference: 1, name), timeToLive: 1),
        ]
        answer.authority = [
            DNSRecord(
                name: .root,
                data: .authority(DNSAuthority(primary: name, mailbox: name, serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5)), timeToLive: 9)
        ]
        return [query.encoded(), answer.encoded(), answer.encoded(), bytes("1234 0100 0001 0000 0000 0000 00 0001 0001")]
    }

    @Test("bytes of any kind are a message or a fault, and a message is the same when it is written and read again", arguments: 0..<16)
    func anything(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, samples: Self.samples(), pieces: ["\u{0}\u{29}", "\u{1}a", "\u{c}"])
        var read = 0
        for _ in 0..<1500 {
            let input = mutator.bytes()
            guard let message = try? DNSMessage(decoding: input) else { continue }
            read += 1
            // What fits one message when it is written anew: pointers within data can make it longer.
            let written = message.encoded()
            guard let again = try? DNSMessage(decoding: written) else {
                Issue.record("seed \(seed): \(input)")
                continue
            }
            if !again.isTruncated || message.isTruncated { #expect(Self.plain(again) == Self.plain(message), "seed \(seed): \(input)") }
        }
        #expect(read > 20, "seed \(seed)")
    }

    /// Options of EDNS but one are not kept, and texts of explanations are cut.
    private static func plain(_ message: DNSMessage) -> DNSMessage {
        var message = message
        message.edns?.error = nil
        if message.edns == nil { message.code.rawValue &= 0xF }
        return message
    }

    @Test("an answer of an upstream resolver is handed on as a message, or not taken", arguments: 0..<16)
    func forwarded(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, samples: Self.samples())
        var query = DNSMessage(id: 99, questions: [DNSQuestion(DNSName("WEB.shop.svc.cluster.local")!, .a)])
        query.edns = DNSExtension()
        for _ in 0..<1500 {
            let input = mutator.bytes()
            guard let reply = try? ForwardedReply(reading: input) else { continue }
            for limit in [512, 65535] {
                let out = reply.bytes(answering: query, age: 10, limit: limit)
                #expect(out.count <= limit && out[0] == 0 && out[1] == 99, "seed \(seed): \(input)")
                #expect(throws: Never.self, "seed \(seed): \(input)") { try ForwardedReply(reading: out) }
            }
            _ = reply.records
        }
    }

    @Test("names that lead from pointer to pointer cost as much as their message is long")
    func pointers() {
        // A chain of pointers that each lead to the one before, and thousands of names that begin at its end.
        var message = bytes("1234 8100 0000 1000 0000 0000") + [0]
        for _ in 0..<2000 {
            let target = message.count == 13 ? 12 : message.count - 2
            message += [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
        }
        var reader = DNSReader(message)
        try? reader.skip(message.count - 2)
        #expect(throws: DNSFormatError.name) { try reader.name() }
        var near = DNSReader(message)
        try? near.skip(13 + 2 * (DNSReader.mostPointers - 1))
        #expect(throws: Never.self) { try near.name() }
    }
}
