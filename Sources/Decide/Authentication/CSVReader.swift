/// Reads comma-separated values (RFC 4180). Empty lines are passed over; a quoted column may hold commas, line ends and
/// doubled quotes.
enum CSVReader {
    struct Record: Hashable {
        var line: Int
        var fields: [String]
    }

    static func records(_ bytes: [UInt8]) throws(TokenFileError) -> [Record] {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw TokenFileError(line: 1, cause: .notUTF8) }
        let quote = UInt8(ascii: "\"")
        let (comma, newline, carriageReturn) = (UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        var records: [Record] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var line = 1
        var start = 1
        var at = 0

        func isLineEnd(_ index: Int) -> Bool {
            index == bytes.count || bytes[index] == newline
                || bytes[index] == carriageReturn && (index + 1 == bytes.count || bytes[index + 1] == newline)
        }
        func endField() {
            fields.append(String(decoding: field, as: UTF8.self))
            field.removeAll(keepingCapacity: true)
        }

        while at < bytes.count {
            start = line
            // One record.
            if isLineEnd(at) {
                while at < bytes.count, bytes[at] != newline { at += 1 }
                at += 1
                line += 1
                continue
            }
            while true {
                if at < bytes.count, bytes[at] == quote {
                    at += 1
                    while true {
                        guard at < bytes.count else { throw TokenFileError(line: start, cause: .unterminatedQuote) }
                        if bytes[at] == quote {
                            if at + 1 < bytes.count, bytes[at + 1] == quote { at += 1 } else { break }
                        }
                        if bytes[at] == newline { line += 1 }
                        field.append(bytes[at])
                        at += 1
                    }
                    at += 1
                    guard isLineEnd(at) || bytes[at] == comma else {
                        throw TokenFileError(line: start, cause: .strayQuote)
                    }
                } else {
                    while !isLineEnd(at), bytes[at] != comma {
                        if bytes[at] == quote { throw TokenFileError(line: start, cause: .strayQuote) }
                        field.append(bytes[at])
                        at += 1
                    }
                }
                endField()
                if isLineEnd(at) { break }
                at += 1  // the comma
            }
            while at < bytes.count, bytes[at] != newline { at += 1 }
            at += 1
            line += 1
            records.append(Record(line: start, fields: fields))
            fields.removeAll(keepingCapacity: true)
        }
        return records
    }
}
