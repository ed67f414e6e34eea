/// A moment in UTC, to the nanosecond, as the API writes it (RFC 3339).
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Whole seconds since 1970-01-01T00:00:00Z; leap seconds are not counted.
    public var seconds: Int64
    /// Nanoseconds within the second, 0 to 999,999,999.
    public var nanoseconds: Int32

    /// A moment by its seconds since 1970 in UTC; `nanoseconds` is within the second.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Whether `left` is the earlier moment.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The last second that RFC 3339 can write: the end of the year 9999.
    private static let lastSecond: Int64 = 253_402_300_799
    /// The first one: the beginning of the year 0.
    private static let firstSecond: Int64 = -62_167_219_200

    /// The moment `seconds` later, or the last or first one that can be written: clients choose how much later.
    public func adding(seconds more: Int64) -> Timestamp {
        let (sum, overflow) = seconds.addingReportingOverflow(more)
        if overflow { return Timestamp(seconds: more > 0 ? Self.lastSecond : Self.firstSecond) }
        return Timestamp(seconds: max(Self.firstSecond, min(sum, Self.lastSecond)), nanoseconds: nanoseconds)
    }

    /// Reads an RFC 3339 date and time with `Z` or an offset; nil when it is none.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for at in range {
                guard bytes.indices.contains(at), bytes[at] &- 0x30 < 10 else { return nil }
                value = value * 10 + Int64(bytes[at] - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), bytes[4] == 0x2D, bytes[7] == 0x2D,
            bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A, bytes[16] == 0x3A, (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, year: year), hour < 24, minute < 60, second < 61
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if bytes[at] == 0x2E {
            at += 1
            var digits = 0
            while at < bytes.count, bytes[at] &- 0x30 < 10 {
                if digits < 9 { fraction = fraction * 10 + Int64(bytes[at] - 0x30) }
                digits += 1
                at += 1
            }
            guard digits > 0 else { return nil }
            while digits < 9 {
                fraction *= 10
                digits += 1
            }
        }
        guard at < bytes.count else { return nil }
        var offset: Int64 = 0
        if bytes[at] | 0x20 == 0x7A {
            at += 1
        } else {
            guard bytes[at] == 0x2B || bytes[at] == 0x2D, bytes.count == at + 6, bytes[at + 3] == 0x3A,
                let hours = number(at + 1..<at + 3), let minutes = number(at + 4..<at + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60
            if bytes[at] == 0x2D { offset = -offset }
            at += 6
        }
        guard at == bytes.count else { return nil }
        seconds = Self.days(year: year, month: month, day: day) * 86400 + hour * 3600 + minute * 60 + second - offset
        nanoseconds = Int32(fraction)
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(inMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month and day of the moment, in UTC.
    public var date: (year: Int64, month: Int64, day: Int64) {
        let day = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0)
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return text.count >= width ? text : String(repeating: "0", count: width - text.count) + text
    }

    private var toTheSecond: String {
        let (year, month, day) = date
        let second = ((seconds % 86400) + 86400) % 86400
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T"
            + "\(Self.padded(second / 3600, 2)):\(Self.padded(second / 60 % 60, 2)):\(Self.padded(second % 60, 2))"
    }

    /// To the second, as `metav1.Time`: `2026-11-23T10:00:00Z`.
    public var description: String { toTheSecond + "Z" }

    /// With six digits of fraction, as `metav1.MicroTime`.
    public var micro: String { toTheSecond + "." + Self.padded(Int64(nanoseconds / 1000), 6) + "Z" }

    /// The age at `now` in the words of `kubectl get`: `5s`, `3m`, `2d4h`. (apimachinery `duration.HumanDuration`)
    public func age(at now: Timestamp) -> String {
        let (difference, overflow) = now.seconds.subtractingReportingOverflow(seconds)
        return Self.humanDuration(seconds: overflow ? (now.seconds < 0 ? .min : .max) : difference)
    }

    /// A duration in the words of `kubectl get`.
    public static func humanDuration(seconds total: Int64) -> String {
        if total < -1 { return "<invalid>" }
        if total < 0 { return "0s" }
        if total < 120 { return "\(total)s" }
        let minutes = total / 60
        if minutes < 10 {
            let rest = total % 60
            return rest == 0 ? "\(minutes)m" : "\(minutes)m\(rest)s"
        }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 {
            let rest = minutes % 60
            return rest == 0 ? "\(hours)h" : "\(hours)h\(rest)m"
        }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if hours < 192 {
            let rest = hours % 24
            return rest == 0 ? "\(days)d" : "\(days)d\(rest)h"
        }
        if hours < 24 * 365 * 2 { return "\(days)d" }
        let years = days / 365
        if hours < 24 * 365 * 8 {
            let rest = days % 365
            return rest == 0 ? "\(years)y" : "\(years)y\(rest)d"
        }
        return "\(years)y"
    }
}
