import Fuzzing
import JSONValue
import ObjectProtobuf
import Testing

@Suite("Protobuf from outside") struct FuzzTests {
    private typealias Sample = ProtobufDecodingTests
    private static let samples: [[UInt8]] = {
        let metadata = Sample.field(1, "x") + Sample.field(11, Sample.field(1, "app") + Sample.field(2, "web")) + Sample.field(8, [])
        let container = Sample.field(1, "c") + Sample.field(2, "i") + Sample.field(3, "sh")
        let spec = Sample.field(1, Sample.field(1, "v") + Sample.field(2, Sample.field(2, Sample.field(1, "")))) + Sample.field(2, container)
        return [
            Sample.envelope("v1", "Pod", Sample.field(1, metadata) + Sample.field(2, spec)),
            Sample.envelope("v1", "Secret", Sample.field(1, metadata) + Sample.field(2, Sample.field(1, "k") + Sample.field(2, "v"))),
            Sample.envelope("apps/v1", "Deployment", Sample.field(1, metadata) + Sample.field(2, [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])),
        ]
    }()

    @Test("what is nearly an object is read or refused, never trapped on, and grows by no more than its escapes", arguments: 0..<16)
    func changed(seed: UInt64) {
        var mutator = Mutator(seed: seed, samples: Self.samples)
        for _ in 0..<200 {
            let bytes = mutator.bytes()
            if let value = try? ProtobufDecoding.decode(bytes) {
                #expect(value.description.utf8.count < 4096 + 64 * bytes.count, "seed \(seed)")
            }
        }
    }

    @Test("a message in a message in a message is refused where it is too deep, and a length beyond the end at once")
    func bounds() {
        var inner: [UInt8] = []
        for _ in 0..<30 { inner = Sample.field(1, Array(inner.prefix(120))) }
        _ = try? ProtobufDecoding.decode(Sample.envelope("v1", "Pod", Array(inner.prefix(100))))
        for length: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], Array(repeating: 0xFF, count: 12)] {
            #expect(throws: ProtobufError.self) { try ProtobufDecoding.decode([0x6B, 0x38, 0x73, 0x00, 0x0A] + length) }
            _ = try? ProtobufDecoding.decode(Sample.envelope("v1", "Pod", [0x0A] + length))
        }
    }
}
