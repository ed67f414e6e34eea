import KubeModel
import Testing

@testable import Reconcile

@Suite struct CronScheduleTests {
    /// A TZif file of the second version without any change, so that its last line holds always.
    static func file(_ footer: String, offset: Int32 = 0) -> [UInt8] {
        func header(types: UInt8) -> [UInt8] {
            var bytes = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            for count in [0, 0, 0, 0, types, 0] as [UInt8] { bytes += [0, 0, 0, count] }
            return bytes
        }
        let bits = UInt32(bitPattern: offset)
        let type: [UInt8] = [UInt8(bits >> 24), UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255), 0, 0]
        return header(types: 1) + type + header(types: 1) + type + Array("\n\(footer)\n".utf8)
    }

    static let berlin = ZoneRules(file: file("CET-1CEST,M3.5.0,M10.5.0/3")) ?? .utc

    @Test("the next time of a schedule", arguments: [
        ("*/15 * * * *", "2026-11-26T07:27:46Z", "2026-11-26T07:30:00Z"),
        ("* * * * *", "2026-11-26T07:27:00Z", "2026-11-26T07:28:00Z"),
        ("0 0 1 * *", "2026-11-26T07:27:46Z", "2026-12-01T00:00:00Z"),
        ("@hourly", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
        ("@daily", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("@weekly", "2026-11-26T00:00:00Z", "2026-11-29T00:00:00Z"),
        ("@monthly", "2026-11-26T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("@yearly", "2026-11-26T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("30 4 1,15 * fri", "2026-11-26T07:27:46Z", "2026-11-27T04:30:00Z"),
        ("30 4 1,15 * *", "2026-11-26T07:27:46Z", "2026-12-01T04:30:00Z"),
        ("5-10/2 8 * jan-feb mon", "2026-11-26T07:27:46Z", "2027-01-04T08:05:00Z"),
        ("3/20 * * * *", "2026-11-26T07:27:46Z", "2026-11-26T07:43:00Z"),
        ("0 12 29 2 *", "2026-11-26T07:27:46Z", "2028-02-29T12:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("59 23 31 2 *", "2026-11-26T07:27:46Z", nil),
        ("@every 90s", "2026-11-26T07:27:46Z", "2026-11-26T07:29:16Z"),
    ] as [(String, String, String?)]) func next(text: String, from: String, expected: String?) throws {
        let start = try #require(Timestamp(from)).seconds
        let found = try CronSchedule(text).next(after: start, in: .utc)
        #expect(found.map { Timestamp(seconds: $0).description } == expected)
    }

    @Test("what is no schedule is refused", arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "5-1 * * * *", "*/0 * * * *", "a * * * *",
        "1-2-3 * * * *", "1/2/3 * * * *", "-1 * * * *", "@sometimes", "@every x", "@every 1e30h", "99999999999999999999 * * * *", ", * * * *",
        String(repeating: "1,", count: 2000) + "1 * * * *",
    ]) func faults(text: String) {
        #expect(throws: CronSchedule.Fault.self) { try CronSchedule(text) }
    }

    @Test("clocks that are put forward and back", arguments: [
        // 02:30 does not exist on 29 March 2026 in Berlin.
        ("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
        ("0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        // Summer is two hours ahead, winter one.
        ("0 12 * * *", "2026-06-01T00:00:00Z", "2026-06-01T10:00:00Z"),
        ("0 12 * * *", "2026-12-01T00:00:00Z", "2026-12-01T11:00:00Z"),
        // 02:30 comes twice on 25 October 2026.
        ("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ("0 0 1 * *", "2026-03-02T00:00:00Z", "2026-03-31T22:00:00Z"),
        // From a winter month to the first hour of a summer one.
        ("30 0 1 4 *", "2026-02-10T12:00:00Z", "2026-03-31T22:30:00Z"),
    ]) func summerTime(text: String, from: String, expected: String) throws {
        let start = try #require(Timestamp(from)).seconds
        #expect(try CronSchedule(text).next(after: start, in: Self.berlin).map { Timestamp(seconds: $0).description } == expected)
    }

    @Test("a day whose midnight is skipped begins when it begins") func midnightGap() throws {
        // As in Beirut: the clock goes from 00:00 to 01:00 on the last Sunday of March.
        let beirut = try #require(ZoneRules(file: Self.file("EET-2EEST,M3.5.0/0,M10.5.0/0")))
        let schedule = try CronSchedule("0 1 29 3 *")
        let found = schedule.next(after: 1_767_225_600, in: beirut)
        #expect(found.map { Timestamp(seconds: $0).description } == "2026-03-28T22:00:00Z")
    }

    @Test("the next and the last time are what looking at each minute finds", arguments: 0..<32 as Range<UInt64>) func agreesWithSearch(seed: UInt64) throws {
        var random = Seeded(seed)
        func field(_ bounds: ClosedRange<Int>) -> String {
            let low = Int.random(in: bounds, using: &random)
            let high = Int.random(in: low...bounds.upperBound, using: &random)
            return ["*", "\(low)", "\(low)-\(high)", "*/\(Int.random(in: 1...7, using: &random))", "\(low),\(high)"].randomElement(using: &random) ?? "*"
        }
        let text = "\(field(0...59)) \(field(0...23)) \(field(1...31)) \(field(1...12)) \(field(0...6))"
        let schedule = try CronSchedule(text)
        let zone = Bool.random(using: &random) ? Self.berlin : .utc
        // Around both changes of the clock.
        let start = Int64([1_774_700_000, 1_792_800_000, 1_790_000_000].randomElement(using: &random) ?? 0) + Int64.random(in: 0...90_000, using: &random)
        let minutes = stride(from: (start / 60 + 1) * 60, through: start + 9 * 86400, by: 60).filter { Self.matches(text, $0 + zone.offset(at: $0)) }
        let next = schedule.next(after: start, in: zone)
        if let first = minutes.first { #expect(next == first, "\(text)") } else { #expect(next.map { $0 > start + 9 * 86400 } ?? true, "\(text)") }
        #expect(schedule.last(after: start, notAfter: start + 9 * 86400, in: zone) == minutes.last, "\(text)")
    }

    /// Whether a local minute is one of the schedule's, found out in another way than the schedule does.
    private static func matches(_ text: String, _ local: Int64) -> Bool {
        let time = CivilTime(local: local)
        let fields = text.split(separator: " ").map(String.init)
        func holds(_ field: String, _ value: Int64, _ lowest: Int64) -> Bool {
            field.split(separator: ",").contains { part in
                if part == "*" { return true }
                if part.hasPrefix("*/") { return (value - lowest) % (Int64(part.dropFirst(2)) ?? 1) == 0 }
                let ends = part.split(separator: "-").compactMap { Int64($0) }
                return value >= ends[0] && value <= ends[ends.count - 1]
            }
        }
        let isAny = [fields[2], fields[4]].map { $0 == "*" || $0 == "*/1" }
        let day = holds(fields[2], time.day, 1)
        let weekday = holds(fields[4], time.weekday, 0)
        return holds(fields[0], time.minute, 0) && holds(fields[1], time.hour, 0) && holds(fields[3], time.month, 1)
            && (isAny[0] || isAny[1] ? day && weekday : day || weekday)
    }

    @Test("the last line of a zone file says what holds in each year", arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600), ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2060-10-31T00:59:59Z", 7200), ("CET-1CEST,M3.5.0,M10.5.0/3", "2060-10-31T01:00:00Z", 3600),
        ("EST5EDT,M3.2.0,M11.1.0", "2026-07-01T00:00:00Z", -14400), ("EST5EDT,M3.2.0,M11.1.0", "2026-12-01T00:00:00Z", -18000),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-15T00:00:00Z", 39600), ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-15T00:00:00Z", 36000),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-15T00:00:00Z", 39600), ("<-03>3", "2026-01-15T00:00:00Z", -10800),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600), ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0),
        ("XXX0YYY,J60/0,J300/0", "2028-03-01T00:00:00Z", 3600), ("XXX0YYY,59/0,300/0", "2028-02-29T00:00:00Z", 3600),
    ] as [(String, String, Int64)]) func footers(text: String, moment: String, offset: Int64) throws {
        let zone = try #require(ZoneRules(file: Self.file(text)))
        #expect(zone.offset(at: try #require(Timestamp(moment)).seconds) == offset)
    }

    @Test("a file that is cut short, or is none, is refused or read as far as it is one") func hostileFiles() {
        let whole = Self.file("CET-1CEST,M3.5.0,M10.5.0/3")
        for length in 0..<whole.count - 30 { _ = ZoneRules(file: Array(whole.prefix(length))) }
        #expect(ZoneRules(file: Array(whole.prefix(60))) == nil)
        #expect(ZoneRules(file: []) == nil)
        for footer in ["CET", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0", "C-1", "CET-99", "CET-1CEST,M3.5.0/999,M10.5.0"] where footer != "CET" {
            #expect(ZoneRules(file: Self.file(footer)) == nil, "\(footer)")
        }
        var random = Seeded(7)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<4 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            _ = ZoneRules(file: bytes)?.offset(at: 1_790_000_000)
        }
    }
}
