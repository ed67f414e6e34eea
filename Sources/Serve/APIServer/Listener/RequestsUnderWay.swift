import Synchronization

/// How many requests of a listener wait for their answer: what a shutdown waits for. Idle connections it does not wait
/// for, since a client that does not read would hold it up until the end of its grace.
final class RequestsUnderWay: Sendable {
    private let count = Atomic(0)

    func begin() { count.add(1, ordering: .relaxed) }
    func end() { count.subtract(1, ordering: .relaxed) }
    var areNone: Bool { count.load(ordering: .relaxed) == 0 }
}
