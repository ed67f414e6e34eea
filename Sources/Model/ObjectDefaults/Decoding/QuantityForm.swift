import KubeModel

/// Quantities and the words in which a text is refused as one.
enum QuantityForm {
    struct Fault: Error { var message: String }

    private static let wrongFormat = Fault(
        message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    private static let wrongSuffix = Fault(message: "unable to parse quantity's suffix")
    private static let wrongNumber = Fault(message: "unable to parse numeric part of quantity")
    private static let suffixLetters = Set("eEinumkKMGTP".utf8)

    static func parse(_ text: String) -> Result<Quantity, Fault> {
        let trimmed = text.drop { $0.isWhitespace }
        let written = String(trimmed.reversed().drop { $0.isWhitespace }.reversed())
        let bytes = Array(written.utf8)
        guard !bytes.isEmpty else { return .failure(wrongFormat) }
        var at = bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-") ? 1 : 0
        let start = at
        func isDigit(_ at: Int) -> Bool { at < bytes.count && bytes[at] &- 0x30 < 10 }
        while isDigit(at) { at += 1 }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            while isDigit(at) { at += 1 }
        }
        let hasNumber = bytes[start..<at].contains { $0 != UInt8(ascii: ".") }
        while at < bytes.count, suffixLetters.contains(bytes[at]) { at += 1 }
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at += 1 }
        while isDigit(at) { at += 1 }
        guard at == bytes.count else { return .failure(wrongFormat) }
        if let quantity = Quantity(written) { return .success(quantity) }
        // The form is right, so either the suffix or the number is not: a good number tells which.
        return .failure(hasNumber ? wrongSuffix : wrongNumber)
    }
}
