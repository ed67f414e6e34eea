import DequeModule
package import KubeModel
package import Store
import Synchronization

/// A change of one object as watchers see it.
package final class CacheEvent: Sendable {
    /// The object after the change; for a removal the object as it was, with the removal's revision.
    package let object: CachedObject
    /// The object before the change.
    package let previous: CachedObject?
    package let isRemoval: Bool
    package var revision: Revision { object.revision }

    init(object: CachedObject, previous: CachedObject?, isRemoval: Bool) {
        self.object = object
        self.previous = previous
        self.isRemoval = isRemoval
    }
}

/// A consistent view of the objects of one resource.
package struct CacheSnapshot: Sendable {
    let entries: SortedEntries
    /// Every change up to this revision is in the view.
    package let revision: Revision
}

/// All objects of one stored resource, and those who watch them.
///
/// A lock and no actor: event loops read here in the midst of a request and must not wait for a task; every section
/// under the lock is short and calls nothing that waits.
package final class ResourceCache: Sendable {
    /// How many past changes are kept for watches that resume; older ones come from the store's log.
    static let window = 1024

    package let resource: GroupResource
    private let isCustom: Bool
    private struct State {
        /// The selectable fields beyond name and namespace that are read from each object.
        var fieldKeys: [String]
        var entries = SortedEntries()
        var revision = Revision(rawValue: 0)
        var history: Deque<CacheEvent> = []
        /// The revision of the newest change that fell out of the window.
        var forgotten = Revision(rawValue: 0)
        var watchers: [ObjectIdentifier: Watcher] = [:]
        var observers: [@Sendable (CacheEvent) -> Void] = []
    }
    private let state: Mutex<State>

    init(resource: GroupResource, fieldKeys: [String], isCustom: Bool = false) {
        self.resource = resource
        self.isCustom = isCustom
        state = Mutex(State(fieldKeys: Self.beyondNames(fieldKeys)))
    }

    private static func beyondNames(_ keys: [String]) -> [String] { keys.filter { $0 != "metadata.name" && $0 != "metadata.namespace" } }

    private var fields: FieldReader { FieldReader(keys: state.withLock { $0.fieldKeys }, isCustom: isCustom) }

    /// Reads other fields from now on, and from the objects that are there.
    func select(by fieldKeys: [String]) {
        let keys = Self.beyondNames(fieldKeys)
        state.withLock { state in
            if state.fieldKeys == keys { return }
            state.fieldKeys = keys
            let reader = FieldReader(keys: keys, isCustom: isCustom)
            var entries = SortedEntries()
            state.entries.forEach(prefix: "") {
                entries.insert(CachedObject($0, fields: reader))
                return true
            }
            state.entries = entries
        }
    }

    /// Ends all watches: the resource is gone.
    func end() {
        let watchers = state.withLock { state in
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }

    /// Calls `observer` for every later change, in order, before any watcher; it must be quick and must not call back.
    package func observe(_ observer: @escaping @Sendable (CacheEvent) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    package subscript(_ key: String) -> CachedObject? { state.withLock { $0.entries[key] } }

    /// The revision of the newest change of any object of the resource.
    var lastChange: Revision { state.withLock { $0.revision } }

    package var count: Int { state.withLock { $0.entries.count } }

    func snapshot(atLeast global: Revision) -> CacheSnapshot {
        state.withLock { CacheSnapshot(entries: $0.entries, revision: max(global, $0.revision)) }
    }

    /// The objects whose keys start with `prefix`, in order.
    package func objects(prefix: String) -> [CachedObject] {
        let entries = state.withLock { $0.entries }
        var found: [CachedObject] = []
        entries.forEach(prefix: prefix) {
            found.append($0)
            return true
        }
        return found
    }

    /// Takes in one live object at start.
    func load(key: String, value: [UInt8], revision: Revision) throws {
        let object = try CachedObject(key: key, value: value, revision: revision, fields: fields)
        state.withLock { state in
            state.entries.insert(object)
            state.revision = max(state.revision, revision)
            state.forgotten = max(state.forgotten, revision)
            let event = CacheEvent(object: object, previous: nil, isRemoval: false)
            for observer in state.observers { observer(event) }
        }
    }

    /// Changes older than this come from the log: the server started then.
    func forget(before revision: Revision) { state.withLock { $0.forgotten = max($0.forgotten, revision) } }

    /// The object of an event of the log.
    func object(key: String, value: [UInt8], revision: Revision) throws -> CachedObject {
        try CachedObject(key: key, value: value, revision: revision, fields: fields)
    }

    /// Takes in one durable change and hands it to the watchers. Called in the order of revisions.
    func apply(_ change: StoreEvent) throws {
        let isRemoval = change.kind == .delete
        let fresh = isRemoval ? nil : try CachedObject(key: change.key, value: change.value, revision: change.revision, fields: fields)
        state.withLock { state in
            let previous = state.entries[change.key]
            let last = previous.flatMap { try? CachedObject(leaving: $0, at: change.revision) }
            guard let object = fresh ?? last else { return }
            let event = CacheEvent(object: object, previous: previous, isRemoval: isRemoval)
            if isRemoval { state.entries.remove(change.key) } else { state.entries.insert(object) }
            state.revision = change.revision
            state.history.append(event)
            if state.history.count > Self.window, let oldest = state.history.popFirst() { state.forgotten = oldest.revision }
            for observer in state.observers { observer(event) }
            for watcher in state.watchers.values { watcher.offer(event) }
        }
    }

    /// What a watch gets first.
    enum WatchStart {
        /// Begin with these events; later ones follow by themselves.
        case resumed
        /// The revision is older than the window: read the log from there.
        case tooOld(oldestKnown: Revision)
    }

    /// Registers a watcher that has seen everything up to `revision`.
    func watch(_ watcher: Watcher, after revision: Revision) -> WatchStart {
        state.withLock { state in
            if revision < state.forgotten { return .tooOld(oldestKnown: state.forgotten) }
            for event in state.history where event.revision > revision { watcher.offer(event) }
            state.watchers[ObjectIdentifier(watcher)] = watcher
            return .resumed
        }
    }

    /// Registers a watcher that begins with all present objects; answers the revision of that view.
    func watchFromNow(_ watcher: Watcher, global: Revision, prefix: String) -> Revision {
        state.withLock { state in
            state.entries.forEach(prefix: prefix) {
                watcher.offer(CacheEvent(object: $0, previous: nil, isRemoval: false))
                return true
            }
            state.watchers[ObjectIdentifier(watcher)] = watcher
            return max(global, state.revision)
        }
    }

    /// Registers a watcher for changes from now on; answers the revision from which on.
    func watchChanges(_ watcher: Watcher, global: Revision) -> Revision {
        state.withLock { state in
            state.watchers[ObjectIdentifier(watcher)] = watcher
            return max(global, state.revision)
        }
    }

    func unwatch(_ watcher: Watcher) { _ = state.withLock { $0.watchers.removeValue(forKey: ObjectIdentifier(watcher)) } }

    package var watcherCount: Int { state.withLock { $0.watchers.count } }
}
