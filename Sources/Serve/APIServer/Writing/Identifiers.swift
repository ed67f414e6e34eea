/// Names and identifiers that the server makes up.
enum Identifiers {
    /// A random UUID (RFC 9562, version 4).
    static func uid() -> String {
        var generator = SystemRandomNumberGenerator()
        var high = generator.next()
        var low = generator.next()
        high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        func hex(_ value: UInt64, _ digits: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        let first = hex(high, 16)
        let second = hex(low, 16)
        return "\(first.prefix(8))-\(first.dropFirst(8).prefix(4))-\(first.suffix(4))-\(second.prefix(4))-\(second.suffix(12))"
    }

    /// The letters of generated suffixes: none that make words or look alike.
    private static let letters = Array("bcdfghjklmnpqrstvwxz2456789")

    /// A name from `metadata.generateName`: its first 58 characters and five random ones.
    static func name(generateName: String) -> String {
        var generator = SystemRandomNumberGenerator()
        var suffix = ""
        for _ in 0..<5 { suffix.append(letters[Int.random(in: 0..<letters.count, using: &generator)]) }
        return String(generateName.prefix(58)) + suffix
    }
}
