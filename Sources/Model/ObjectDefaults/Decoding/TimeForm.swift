import KubeModel

/// Times and the words in which a text is refused as one.
enum TimeForm {
    struct Fault: Error { var message: String }

    private static let layout = "2006-01-02T15:04:05Z07:00"
    private static let microLayout = "2006-01-02T15:04:05.000000Z07:00"

    /// Reads an RFC 3339 time; with `micro`, one with exactly six digits of fraction.
    static func parse(_ text: String, micro: Bool) -> Result<Timestamp, Fault> {
        var reader = Reader(text: text, layout: micro ? microLayout : layout)
        if let fault = reader.fault(micro: micro) { return .failure(fault) }
        guard let time = Timestamp(text) else { return .failure(reader.outOfRange("day")) }
        return .success(time)
    }

    /// Reads a text piece by piece, to tell which piece of the layout it fails.
    private struct Reader {
        let text: String
        let layout: String
        var rest: Substring

        init(text: String, layout: String) {
            self.text = text
            self.layout = layout
            rest = text[...]
        }

        func outOfRange(_ what: String) -> Fault {
            Fault(message: "parsing time \(goQuoted(text)): \(what) out of range")
        }

        private func cannotParse(_ value: Substring, _ piece: String) -> Fault {
            Fault(
                message:
                    "parsing time \(goQuoted(text)) as \(goQuoted(layout)): "
                    + "cannot parse \(goQuoted(String(value))) as \(goQuoted(piece))"
            )
        }

        private mutating func digits(_ count: Int) -> Int? {
            let piece = rest.prefix(count)
            guard piece.utf8.count == count, piece.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
            rest = rest.dropFirst(count)
            return Int(piece)
        }

        mutating func fault(micro: Bool) -> Fault? {
            var month = 0
            var day = 0
            var year = 0
            let pieces: [(name: String, count: Int, separator: String, range: ClosedRange<Int>, what: String)] = [
                ("2006", 4, "-", 0...9999, "year"), ("01", 2, "-", 1...12, "month"), ("02", 2, "T", 0...31, "day"),
                ("15", 2, ":", 0...23, "hour"), ("04", 2, ":", 0...59, "minute"), ("05", 2, "", 0...59, "second"),
            ]
            for piece in pieces {
                let before = rest
                guard let number = digits(piece.count) else { return cannotParse(before, piece.name) }
                guard piece.range.contains(number) else { return outOfRange(piece.what) }
                switch piece.name {
                case "2006": year = number
                case "01": month = number
                case "02": day = number
                default: break
                }
                if !piece.separator.isEmpty {
                    guard rest.hasPrefix(piece.separator) else { return cannotParse(rest, piece.separator) }
                    rest = rest.dropFirst()
                }
            }
            if micro {
                let fraction = rest.prefix(7)
                guard fraction.utf8.count == 7, fraction.first == ".",
                    fraction.dropFirst().utf8.allSatisfy({ $0 &- 0x30 < 10 })
                else { return cannotParse(rest, ".000000") }
                rest = rest.dropFirst(7)
            } else if rest.first == "." || rest.first == ",", rest.dropFirst().first?.isNumber == true {
                rest = rest.dropFirst().drop { $0.isASCII && $0.isNumber }
            }
            if rest.first == "Z" {
                rest = rest.dropFirst()
            } else {
                let zone = Array(rest.utf8)
                let isOffset =
                    zone.count >= 6 && (zone[0] == 0x2B || zone[0] == 0x2D) && zone[3] == 0x3A
                    && [1, 2, 4, 5].allSatisfy { zone[$0] &- 0x30 < 10 }
                guard isOffset else { return cannotParse(rest, "Z07:00") }
                rest = rest.dropFirst(6)
            }
            if !rest.isEmpty {
                return Fault(message: "parsing time \(goQuoted(text)): extra text: \(goQuoted(String(rest)))")
            }
            let lengths = [
                31, year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                31,
            ]
            return day >= 1 && day <= lengths[month - 1] ? nil : outOfRange("day")
        }
    }
}
