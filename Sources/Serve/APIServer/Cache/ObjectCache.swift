package import KubeModel
package import Store
import Synchronization

/// A stored object that cannot be decrypted or parsed. Nothing is served.
package struct UnreadableObject: Error, Sendable, CustomStringConvertible {
    package var description: String
}

/// The whole state of the cluster in memory, kept up to date by the store before a write is acknowledged.
package final class ObjectCache: Sendable {
    /// The built-in resources. What is stored of others is kept in the store untouched.
    private let resources: [GroupResource: ResourceCache]
    /// The custom resources, which come and go.
    private let custom = Mutex<[GroupResource: ResourceCache]>([:])
    private let applied = Mutex(Revision(rawValue: 0))
    private let failed = Mutex<String?>(nil)

    init(resources: [(GroupResource, fieldKeys: [String])]) {
        var map: [GroupResource: ResourceCache] = [:]
        for (resource, keys) in resources { map[resource] = ResourceCache(resource: resource, fieldKeys: keys) }
        self.resources = map
    }

    package subscript(_ resource: GroupResource) -> ResourceCache? { resources[resource] ?? custom.withLock { $0[resource] } }
    var all: [ResourceCache] { Array(resources.values) + custom.withLock { Array($0.values) } }

    /// Keeps the objects of a custom resource from now on.
    func keep(_ resource: GroupResource, fieldKeys: [String]) {
        let present = custom.withLock { caches -> ResourceCache? in
            if let present = caches[resource] { return present }
            let fresh = ResourceCache(resource: resource, fieldKeys: fieldKeys, isCustom: true)
            fresh.forget(before: revision)
            caches[resource] = fresh
            return nil
        }
        present?.select(by: fieldKeys)
    }

    /// Forgets a custom resource; its watches end.
    func remove(_ resource: GroupResource) { custom.withLock { $0.removeValue(forKey: resource) }?.end() }

    /// Every change up to this revision is in the cache.
    package var revision: Revision { applied.withLock { $0 } }

    /// Why the cache is not to be trusted; nil when it is.
    package var failure: String? { failed.withLock { $0 } }

    /// Takes in durable changes. Called by the store's writer, in the order of revisions.
    package func apply(_ changes: [StoreEvent]) {
        for change in changes {
            do {
                try self[change.resource]?.apply(change)
            } catch {
                failed.withLock { $0 = "the object at \(change.key) cannot be read: \(error)" }
            }
        }
        if let last = changes.last { applied.withLock { $0 = max($0, last.revision) } }
    }

    /// Reads all live objects of an opened store.
    ///
    /// Built-in objects first: the CRDs among them say which others there are.
    package func load(from store: Store) throws {
        try load(resources, from: store)
        let custom = custom.withLock { $0 }
        if !custom.isEmpty { try load(custom, from: store) }
    }

    private func load(_ resources: [GroupResource: ResourceCache], from store: Store) throws {
        var fault: String?
        let current = try store.forEachLive { entry in
            guard let resource = resources[entry.resource] else { return }
            do {
                try resource.load(key: entry.key, value: try entry.value.get(), revision: entry.revision)
            } catch {
                fault = "the object at \(entry.key) cannot be read: \(error)"
            }
        }
        // What cannot be read could be a policy or a binding: to go on without it would be to guess.
        if let fault { throw UnreadableObject(description: fault) }
        for resource in resources.values { resource.forget(before: current) }
        applied.withLock { $0 = current }
    }
}
