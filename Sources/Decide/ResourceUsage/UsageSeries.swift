public import KubeModel

/// Counters with the moment at which they were read.
public struct UsageReading: Hashable, Sendable {
    /// The counters.
    public var counters: UsageCounters
    /// By the wall, which may be set: for showing only.
    public var time: Timestamp
    /// By a clock that nobody sets, in nanoseconds from some beginning: for windows.
    public var instant: UInt64

    /// Counters that were read at a moment.
    public init(_ counters: UsageCounters, time: Timestamp, instant: UInt64) {
        self.counters = counters
        self.time = time
        self.instant = instant
    }
}

/// How much of a processor was used over a window.
public struct UsageRate: Hashable, Sendable {
    /// Billionths of one processor, on the average of the window.
    public var nanoCores: UInt64
    /// The time between the two readings, in nanoseconds.
    public var window: UInt64

    /// An average over a window.
    public init(nanoCores: UInt64, window: UInt64) {
        self.nanoCores = nanoCores
        self.window = window
    }
}

/// The last two readings of one thing that uses processors and memory.
public struct UsageSeries: Hashable, Sendable {
    /// Two readings that are nearer than this make no rate: 100 ms, since what the kernel counts in ticks is too coarse below.
    static let shortest: UInt64 = 100_000_000

    /// The last one.
    public private(set) var last: UsageReading
    /// The one before; nil when there is none that can be compared with the last.
    public private(set) var previous: UsageReading?

    /// The first reading: no rate is known yet.
    public init(_ first: UsageReading) { last = first }

    /// Takes another reading. One that was read before the last, or counts less time, begins anew: there is no rate between them.
    public mutating func take(_ reading: UsageReading) {
        let isLater = reading.instant >= last.instant && reading.instant - last.instant >= Self.shortest
        previous = isLater && reading.counters.processor >= last.counters.processor ? last : nil
        last = reading
    }

    /// The rate between the two readings; nil as long as there is none.
    public var rate: UsageRate? {
        guard let previous else { return nil }
        let window = last.instant - previous.instant
        let (high, low) = (last.counters.processor - previous.counters.processor).multipliedFullWidth(by: 1_000_000_000)
        guard high < window else { return nil }
        return UsageRate(nanoCores: window.dividingFullWidth((high, low)).quotient, window: window)
    }
}

/// A sum over processes that come and go, as a counter that never falls: what one of them did before it ended is not counted
/// again, and what it did after it was last seen and that nobody waited for is lost. A lower bound of the truth.
public struct RisingSum: Hashable, Sendable {
    private var seen: UInt64
    /// The counter.
    public private(set) var total: UInt64

    /// Begins with what is there.
    public init(_ sum: UInt64) {
        seen = sum
        total = sum
    }

    /// Takes the sum as it is now.
    public mutating func take(_ sum: UInt64) {
        if sum > seen { total &+= sum - seen }
        seen = sum
    }
}
