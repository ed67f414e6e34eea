/// Changes inputs that are nearly right into ones that are nearly wrong.
package struct Mutator {
    package var random: Seeded
    private let samples: [[UInt8]]
    private let pieces: [[UInt8]]

    /// What breaks parsers of any language.
    private static let everywhere: [[UInt8]] = [
        [0], [0xFF], [0xC3], [0xC3, 0xA9], [0x65, 0xCC, 0x81], [0xF0, 0x9F, 0x98, 0x80], [0xE2, 0x80, 0xA8], [0x0D, 0x0A], [0x20], [0x09],
        Array("-1".utf8), Array("9223372036854775807".utf8), Array("9223372036854775808".utf8), Array("-9223372036854775808".utf8),
        Array("1e999".utf8), Array("0.0000000001".utf8), Array("%".utf8), Array("%00".utf8), Array("\"".utf8), Array("\\u0000".utf8),
        Array("\\ud800".utf8), Array("null".utf8), Array("{}".utf8), Array("[]".utf8), Array("[[[[".utf8), Array("{\"a\":".utf8),
        Array(repeating: 0x61, count: 300), Array("..".utf8), Array("/".utf8), Array("~1".utf8), Array("=".utf8), Array(",".utf8),
    ]

    /// - Parameters:
    ///   - samples: inputs to start from.
    ///   - pieces: words of the input's language, to be put in anywhere.
    package init(seed: UInt64, samples: [String], pieces: [String] = []) {
        self.init(seed: seed, samples: samples.map { Array($0.utf8) }, pieces: pieces)
    }

    package init(seed: UInt64, samples: [[UInt8]], pieces: [String] = []) {
        random = Seeded(seed)
        self.samples = samples
        self.pieces = Self.everywhere + pieces.map { Array($0.utf8) }
    }

    /// The next input.
    package mutating func bytes() -> [UInt8] {
        var bytes = random.pick(samples)
        for _ in 0...random.below(5) { change(&bytes) }
        return Array(bytes.prefix(20_000))
    }

    /// The next input as text; what is no UTF-8 in it is replaced.
    package mutating func text() -> String { String(decoding: bytes(), as: UTF8.self) }

    private mutating func range(_ bytes: [UInt8]) -> Range<Int> {
        let start = random.below(bytes.count + 1)
        return start..<min(bytes.count, start + random.below(random.oneIn(3) ? 64 : 8))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let at = random.below(bytes.count + 1)
        switch random.below(8) {
        case 0: if at < bytes.count { bytes[at] = UInt8(truncatingIfNeeded: random.next()) }
        case 1: if at < bytes.count { bytes[at] ^= 1 << UInt8(random.below(8)) }
        case 2: bytes.removeSubrange(range(bytes))
        case 3: bytes.insert(contentsOf: bytes[range(bytes)], at: at)
        case 4: bytes.removeSubrange(at...)
        case 5:
            let other = random.pick(samples)
            bytes.insert(contentsOf: other[range(other)], at: at)
        default: bytes.insert(contentsOf: random.pick(pieces), at: at)
        }
    }
}
