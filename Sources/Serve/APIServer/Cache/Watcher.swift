package import KubeModel
package import Store
import Synchronization

/// What a watch or a list selects.
package struct ObjectSelection: Sendable {
    /// The start of the storage keys: the resource, the namespace or the one object.
    package var prefix: String
    package var labels = LabelSelector()
    package var fields = FieldSelector()

    package init(prefix: String, labels: LabelSelector = LabelSelector(), fields: FieldSelector = FieldSelector()) {
        self.prefix = prefix
        self.labels = labels
        self.fields = fields
    }

    /// Whether the object is selected.
    package func matches(_ object: CachedObject) -> Bool {
        object.key.utf8.starts(with: prefix.utf8) && (labels.isEverything || labels.matches(object.labels))
            && (fields.requirements.isEmpty || fields.matches(object.field))
    }
}

/// What a watcher is told of a change, given what it selects.
package enum WatchEventType: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
    case bookmark = "BOOKMARK"
    case error = "ERROR"
}

/// One item in a watcher's queue.
package enum WatchItem: Sendable {
    case change(WatchEventType, CachedObject)
    /// All initial objects were sent; `revision` is that of the view.
    case initialEventsEnd(Revision)
    case bookmark(Revision)
}

/// One open watch: a bounded queue between the cache and whoever sends.
///
/// The cache puts events in under its own lock and never waits; a watcher that falls behind by more than ``limit``
/// items is ended, and its client resumes by its last revision.
package final class Watcher: Sendable {
    /// How many items may wait to be sent.
    static let limit = 16384

    let selection: ObjectSelection
    private struct State {
        var queue: [WatchItem] = []
        var isScheduled = false
        var isEnded = false
        var overflowed = false
        var wake: (@Sendable () -> Void)?
        /// Items are held back until the log has been read.
        var isHeld = false
        /// Changes up to this revision were sent already.
        var floor = Revision(rawValue: 0)
    }
    private let state: Mutex<State>

    /// - Parameter held: whether to hold items back until ``release(after:first:)``.
    package init(_ selection: ObjectSelection, held: Bool = false) {
        self.selection = selection
        var initial = State()
        initial.isHeld = held
        state = Mutex(initial)
    }

    /// Sets what is called, once, whenever the queue becomes non-empty or ends.
    package func onReady(_ wake: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            state.wake = wake
            if state.queue.isEmpty && !state.isEnded { return false }
            state.isScheduled = true
            return true
        }
        if now { wake() }
    }

    /// The change as this watcher sees it; nil when it concerns no object that it selects.
    func translate(_ event: CacheEvent) -> WatchItem? {
        let matched = event.previous.map(selection.matches) ?? false
        if event.isRemoval { return selection.matches(event.object) || matched ? .change(.deleted, event.object) : nil }
        switch (matched, selection.matches(event.object)) {
        case (false, true): return .change(.added, event.object)
        case (true, true): return .change(.modified, event.object)
        case (true, false):
            // It left the selection: to this watcher it is gone, in its last selected state at the new revision.
            return .change(.deleted, event.previous.flatMap { try? CachedObject(leaving: $0, at: event.revision) } ?? event.object)
        case (false, false): return nil
        }
    }

    func offer(_ event: CacheEvent) {
        guard let item = translate(event) else { return }
        push(item, revision: event.revision)
    }

    /// Puts an item at the end of the queue.
    package func push(_ item: WatchItem, revision: Revision? = nil) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            if state.isEnded { return nil }
            if let revision, revision <= state.floor { return nil }
            if state.queue.count >= Self.limit {
                state.isEnded = true
                state.overflowed = true
                state.queue.removeAll()
            } else {
                state.queue.append(item)
            }
            if state.isHeld || state.isScheduled || state.wake == nil { return nil }
            state.isScheduled = true
            return state.wake
        }
        wake?()
    }

    /// Ends holding back: what waits after `floor` follows `first`.
    func release(first: [WatchItem], floor: Revision) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            state.isHeld = false
            state.floor = floor
            state.queue = first + state.queue.filter {
                switch $0 {
                case .change(_, let object): object.revision > floor
                case .initialEventsEnd, .bookmark: true
                }
            }
            if state.isScheduled || state.wake == nil || (state.queue.isEmpty && !state.isEnded) { return nil }
            state.isScheduled = true
            return state.wake
        }
        wake?()
    }

    /// Takes what waits; `isEnded` says that nothing will follow.
    package func drain() -> (items: [WatchItem], isEnded: Bool) {
        state.withLock { state in
            state.isScheduled = false
            if state.isHeld { return ([], state.isEnded) }
            let items = state.queue
            state.queue = []
            return (items, state.isEnded)
        }
    }

    /// Ends the watch after what waits has been sent.
    func finish() {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            state.isEnded = true
            if state.isHeld || state.isScheduled { return nil }
            state.isScheduled = true
            return state.wake
        }
        wake?()
    }

    /// Ends the watch; what waits is dropped.
    package func end() {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            if state.isEnded { return nil }
            state.isEnded = true
            state.queue = []
            if state.isScheduled { return nil }
            state.isScheduled = true
            return state.wake
        }
        wake?()
    }

    /// Whether the watcher was ended because it fell behind.
    package var overflowed: Bool { state.withLock { $0.overflowed } }
}
