import KubeModel

/// A moment as a clock on the wall and a calendar show it.
struct CivilTime: Hashable, Sendable {
    var year: Int64
    var month: Int64
    var day: Int64
    var hour: Int64
    var minute: Int64
    /// 0 is Sunday.
    var weekday: Int64

    /// - Parameter local: seconds since 1970 of the local clock.
    init(local: Int64) {
        (year, month, day) = Timestamp(seconds: local).date
        let days = Self.floorDivision(local, 86400)
        let second = local - days * 86400
        hour = second / 3600
        minute = second / 60 % 60
        weekday = Self.weekday(days)
    }

    static func floorDivision(_ value: Int64, _ by: Int64) -> Int64 { value / by - (value % by < 0 ? 1 : 0) }

    /// The day of the week of a day since 1970, which began on a Thursday.
    static func weekday(_ days: Int64) -> Int64 { ((days % 7) + 11) % 7 }

    /// Days since 1970 of a date of the Gregorian calendar.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivision(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
