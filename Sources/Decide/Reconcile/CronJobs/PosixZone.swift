import KubeModel

/// The last line of a TZif file: an offset, and from when to when of each year another holds, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2024, `TZ`; RFC 9636 section 3.3.1 for hours beyond 24.
struct PosixZone: Hashable, Sendable {
    private enum Day: Hashable, Sendable {
        /// The week of a month, 5 for the last, and the day of the week.
        case month(Int64, week: Int64, weekday: Int64)
        /// From 1, February 29 never counted.
        case julian(Int64)
        /// From 0, February 29 counted.
        case ofYear(Int64)
    }
    private struct Change: Hashable, Sendable {
        var day: Day
        /// Seconds after midnight, of the clock as it was before.
        var time: Int64 = 7200
    }

    private struct Summer: Hashable, Sendable {
        var offset: Int64
        var start: Change
        var end: Change
    }

    private var standard: Int64
    private var summer: Summer?

    /// Seconds ahead of UTC at a moment.
    func offset(at moment: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = Timestamp(seconds: moment + standard).date.year
        let from = Self.moment(summer.start, year: year) - standard
        let to = Self.moment(summer.end, year: year) - summer.offset
        // South of the equator summer lasts over the new year.
        let isSummer = from < to ? moment >= from && moment < to : moment >= from || moment < to
        return isSummer ? summer.offset : standard
    }

    private static func days(_ year: Int64, _ month: Int64) -> Int64 { CivilTime.days(year: year, month: month, day: 1) }

    private static func moment(_ change: Change, year: Int64) -> Int64 {
        let day: Int64
        switch change.day {
        case .ofYear(let number): day = days(year, 1) + number
        case .julian(let number):
            let hasLeapDay = days(year, 3) - days(year, 2) == 29
            day = days(year, 1) + number - 1 + (hasLeapDay && number >= 60 ? 1 : 0)
        case .month(let month, let week, let weekday):
            let first = days(year, month)
            let length = (month == 12 ? days(year + 1, 1) : days(year, month + 1)) - first
            var number = (weekday - CivilTime.weekday(first) + 7) % 7 + (week - 1) * 7
            if number >= length { number -= 7 }
            day = first + number
        }
        return day * 86400 + change.time
    }

    // MARK: Reading

    /// Reads the text; nil when it is none.
    init?(_ text: String) {
        guard text.utf8.count <= 128 else { return nil }
        var rest = Array(text.utf8)[...]
        guard Self.name(&rest), let standard = Self.clock(&rest, most: 24) else { return nil }
        self.standard = -standard
        if rest.isEmpty { return }
        guard Self.name(&rest) else { return nil }
        var other = self.standard + 3600
        if rest.first != 0x2C, !rest.isEmpty {
            guard let offset = Self.clock(&rest, most: 24) else { return nil }
            other = -offset
        }
        guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else { return nil }
        summer = Summer(offset: other, start: start, end: end)
    }

    private static func name(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == 0x3C {
            guard let end = rest.firstIndex(of: 0x3E) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let letters = rest.prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, most: Int64) -> Int64? {
        let digits = rest.prefix { $0 &- 0x30 < 10 }
        guard !digits.isEmpty, digits.count <= 3 else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return value <= most ? value : nil
    }

    private static func skip(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// `[+-]h[:m[:s]]` in seconds.
    private static func clock(_ rest: inout ArraySlice<UInt8>, most: Int64) -> Int64? {
        let isNegative = skip(0x2D, &rest)
        if !isNegative { _ = skip(0x2B, &rest) }
        guard var total = number(&rest, most: most) else { return nil }
        total *= 3600
        for unit in [60, 1] as [Int64] where skip(0x3A, &rest) {
            guard let value = number(&rest, most: 59) else { return nil }
            total += value * unit
        }
        return isNegative ? -total : total
    }

    private static func change(_ rest: inout ArraySlice<UInt8>) -> Change? {
        guard skip(0x2C, &rest) else { return nil }
        var change: Change
        if skip(0x4D, &rest) {
            guard let month = number(&rest, most: 12), month > 0, skip(0x2E, &rest), let week = number(&rest, most: 5), week > 0, skip(0x2E, &rest),
                let weekday = number(&rest, most: 6)
            else { return nil }
            change = Change(day: .month(month, week: week, weekday: weekday))
        } else if skip(0x4A, &rest) {
            guard let day = number(&rest, most: 365), day > 0 else { return nil }
            change = Change(day: .julian(day))
        } else {
            guard let day = number(&rest, most: 365) else { return nil }
            change = Change(day: .ofYear(day))
        }
        if skip(0x2F, &rest) {
            guard let time = clock(&rest, most: 167) else { return nil }
            change.time = time
        }
        return change
    }
}
