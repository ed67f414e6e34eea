import JSONValue
import KubeClient
import KubeModel
import Logging
import Reconcile
import Synchronization

/// Deletes what has lost its owners, and ends deletions that wait for dependents.
///
/// It watches the metadata of everything that can be deleted, and keeps only what has to do with ownership.
struct GarbageCollector: Controller {
    static let identity = "generic-garbage-collector"
    static let workers = 10
    let context: ControllerContext
    private let watching: KubeClient?
    private let state = State()

    /// The graph and what discovery said; a lock, since handlers of watches are synchronous and every hold is short.
    private final class State: Sendable {
        let graph = Mutex(OwnerGraph())
        let discovery = Mutex(Discovery())
        let unsynced = Mutex(Set<GroupVersionResource>())
        let watched = Mutex(Set<GroupVersionResource>())
        /// Says that what is served may have changed.
        let (changes, noteChange) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// How often new resources are looked for, beside when a definition changes.
    private static let discoveryPeriod = Duration.seconds(30)
    /// Events go by themselves, and nobody owns them.
    private static let ignored: Set<String> = ["events"]

    init(_ context: ControllerContext, _ informers: Informers, watching: KubeClient?) {
        self.context = context
        self.watching = watching
    }

    init(_ context: ControllerContext, _ informers: Informers) { self.init(context, informers, watching: nil) }

    // MARK: Following

