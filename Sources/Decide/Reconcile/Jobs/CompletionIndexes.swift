/// A set of completion indexes, in the form of `status.completedIndexes`: `1,3-5,7`.
public struct CompletionIndexes: Hashable, Sendable, CustomStringConvertible {
    /// Apart from each other, in order.
    private var intervals: [ClosedRange<Int>] = []

    /// No index.
    public init() {}

    /// The indexes in any order, some perhaps more than once.
    public init(_ indexes: some Sequence<Int>) {
        for index in indexes.sorted() {
            if let last = intervals.last, index <= last.upperBound + 1 {
                intervals[intervals.count - 1] = last.lowerBound...max(last.upperBound, index)
            } else {
                intervals.append(index...index)
            }
        }
    }

    /// Reads the text of a status; what is no index, or not below `bound`, is left out.
    public init(_ text: String, below bound: Int) {
        var read: [ClosedRange<Int>] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends[0], first >= 0, first < bound, let last = ends[ends.count - 1], last >= first else { continue }
            read.append(first...min(last, bound - 1))
        }
        intervals = Self.joined(read)
    }

    private static func joined(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var result: [ClosedRange<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// How many there are.
    public var count: Int { intervals.reduce(0) { $0 + $1.count } }

    /// Whether the index is one of them; logarithmic in the number of intervals.
    public func contains(_ index: Int) -> Bool {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].upperBound < index { low = middle + 1 } else { high = middle }
        }
        return low < intervals.count && intervals[low].contains(index)
    }

    /// Those of both.
    public func union(_ other: CompletionIndexes) -> CompletionIndexes {
        var result = CompletionIndexes()
        result.intervals = Self.joined(intervals + other.intervals)
        return result
    }

    /// How many of these are in the other set too.
    public func countShared(with other: CompletionIndexes) -> Int {
        var total = 0
        for mine in intervals {
            for theirs in other.intervals where theirs.overlaps(mine) { total += mine.clamped(to: theirs).count }
        }
        return total
    }

    /// The first indexes below `bound` that are not in the set.
    public func gaps(below bound: Int, atMost most: Int) -> [Int] {
        var result: [Int] = []
        var next = 0
        for interval in intervals + [bound...bound] {
            while next < min(interval.lowerBound, bound), result.count < most {
                result.append(next)
                next += 1
            }
            if result.count >= most { break }
            next = max(next, interval.upperBound + 1)
        }
        return result
    }

    /// The text of a status; two neighbours are written with a comma.
    public var description: String {
        intervals.map { interval in
            switch interval.count {
            case 1: "\(interval.lowerBound)"
            case 2: "\(interval.lowerBound),\(interval.upperBound)"
            default: "\(interval.lowerBound)-\(interval.upperBound)"
            }
        }.joined(separator: ",")
    }
}
