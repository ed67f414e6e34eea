import CustomResources
import JSONValue
import KubeClient
import KubeModel
import PolicyModel
import Store

/// Keeps CRDs as their objects need it: accepts their names, and removes what they defined before they go.
///
/// Runs as part of the write that made it necessary, and at start, as a client of the API with the server's identity;
/// so a client that was answered finds the kind served, or gone.
package struct DefinitionKeeper: Sendable {
    private let registry: Registry
    private let cache: ObjectCache
    private let client: KubeClient
    private let clock: @Sendable () -> Timestamp

    private static let resource = GroupVersionResource(group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")
    private static let stored = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
    private static let attempts = 20

    init(registry: Registry, cache: ObjectCache, client: KubeClient, clock: @escaping @Sendable () -> Timestamp) {
        self.registry = registry
        self.cache = cache
        self.client = client
        self.clock = clock
    }

    private var definitions: [CachedObject] { cache[Self.stored]?.objects(prefix: StorageKey.folder(of: Self.stored)) ?? [] }

    private func definition(_ name: String) -> CachedObject? { cache[Self.stored]?[StorageKey.folder(of: Self.stored) + name] }

    /// Brings every CRD to its right state, after a start.
    package func settleAll() async throws {
        for definition in definitions { try await settle(definition.name) }
    }

    /// Brings one CRD to its right state, then the others of its group: a name that it gives up, another may have been
    /// waiting for.
    private func settleFirst(_ name: String) async throws {
        try await settle(name)
        guard let dot = name.firstIndex(of: ".") else { return }
        for definition in definitions where definition.name != name && definition.name.hasSuffix(name[dot...]) {
            try await settle(definition.name)
        }
    }

    /// Brings one CRD to its right state.
    func settle(_ name: String) async throws {
        for _ in 0..<Self.attempts {
            guard let object = definition(name) else { return }
            do {
                let tree = object.tree
                if tree["metadata"]?["deletionTimestamp"]?.string != nil { return try await finish(tree) }
                if DefinitionStatus.isSettled(tree) { return }
                // Names are shared within a group only.
                let suffix = name.drop { $0 != "." }
                let others = definitions.filter { $0.name != name && $0.name.hasSuffix(suffix) }.map(\.tree)
                var changed = tree
                changed["status"] = DefinitionStatus.settled(tree, others: others, now: clock())
                if changed != tree { try await client.update(Self.resource, name: name, subresource: "status", changed) }
                return
            } catch let error as StatusError where error.code == 409 {
                continue  // someone else changed it: look again
            } catch let error as StatusError where error.code == 404 {
                return
            }
        }
    }

    /// Removes the objects of a CRD that is being deleted, then lets it go. Objects that wait for finalizers of their
    /// own are left for them; the last one that goes calls again.
    private func finish(_ definition: JSON) async throws {
        let finalizers = definition["metadata"]?["finalizers"]?.strings ?? []
        guard finalizers.contains(CustomResourceCleanup.finalizer) else { return }
        let name = definition["metadata"]?["name"]?.string ?? ""
        if registry.definition(name)?.versions.isEmpty == true {
            // Objects are removed through a version that is served; the one that they are stored in always can be.
            var opened = definition
            opened[path: "spec", "versions"] = .array(
                (definition["spec"]?["versions"]?.array ?? []).map { version in
                    var version = version
                    if version["storage"] == true { version["served"] = true }
                    return version
                })
            try await client.update(Self.resource, name: name, opened)
            return try await settle(name)
        }
        if let served = registry.customResource(ofDefinition: name), let storage = served.storage, let objects = cache[storage.resource] {
            let resource = GroupVersionResource(group: served.facts.group, version: served.facts.version, resource: served.facts.plural)
            for object in objects.objects(prefix: storage.folder) {
                do {
                    try await client.delete(resource, namespace: object.namespace, name: object.name)
                } catch let error as StatusError where error.code == 404 {
                    continue
                }
            }
            if objects.count > 0 { return }
        }
        var changed = definition
        changed[path: "metadata", "finalizers"] = JSON(finalizers.filter { $0 != CustomResourceCleanup.finalizer })
        try await client.update(Self.resource, name: name, changed)
    }

    /// What follows from a write.
    func followUp(_ write: RequestInfo) async throws {
        if let custom = registry[write.group, write.version, write.resource]?.custom {
            let definition = String(custom.definitionKey.dropFirst(StorageKey.folder(of: Self.stored).count))
            if custom.isTerminating { try await settleFirst(definition) }
        } else if write.name.isEmpty {
            for definition in definitions where registry.definition(definition.name) == nil { try await settle(definition.name) }
        } else {
            try await settleFirst(write.name)
        }
    }

    /// Whether a request can make any of this necessary. The keeper's own never do.
    static func concerns(_ request: RequestInfo, from origin: RequestOrigin, registry: Registry) -> Bool {
        guard request.isResource, !["get", "list", "watch"].contains(request.verb) else { return false }
        if origin.isServer { return false }
        if request.group == resource.group { return request.resource == resource.resource }
        return registry[request.group, request.version, request.resource]?.custom?.isTerminating ?? false
    }
}
