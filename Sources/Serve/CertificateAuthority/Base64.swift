/// Base64 (RFC 4648) without Foundation.
package enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// With padding, on one line.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String { encode(Array(bytes), standard, padded: true) }

    /// The alphabet for URLs, without padding, as tokens use it.
    package static func encodeURL(_ bytes: some Sequence<UInt8>) -> String { encode(Array(bytes), url, padded: false) }

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0) }
            for position in 0..<4 {
                if position <= count {
                    out.append(alphabet[Int(group >> UInt32(18 - 6 * position) & 63)])
                } else if padded {
                    out.append(UInt8(ascii: "="))
                }
            }
            index += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Reads the standard alphabet with padding; line breaks are skipped. Nil when the text is not Base64.
    package static func decode(_ text: String) -> [UInt8]? {
        let bytes = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        guard bytes.count % 4 == 0 else { return nil }
        let content = bytes[...].prefix { $0 != UInt8(ascii: "=") }
        let padding = bytes.count - content.count
        guard padding <= 2, bytes.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        return decode(content) { byte in
            switch byte {
            case UInt8(ascii: "+"): 62
            case UInt8(ascii: "/"): 63
            default: alphanumeric(byte)
            }
        }
    }

    /// Reads the alphabet for URLs without padding; nil when the text is not that.
    package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        decode(Array(text.utf8)[...]) { byte in
            switch byte {
            case UInt8(ascii: "-"): 62
            case UInt8(ascii: "_"): 63
            default: alphanumeric(byte)
            }
        }
    }

    private static func alphanumeric(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        default: nil
        }
    }

    /// The bits that no byte uses must be zero, so that one value has one text.
    private static func decode(_ text: ArraySlice<UInt8>, _ value: (UInt8) -> UInt32?) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for byte in text {
            guard let digit = value(byte) else { return nil }
            group = group << 6 | digit
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(group >> bits & 0xFF))
            }
        }
        return group & ((1 << bits) - 1) == 0 ? out : nil
    }
}
