/// Standard base64 with padding (RFC 4648 §4); line breaks are skipped.
enum Base64 {
    /// Where the text stops being base64.
    struct Fault: Error { var offset: Int }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    static func decode(_ text: String) -> Result<[UInt8], Fault> {
        let input = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(input.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var at = 0
        func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
        while at < input.count {
            let byte = input[at]
            if isBreak(byte) {
                at += 1
                continue
            }
            if let bits = value(of: byte) {
                group = group << 6 | UInt32(bits)
                digits += 1
                at += 1
                if digits == 4 {
                    out.append(UInt8(truncatingIfNeeded: group >> 16))
                    out.append(UInt8(truncatingIfNeeded: group >> 8))
                    out.append(UInt8(truncatingIfNeeded: group))
                    group = 0
                    digits = 0
                }
                continue
            }
            // Only padding may follow, after two or three digits of the last group.
            guard byte == UInt8(ascii: "="), digits >= 2 else { return .failure(Fault(offset: at)) }
            at += 1
            if digits == 2 {
                while at < input.count, isBreak(input[at]) { at += 1 }
                guard at < input.count else { return .failure(Fault(offset: input.count)) }
                guard input[at] == UInt8(ascii: "=") else { return .failure(Fault(offset: at)) }
                at += 1
            }
            while at < input.count, isBreak(input[at]) { at += 1 }
            guard at == input.count else { return .failure(Fault(offset: at)) }
            if digits == 2 {
                out.append(UInt8(truncatingIfNeeded: group >> 4))
            } else {
                out.append(UInt8(truncatingIfNeeded: group >> 10))
                out.append(UInt8(truncatingIfNeeded: group >> 2))
            }
            return .success(out)
        }
        return digits == 0 ? .success(out) : .failure(Fault(offset: at - digits))
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        var group: UInt32 = 0
        var count = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                for shift in [18, 12, 6, 0] { out.append(alphabet[Int(group >> UInt32(shift) & 63)]) }
                group = 0
                count = 0
            }
        }
        if count == 1 {
            out += [
                alphabet[Int(group >> 2 & 63)], alphabet[Int(group << 4 & 63)], UInt8(ascii: "="), UInt8(ascii: "="),
            ]
        } else if count == 2 {
            out += [
                alphabet[Int(group >> 10 & 63)], alphabet[Int(group >> 4 & 63)], alphabet[Int(group << 2 & 63)],
                UInt8(ascii: "="),
            ]
        }
        return String(decoding: out, as: UTF8.self)
    }
}
