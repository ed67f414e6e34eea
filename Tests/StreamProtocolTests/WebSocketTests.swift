import Fuzzing
import StreamProtocol
import Testing

/// Frames as a client writes them.
enum ClientFrame {
    static func make(_ opcode: UInt8, _ bytes: [UInt8], isLast: Bool = true) -> [UInt8] {
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        var out: [UInt8] = [(isLast ? 0x80 : 0) | opcode]
        if bytes.count < 126 { out.append(0x80 | UInt8(bytes.count)) } else { out += [0xFE, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] }
        return out + mask + bytes.enumerated().map { $1 ^ mask[$0 & 3] }
    }
}

@Suite("WebSocket")
struct WebSocketTests {
    private static func decode(_ bytes: [UInt8], by length: Int = 4096) throws -> [WebSocketMessage] {
        var decoder = WebSocketDecoder()
        var found: [WebSocketMessage] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            decoder.append(rest.prefix(length))
            rest = rest.dropFirst(length)
            while let message = try decoder.next() { found.append(message) }
        }
        return found
    }

    @Test("the key is answered as RFC 6455 section 1.3 shows it")
    func acceptance() {
        #expect(WebSocket.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(WebSocket.acceptance(of: "short") == nil)
    }

    @Test("the examples of RFC 6455 section 5.7", arguments: [
        ([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], .text(Array("Hello".utf8))),
        ([0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], .pong(Array("Hello".utf8))),
    ] as [([UInt8], WebSocketMessage)])
    func examples(_ bytes: [UInt8], _ message: WebSocketMessage) throws {
        #expect(try Self.decode(bytes) == [message])
        #expect(WebSocket.encode(.ping(Array("Hello".utf8))) == [0x89, 0x05] + Array("Hello".utf8))
        #expect(WebSocket.encode(.binary([UInt8](repeating: 1, count: 256))).prefix(4) == [0x82, 0x7E, 0x01, 0x00])
    }

    @Test("fragments become one message, with control frames between them", arguments: [1, 3, 4096])
    func fragments(length: Int) throws {
        let bytes = ClientFrame.make(2, [1, 2], isLast: false) + ClientFrame.make(9, [7]) + ClientFrame.make(0, [3]) + ClientFrame.make(8, [3, 0xE8])
        #expect(try Self.decode(bytes, by: length) == [.ping([7]), .binary([1, 2, 3]), .close(1000)])
    }

    @Test("what breaks the protocol ends the connection", arguments: [
        [0x82, 0x01, 0x00],  // not masked
        ClientFrame.make(0, [1]),  // goes on with nothing
        ClientFrame.make(2, [1], isLast: false) + ClientFrame.make(2, [1]),  // begins anew in the midst
        ClientFrame.make(3, [1]), ClientFrame.make(11, []),  // opcodes without meaning
        ClientFrame.make(9, [1], isLast: false),  // a control frame in pieces
        ClientFrame.make(9, [UInt8](repeating: 0, count: 126)),  // a control frame too long
        [0xC2, 0x80, 0, 0, 0, 0],  // an extension
        [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0x82, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 1, 0, 0, 0, 0],  // too long
    ] as [[UInt8]])
    func refused(_ bytes: [UInt8]) {
        #expect(throws: StreamProtocolError.self) { try Self.decode(bytes) }
    }

    @Test("mutated bytes are refused or read, and nothing else", arguments: 0..<200 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        let sample = ClientFrame.make(2, [0, 1, 2], isLast: false) + ClientFrame.make(0, [3]) + ClientFrame.make(9, [1]) + ClientFrame.make(1, [UInt8](repeating: 9, count: 200))
        var mutator = Mutator(seed: seed, samples: [sample])
        for _ in 0..<20 {
            let bytes = mutator.bytes()
            let (whole, cut) = (try? Self.decode(bytes), try? Self.decode(bytes, by: 3))
            #expect(whole == cut, "seed \(seed)")
        }
    }
}
