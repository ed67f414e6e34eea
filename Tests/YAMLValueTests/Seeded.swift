import JSONValue

/// A generator that gives the same values for the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }
    mutating func next() -> UInt64 {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static let pieces: [String] = [
        "a", "b", " ", "\n", "\t", ":", "-", "#", "'", "\"", "\\", "ü", "😀", "\u{2028}", "\u{FEFF}", "\r", "0", "1",
        "12", ".",
        "e", "x", "true", "null", "no", "~", "[", "]", "{", "}", ",", "&", "*", "!", "|", ">", "%", "@", "`", "?", "=",
        "<<",
        "---", "...", "_", "+", "inf", "2001-01-01", "\u{0}", "\u{7F}", "\u{85}", "key",
    ]

    mutating func text() -> String {
        (0..<Int.random(in: 0...6, using: &self)).map { _ in Self.pieces.randomElement(using: &self) ?? "" }.joined()
    }

    mutating func json(depth: Int) -> JSON {
        switch Int.random(in: 0...(depth > 0 ? 9 : 6), using: &self) {
        case 0: .null
        case 1: .bool(Bool.random(using: &self))
        case 2: .int(Int64.random(in: .min ... .max, using: &self))
        case 3: .double(Double.random(in: -1e3...1e3, using: &self))
        case 4: .double(Double(Int64.random(in: -9...9, using: &self)) * 1e30)
        case 5, 6: .string(text())
        case 7: .array((0..<Int.random(in: 0...4, using: &self)).map { _ in json(depth: depth - 1) })
        default:
            .object(JSONObject((0..<Int.random(in: 0...4, using: &self)).map { _ in (text(), json(depth: depth - 1)) }))
        }
    }
}
