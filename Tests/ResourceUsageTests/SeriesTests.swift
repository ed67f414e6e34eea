import KubeModel
import ResourceUsage
import Testing

@Suite("rates between readings") struct SeriesTests {
    private static let second: UInt64 = 1_000_000_000

    private static func reading(_ processor: UInt64, at instant: UInt64, wall: Int64 = 1_700_000_000, memory: UInt64 = 1) -> UsageReading {
        UsageReading(UsageCounters(processor: processor, workingSet: memory), time: Timestamp(seconds: wall), instant: instant)
    }

    @Test(
        "a rate is what was used between two readings, over the time between them",
        arguments: [
            // Half a processor over ten seconds; two processors; nothing.
            ((0, 0), (5 * second, 10 * second), UsageRate(nanoCores: 500_000_000, window: 10 * second)),
            ((7, 3), (2 * second + 7, second + 3), UsageRate(nanoCores: 2_000_000_000, window: second)),
            ((9, 0), (9, 15 * second), UsageRate(nanoCores: 0, window: 15 * second)),
            // More than 64 bits on the way.
            ((0, 0), (1 << 62, 1 << 62), UsageRate(nanoCores: second, window: 1 << 62)),
            // The counter began anew; the clock that nobody sets stood still, went back, or hardly moved.
            ((5, 0), (4, second), nil), ((5, second), (9, second), nil), ((5, second), (9, 0), nil), ((0, 0), (1, 1000), nil),
            // More than any machine has.
            ((0, 0), (.max, second / 2), nil),
        ] as [((UInt64, UInt64), (UInt64, UInt64), UsageRate?)])
    func rate(first: (UInt64, UInt64), second: (UInt64, UInt64), expected: UsageRate?) {
        var series = UsageSeries(Self.reading(first.0, at: first.1))
        #expect(series.rate == nil)
        series.take(Self.reading(second.0, at: second.1))
        #expect(series.rate == expected)
    }

    @Test("a wall clock that is set changes no rate")
    func wallClock() {
        for wall in [1_600_000_000, 1_700_000_010, 1_900_000_000] as [Int64] {
            var series = UsageSeries(Self.reading(0, at: 0))
            series.take(Self.reading(Self.second, at: 10 * Self.second, wall: wall))
            #expect(series.rate == UsageRate(nanoCores: 100_000_000, window: 10 * Self.second))
            #expect(series.last.time.seconds == wall)
        }
    }

    @Test("after a counter that began anew the next reading makes a rate again, of what came after it")
    func reset() {
        var series = UsageSeries(Self.reading(100, at: 0))
        series.take(Self.reading(10, at: Self.second))
        #expect(series.rate == nil)
        series.take(Self.reading(10 + Self.second, at: 3 * Self.second, memory: 77))
        #expect(series.rate == UsageRate(nanoCores: 500_000_000, window: 2 * Self.second))
        #expect(series.last.counters.workingSet == 77)
    }

    @Test("a sum over processes never falls: those that end take nothing away")
    func risingSum() {
        var sum = RisingSum(100)
        for (next, expected) in [(150, 150), (40, 150), (60, 170), (60, 170), (0, 170), (5, 175)] as [(UInt64, UInt64)] {
            sum.take(next)
            #expect(sum.total == expected)
        }
    }
}
