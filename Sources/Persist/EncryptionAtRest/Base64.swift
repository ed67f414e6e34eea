/// Standard base64 with padding (RFC 4648, section 4), as Go's `base64.StdEncoding` reads it: line breaks are skipped.
enum Base64 {
    /// The bytes that `text` stands for; nil when it is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        let symbols = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        guard symbols.count.isMultiple(of: 4) else { return nil }
        let padding = symbols.reversed().prefix { $0 == 0x3D }.count
        guard padding <= 2 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(symbols.count / 4 * 3)
        var bits: UInt32 = 0
        var held = 0
        for symbol in symbols.dropLast(padding) {
            guard let value = value(of: symbol) else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return out
    }

    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let symbol = alphabet[Int(bits >> UInt32(18 - 6 * place) & 0x3F)]
                out.append(place <= group.count ? symbol : 0x3D)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func value(of symbol: UInt8) -> UInt8? {
        switch symbol {
        case 0x41...0x5A: symbol - 0x41
        case 0x61...0x7A: symbol - 0x61 + 26
        case 0x30...0x39: symbol - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
