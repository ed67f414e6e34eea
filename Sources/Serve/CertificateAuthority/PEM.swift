import SwiftASN1

/// PEM (RFC 7468), reading and writing.
enum PEM {
    /// Larger texts are refused before they are parsed.
    static let maximumBytes = 1 << 20

    /// The blocks of the text, in order. As Go reads them: text around them, headers in them and lines of any length
    /// are accepted, and a block that is damaged is passed over.
    static func blocks(_ text: String) throws(CertificateError) -> [PEMDocument] {
        guard text.utf8.count <= maximumBytes else { throw CertificateError(.notDER("PEM text (too large)")) }
        var blocks: [PEMDocument] = []
        var type: String?
        var content = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let line = trimmed(line)
            if let begun = label(line, "-----BEGIN ") {
                type = begun
                content = ""
            } else if let ended = label(line, "-----END ") {
                if ended == type, let der = Base64.decode(content) {
                    blocks.append(PEMDocument(type: ended, derBytes: der))
                }
                type = nil
            } else if type != nil, !line.utf8.contains(UInt8(ascii: ":")) {
                content += line.split { $0 == " " || $0 == "\t" }.joined()
            }
        }
        return blocks
    }

    private static func trimmed(_ line: Substring) -> Substring {
        var line = line
        while let last = line.last, last.isWhitespace { line.removeLast() }
        return line.drop { $0.isWhitespace }
    }

    private static func label(_ line: Substring, _ prefix: String) -> String? {
        guard line.hasPrefix(prefix), line.hasSuffix("-----"), line.utf8.count >= prefix.utf8.count + 5 else {
            return nil
        }
        return String(line.dropFirst(prefix.count).dropLast(5))
    }

    static func text(_ type: String, _ der: [UInt8]) -> String {
        PEMDocument(type: type, derBytes: der).pemString + "\n"
    }
}
