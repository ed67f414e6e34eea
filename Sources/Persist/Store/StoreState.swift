import Synchronization

/// What all threads of a store know of it. A lock and not an actor: the writer thread may not wait for a task.
final class StoreState: Sendable {
    struct Facts: Sendable {
        var current = Revision.initial
        var compacted = Revision(0)
        /// Why writes are refused for good.
        var failure: StoreError?
        var commits: Int64 = 0
        var conflicts: Int64 = 0
        var groups: Int64 = 0
        var largestGroup = 0
        var logPages = 0
    }

    private let facts: Mutex<Facts>

    init(_ facts: Facts) { self.facts = Mutex(facts) }

    var now: Facts { facts.withLock { $0 } }
    var failure: StoreError? { facts.withLock(\.failure) }

    func update(_ change: (inout Facts) -> Void) { facts.withLock { change(&$0) } }
}
