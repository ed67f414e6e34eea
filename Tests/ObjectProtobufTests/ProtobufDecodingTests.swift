import JSONValue
import ObjectProtobuf
import Testing

@Suite struct ProtobufDecodingTests {
    /// A field with a length: number, bytes.
    static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    static func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    static func envelope(_ version: String, _ kind: String, _ message: [UInt8]) -> [UInt8] {
        [0x6B, 0x38, 0x73, 0x00] + field(1, field(1, version) + field(2, kind)) + field(2, message)
    }

    @Test("an object is read as its JSON form has it")
    func object() throws {
        let metadata = Self.field(1, "x") + Self.field(11, Self.field(1, "app") + Self.field(2, "web")) + Self.field(8, [])
        let entry = Self.field(1, "k") + Self.field(2, "v")
        let decoded = try ProtobufDecoding.decode(Self.envelope("v1", "Secret", Self.field(1, metadata) + Self.field(2, entry)))
        #expect(
            decoded == [
                "kind": "Secret", "apiVersion": "v1",
                "metadata": ["name": "x", "labels": ["app": "web"], "creationTimestamp": .null], "data": ["k": "dg=="],
            ])
    }

    @Test("what is inlined in JSON is no member of its own")
    func inlined() throws {
        let source = Self.field(2, Self.field(1, ""))
        let volume = Self.field(1, "v") + Self.field(2, source)
        let spec = Self.field(1, volume)
        let decoded = try ProtobufDecoding.decode(Self.envelope("v1", "Pod", Self.field(2, spec)))
        #expect(decoded["spec"]?["volumes"]?[at: 0] == ["name": "v", "emptyDir": ["medium": ""]])
    }

    @Test("what is no object of a known kind is refused", arguments: [[], [1, 2, 3], [0x6B, 0x38, 0x73, 0x00], envelope("v1", "Nope", [])])
    func refused(bytes: [UInt8]) {
        #expect(throws: ProtobufError.self) { try ProtobufDecoding.decode(bytes) }
    }

    @Test("bytes of any kind are read or refused, never trapped on", arguments: 0..<32)
    func fuzz(seed: UInt64) {
        var state = seed &+ 0x9E37_79B9
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<200 {
            let noise = (0..<Int(next() % 60)).map { _ in UInt8(truncatingIfNeeded: next()) }
            _ = try? ProtobufDecoding.decode(Self.envelope("v1", "Pod", noise))
            _ = try? ProtobufDecoding.decode(noise)
        }
    }
}
