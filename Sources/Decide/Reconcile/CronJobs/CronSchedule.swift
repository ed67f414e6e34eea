/// When a CronJob runs: five fields, or a word such as `@daily`.
///
/// Source: Kubernetes documentation, "CronJob", schedule syntax; crontab(5).
public struct CronSchedule: Hashable, Sendable {
    /// Why a text is no schedule.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong with it.
        public var description: String
    }

    /// The values of one field, one bit each.
    private struct Field: Hashable, Sendable {
        var bits: UInt64
        /// Whether it is `*`: then it says nothing about the day.
        var isAny: Bool
        func contains(_ value: Int64) -> Bool { bits >> UInt64(value) & 1 == 1 }
    }

    private enum Form: Hashable, Sendable {
        case fields(minute: Field, hour: Field, day: Field, month: Field, weekday: Field)
        /// `@every`, in seconds.
        case interval(Int64)
    }

    private let form: Form
    /// The zone that the text itself names with `TZ=`, as CronJobs of long ago do.
    public let zone: String?

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let words = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    // MARK: Reading

    /// Reads a schedule of at most 1024 bytes.
    public init(_ text: String) throws(Fault) {
        guard text.utf8.count <= 1024 else { throw Fault(description: "the schedule is too long") }
        var parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
        var named: String?
        if let first = parts.first, first.hasPrefix("TZ=") || first.hasPrefix("CRON_TZ=") {
            named = String(first.drop { $0 != "=" }.dropFirst())
            parts.removeFirst()
        }
        zone = named
        if parts.count == 2, parts[0] == "@every" {
            form = .interval(try Self.duration(parts[1]))
            return
        }
        if parts.count == 1, let meaning = Self.words[parts[0]] { parts = meaning.split(separator: " ").map(String.init) }
        guard parts.count == 5 else { throw Fault(description: "expected exactly 5 fields, found \(parts.count)") }
        form = .fields(
            minute: try Self.field(parts[0], 0...59, names: [], from: 0), hour: try Self.field(parts[1], 0...23, names: [], from: 0),
            day: try Self.field(parts[2], 1...31, names: [], from: 0), month: try Self.field(parts[3], 1...12, names: Self.months, from: 1),
            weekday: try Self.field(parts[4], 0...6, names: Self.weekdays, from: 0))
    }

    private static func field(_ text: String, _ bounds: ClosedRange<Int64>, names: [String], from: Int64) throws(Fault) -> Field {
        var field = Field(bits: 0, isAny: false)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let steps = part.split(separator: "/", omittingEmptySubsequences: false)
            guard steps.count <= 2 else { throw Fault(description: "too many slashes: \(part)") }
            let ends = steps[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            var range = bounds
            let isStar = steps[0] == "*" || steps[0] == "?"
            let step = try steps.count == 2 ? number(String(steps[1]), names: [], from: 0) : 1
            if !isStar {
                guard ends.count <= 2 else { throw Fault(description: "too many hyphens: \(part)") }
                let low = try number(ends[0], names: names, from: from)
                let high = try ends.count == 2 ? number(ends[1], names: names, from: from) : steps.count == 2 ? bounds.upperBound : low
                guard low >= bounds.lowerBound, high <= bounds.upperBound, low <= high else {
                    throw Fault(description: "\(part) is not within \(bounds.lowerBound)-\(bounds.upperBound)")
                }
                range = low...high
            }
            guard step > 0 else { throw Fault(description: "step of range should be a positive number: \(part)") }
            var value = range.lowerBound
            while value <= range.upperBound {
                field.bits |= 1 << UInt64(value)
                value += step
            }
            if isStar, step == 1 { field.isAny = true }
        }
        return field
    }

    private static func number(_ text: String, names: [String], from: Int64) throws(Fault) -> Int64 {
        if let at = names.firstIndex(of: text.lowercased()) { return Int64(at) + from }
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let value = Int64(text) else {
            throw Fault(description: "failed to parse int from \(text)")
        }
        return value
    }

    /// Go's syntax of durations, in whole seconds and at least one.
    private static func duration(_ text: String) throws(Fault) -> Int64 {
        let units: [String: Double] = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
        var rest = text[...]
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(digits), let factor = units[String(unit)] else { throw Fault(description: "failed to parse duration \(text)") }
            total += value * factor
        }
        guard total.isFinite, total < 1e10 else { throw Fault(description: "failed to parse duration \(text)") }
        return max(1, Int64(total))
    }

    // MARK: Times

    /// The first time after a moment, both in seconds since 1970; nil when there is none within eight years, which is
    /// how long February 29 can keep one waiting.
    public func next(after moment: Int64, in zone: ZoneRules) -> Int64? {
        switch form {
        case .interval(let seconds): return moment + seconds
        case .fields(let minute, let hour, let day, let month, let weekday):
            var at = (CivilTime.floorDivision(moment, 60) + 1) * 60
            let limit = moment + 8 * 366 * 86400
            while at <= limit {
                let local = at + zone.offset(at: at)
                let time = CivilTime(local: local)
                if !month.contains(time.month) {
                    let (year, next) = time.month == 12 ? (time.year + 1, 1) : (time.year, time.month + 1)
                    at = Self.jump(from: at, to: CivilTime.days(year: year, month: next, day: 1) * 86400, in: zone)
                } else if !Self.matches(time, day, weekday) {
                    at = Self.jump(from: at, to: (CivilTime.floorDivision(local, 86400) + 1) * 86400, in: zone)
                } else if !hour.contains(time.hour) {
                    at += (60 - time.minute) * 60
                } else if !minute.contains(time.minute) {
                    at += 60
                } else {
                    return at
                }
            }
            return nil
        }
    }

    /// Either of the two days will do, but when one is `*`, the other decides.
    private static func matches(_ time: CivilTime, _ day: Field, _ weekday: Field) -> Bool {
        let isDay = day.contains(time.day)
        let isWeekday = weekday.contains(time.weekday)
        return day.isAny || weekday.isAny ? isDay && isWeekday : isDay || isWeekday
    }

    /// The first moment at which the local clock shows `midnight` or, where clocks are put forward over it, more.
    private static func jump(from at: Int64, to midnight: Int64, in zone: ZoneRules) -> Int64 {
        let guess = midnight - zone.offset(at: at)
        let over = guess + zone.offset(at: guess) - midnight
        guard over > 0 else { return guess }
        let earlier = guess - over
        return earlier + zone.offset(at: earlier) >= midnight ? earlier : guess
    }

    /// The last time after `start` and not after `end`; nil when there is none.
    ///
    /// It looks at twice as long a time at each try, so that what is long past is not gone through minute by minute.
    public func last(after start: Int64, notAfter end: Int64, in zone: ZoneRules) -> Int64? {
        if case .interval(let seconds) = form {
            let count = (end - start) / seconds
            return count > 0 ? start + count * seconds : nil
        }
        var span: Int64 = 120
        while true {
            let from = max(start, end - span)
            if var found = next(after: from, in: zone), found <= end {
                while let later = next(after: found, in: zone), later <= end { found = later }
                return found
            }
            if from == start { return nil }
            span *= 2
        }
    }
}
