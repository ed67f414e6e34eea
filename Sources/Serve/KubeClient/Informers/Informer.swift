package import JSONValue
package import KubeModel
import Synchronization

/// The objects of one resource as last seen, for every controller that reads them.
///
/// A lock and no actor: controllers read it in the middle of synchronous decisions, and every hold is a few lookups.
package final class Informer: Sendable {
    package typealias Handler = @Sendable (_ old: JSON?, _ new: JSON?) -> Void

    private struct State {
        var objects: [String: JSON] = [:]
        var index: [String: Set<String>] = [:]
        var revision: UInt64 = 0
        var isSynced = false
        var handlers: [Handler] = []
    }

    package let resource: GroupVersionResource
    private let reflector: Reflector
    private let keys: @Sendable (JSON) -> [String]
    private let trim: @Sendable (inout JSON) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - keys: under what, besides its name, an object is found.
    ///   - trim: takes away what nobody who reads these objects needs, which saves its memory.
    package init(
        _ reflector: Reflector, keys: @escaping @Sendable (JSON) -> [String] = { _ in [] }, trim: @escaping @Sendable (inout JSON) -> Void = { _ in }
    ) {
        resource = reflector.resource
        self.reflector = reflector
        self.trim = trim
        self.keys = keys
    }

    /// Adds what is called on every change; all must be added before ``run()``.
    package func onChange(_ handler: @escaping Handler) { state.withLock { $0.handlers.append(handler) } }

    package static func key(_ object: JSON) -> String { key(object.namespace, object.name) }
    package static func key(_ namespace: String, _ name: String) -> String { namespace.isEmpty ? name : namespace + "/" + name }

    // MARK: Reading

    package subscript(key: String) -> JSON? { state.withLock { $0.objects[key] } }
    package var all: [JSON] { state.withLock { Array($0.objects.values) } }
    package var isSynced: Bool { state.withLock { $0.isSynced } }

    /// How far the watch has come.
    package var revision: UInt64 { state.withLock { $0.revision } }

    /// The objects found under an index key.
    package func find(_ indexKey: String) -> [JSON] {
        state.withLock { state in (state.index[indexKey] ?? []).compactMap { state.objects[$0] } }
    }

    /// How many objects are found under an index key.
    package func count(_ indexKey: String) -> Int { state.withLock { $0.index[indexKey]?.count ?? 0 } }

    // MARK: Following

    package func run() async {
        await reflector.run { event, revision in self.take(event, revision) }
    }

    private func take(_ event: Reflector.Event, _ revision: UInt64) {
        let (changes, handlers) = state.withLock { state -> ([(JSON?, JSON?)], [Handler]) in
            var changes: [(JSON?, JSON?)] = []
            switch event {
            case .replaced(let items):
                var gone = state.objects
                for item in items {
                    gone[Self.key(item)] = nil
                    changes.append(put(item, in: &state))
                }
                for key in gone.keys { changes.append((remove(key, from: &state), nil)) }
                state.isSynced = true
            case .put(let item): changes.append(put(item, in: &state))
            case .removed(let item): changes.append((remove(Self.key(item), from: &state) ?? item, nil))
            case .passed: break
            }
            state.revision = max(state.revision, revision)
            return (changes, state.handlers)
        }
        for (old, new) in changes { for handler in handlers { handler(old, new) } }
    }

    private func put(_ item: JSON, in state: inout sending State) -> (JSON?, JSON?) {
        var item = item
        // Nobody here reads them, and they are half of an object's size.
        item["metadata"]?["managedFields"] = nil
        trim(&item)
        let key = Self.key(item)
        let old = remove(key, from: &state)
        state.objects[key] = item
        for indexKey in keys(item) { state.index[indexKey, default: []].insert(key) }
        return (old, item)
    }

    private func remove(_ key: String, from state: inout sending State) -> JSON? {
        guard let old = state.objects.removeValue(forKey: key) else { return nil }
        for indexKey in keys(old) {
            state.index[indexKey]?.remove(key)
            if state.index[indexKey]?.isEmpty == true { state.index[indexKey] = nil }
        }
        return old
    }
}