    func runBeside() async {
        guard let watching else { return }
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    state.noteChange.yield()
                    try? await Task.sleep(for: Self.discoveryPeriod)
                }
                state.noteChange.finish()
            }
            for await _ in state.changes {
                for resource in await newResources() {
                    group.addTask {
                        await Reflector(resource: resource, client: watching, metadataOnly: true, log: context.log)
                            .run { event, _ in take(event, of: resource) }
                        _ = state.watched.withLock { $0.remove(resource) }
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func newResources() async -> [GroupVersionResource] {
        let discovery: Discovery
        do { discovery = try await Discovery.read(context.client) } catch {
            context.log.warning("discovery failed", metadata: ["error": "\(error)"])
            return []
        }
        state.discovery.withLock { $0 = discovery }
        let wanted = discovery.resources.filter {
            $0.verbs.isSuperset(of: ["list", "watch", "delete"]) && !Self.ignored.contains($0.resource.resource)
        }.map(\.resource)
        let new = state.watched.withLock { watched in wanted.filter { watched.insert($0).inserted } }
        state.unsynced.withLock { $0.formUnion(new) }
        return new
    }

    private func take(_ event: Reflector.Event, of resource: GroupVersionResource) {
        if resource.resource == "customresourcedefinitions" { state.noteChange.yield() }
        let work = state.graph.withLock { graph -> [OwnerGraph.Work] in
            switch event {
            case .put(let object): return graph.observe(object, of: resource)
            case .removed(let object): return graph.remove(object.uid)
            case .replaced(let items): return graph.observe(all: items, of: resource)
            case .passed: return []
            }
        }
        for item in work {
            switch item {
            case .examine(let uid): context.queue.add("examine/" + uid)
            case .orphan(let uid): context.queue.add("orphan/" + uid)
            }
        }
        if case .replaced = event { _ = state.unsynced.withLock { $0.remove(resource) } }
    }

    // MARK: Acting

    func pass(_ key: String) async throws -> Duration? {
        // Until everything was listed once, a missing dependent proves nothing.
        if !state.unsynced.withLock({ $0.isEmpty }) { return .milliseconds(100) }
        let uid = String(key.drop { $0 != "/" }.dropFirst())
        guard let node = state.graph.withLock({ $0.node(uid) }) else { return nil }
        if key.hasPrefix("orphan/") { try await orphan(node) } else { try await examine(node) }
        return nil
    }

    /// The object as it is now; nil, and forgotten, when it is gone.
    private func current(_ node: OwnerGraph.Node) async throws -> JSON? {
        do {
            let object = try await context.client.metadata(of: node.target.resource, namespace: node.target.namespace, name: node.target.name)
            if object.uid == node.uid { return object }
        } catch let error as StatusError where error.code == 404 {}
        let work = state.graph.withLock { $0.remove(node.uid) }
        for case .examine(let uid) in work { context.queue.add("examine/" + uid) }
        return nil
    }

    private func dependents(of uid: String) -> [OwnerGraph.Node] { state.graph.withLock { $0.dependents(of: uid) } }

    private func examine(_ node: OwnerGraph.Node) async throws {
        if node.isBeingDeleted, !node.waitsForDependents { return }
        if !node.waitsForDependents, isKept(node) { return }
        guard let object = try await current(node) else { return }
        if object.isBeingDeleted {
            guard object.finalizers.contains("foregroundDeletion") else { return }
            let (change, blocking) = GarbageCollection.release(object, at: node.target, dependents: dependents(of: node.uid))
            for uid in blocking { context.queue.add("examine/" + uid) }
            if let change { try await carry(change) }
            return
        }
        var owners: [(reference: OwnerReference, state: GarbageCollection.Owner)] = []
        for reference in object.owners { owners.append((reference, try await classify(reference, of: node))) }
        for change in GarbageCollection.decide(object, at: node.target, owners: owners, dependents: dependents(of: node.uid)) {
            try await carry(change)
        }
    }

    /// Whether the graph alone shows that all owners are there and none waits.
    private func isKept(_ node: OwnerGraph.Node) -> Bool {
        state.graph.withLock { graph in
            node.owners.allSatisfy { graph.state(ofOwner: $0.uid) == .present && graph.node($0.uid)?.waitsForDependents != true }
        }
    }

    private func classify(_ reference: OwnerReference, of node: OwnerGraph.Node) async throws -> GarbageCollection.Owner {
        if state.graph.withLock({ $0.state(ofOwner: reference.uid) }) == .absent { return .dangling }
        let group = GroupVersion(reference.apiVersion)?.group ?? ""
        guard let entry = state.discovery.withLock({ $0.find(group: group, kind: reference.kind) }) else {
            throw StatusError(code: 500, reason: "InternalError", message: "no resource for owners of kind \(reference.kind) in \(reference.apiVersion)")
        }
        if entry.isNamespaced, node.target.namespace.isEmpty {
            // Such an owner cannot be looked for, since it could be in any namespace; the object stays.
            let message = "ownerRef [\(reference.apiVersion)/\(reference.kind), name: \(reference.name), uid: \(reference.uid)] is a namespaced kind, and the object is not"
            context.events.record([Notice(isWarning: true, reason: "OwnerRefInvalidNamespace", message: message)], about: ["metadata": ["name": .string(node.target.name), "uid": .string(node.uid)]])
            return .solid
        }
        var found: JSON?
        do {
            found = try await context.client.metadata(
                of: entry.resource, namespace: entry.isNamespaced ? node.target.namespace : "", name: reference.name)
        } catch let error as StatusError where error.code == 404 {}
        let owner = GarbageCollection.classify(reference, found: found)
        state.graph.withLock { $0.note(owner: reference.uid, owner == .dangling ? .absent : .present) }
        return owner
    }

    private func orphan(_ node: OwnerGraph.Node) async throws {
        for dependent in dependents(of: node.uid) {
            guard let object = try await current(dependent),
                let change = GarbageCollection.without(owners: [node.uid], object, at: dependent.target)
            else { continue }
            try await carry(change)
        }
        guard let object = try await current(node), let change = GarbageCollection.without("orphan", object, at: node.target) else { return }
        try await carry(change)
    }

    private func carry(_ change: Change) async throws {
        do {
            _ = try await context.client.perform(change)
        } catch let error as StatusError where error.code == 404 {
            return  // it went by itself
        }
    }
}
