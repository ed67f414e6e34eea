import Fuzzing
import StreamProtocol
import Testing

@Suite("SPDY/3.1")
struct SPDYTests {
    private static let frames: [SPDYFrame] = [
        .synStream(id: 1, headers: [SPDYHeader("streamtype", "error")], isLast: false),
        .synStream(id: 3, headers: [SPDYHeader("streamtype", "data"), SPDYHeader("port", "80"), SPDYHeader("requestid", "0")], isLast: true),
        .synReply(id: 1, headers: [], isLast: false), .reset(id: 3, status: SPDYStatus.cancel), .settings, .ping(5), .goAway,
        .headers(id: 1, headers: [SPDYHeader("a", "b")], isLast: true), .windowUpdate(id: 1, delta: 65536),
        .data(id: 1, bytes: Array("hello".utf8), isLast: false), .data(id: 1, bytes: [], isLast: true),
    ]

    /// The bytes of all frames, as one side writes them.
    private static func bytes() throws -> [UInt8] {
        let encoder = try SPDYEncoder()
        return frames.flatMap { encoder.encode($0) }
    }

    /// All frames in bytes that come in parts of a length.
    private static func decode(_ bytes: [UInt8], by length: Int) throws -> [SPDYFrame] {
        var decoder = try SPDYDecoder()
        var found: [SPDYFrame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            decoder.append(rest.prefix(length))
            rest = rest.dropFirst(length)
            while let frame = try decoder.next() { found.append(frame) }
        }
        return found
    }

    @Test("what is written is read, however it is cut into parts", arguments: [1, 2, 3, 7, 64, 4096])
    func roundTrip(length: Int) throws {
        var joined: [SPDYFrame] = []
        for frame in try Self.decode(Self.bytes(), by: length) {
            // Content comes as it arrives.
            if case .data(let id, let more, let isLast) = frame, case .data(id, let bytes, false)? = joined.last {
                joined[joined.count - 1] = .data(id: id, bytes: bytes + more, isLast: isLast)
            } else {
                joined.append(frame)
            }
        }
        let data = SPDYFrame.data(id: 1, bytes: Array("hello".utf8), isLast: true)
        #expect(joined == Self.frames.dropLast(2) + [data])
    }

    @Test("a header block begins as that of every other implementation: with the dictionary's sum")
    func dictionary() throws {
        let bytes = try SPDYEncoder().encode(.synReply(id: 1, headers: [SPDYHeader("streamtype", "stdin")], isLast: false))
        // zlib's header with a preset dictionary, and that dictionary's Adler-32 sum.
        #expect(bytes[12..<18] == [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2] || bytes[12..<18] == [0x78, 0xF9, 0xE3, 0xC6, 0xA7, 0xC2] || bytes[14..<18] == [0xE3, 0xC6, 0xA7, 0xC2])
    }

    @Test("what is no SPDY, or more of it than is right, ends the connection", arguments: [
        [0x80, 0x02, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1],
        [0x80, 0x03, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1],
        [0x80, 0x03, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1],
        [0x80, 0x03, 0, 1, 0, 0xFF, 0xFF, 0xFF],
        [0x80, 0x03, 0, 2, 0, 0, 0, 8, 0, 0, 0, 1, 9, 9, 9, 9],
    ] as [[UInt8]])
    func refused(_ bytes: [UInt8]) throws {
        #expect(throws: StreamProtocolError.self) { try Self.decode(bytes, by: 4096) }
    }

    @Test("a block that grows without end is not unpacked to its end")
    func bomb() throws {
        let bytes = try SPDYEncoder().encode(.synReply(id: 1, headers: [SPDYHeader("a", String(repeating: "x", count: 1 << 20))], isLast: false))
        #expect(bytes.count < 4096)
        #expect(throws: StreamProtocolError.self) { try Self.decode(bytes, by: 4096) }
    }

    @Test("mutated bytes are refused or read, and nothing else", arguments: 0..<200 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, samples: [try Self.bytes()])
        for _ in 0..<20 {
            let bytes = mutator.bytes()
            let whole = Result { try Self.decode(bytes, by: 4096) }
            let cut = Result { try Self.decode(bytes, by: 5) }
            // Whether it is refused does not depend on how it comes.
            #expect((try? whole.get()) == nil ? (try? cut.get()) == nil : (try? cut.get()) != nil, "seed \(seed)")
        }
    }
}
