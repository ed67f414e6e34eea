import CustomResources
import JSONValue
package import KubeModel
import ObjectDefaults
import Synchronization

/// One resource in one served version, with what its requests need.
package final class ServedResource: Sendable {
    package let facts: ResourceFacts
    /// The type of its objects in this version.
    let type: SchemaNode?
    /// The group, resource and version in which objects are stored; nil for kinds that are only answered.
    package let storage: Storage?
    /// What its CRD says; nil for a built-in resource.
    let custom: CustomKind?
    /// The types of its group.
    let catalog: SchemaCatalog

    /// How a stored kind is kept.
    package struct Storage: Sendable {
        package var resource: GroupResource
        package var kind: GroupVersionKind
        /// The folder of the keys, ending in a slash.
        package var folder: String
        /// The length of `{"kind":"…","apiVersion":"…",` with which every stored object begins.
        var prefixLength: Int
    }

    init(facts: ResourceFacts, type: SchemaNode?, storage: Storage?, catalog: SchemaCatalog) {
        self.facts = facts
        self.type = type
        self.storage = storage
        self.catalog = catalog
        custom = nil
    }

    /// A custom resource in one version.
    init(custom: CustomKind, resource: GroupResource) {
        let facts = custom.version.facts
        self.facts = facts
        self.custom = custom
        catalog = custom.version.catalog
        type = custom.version.catalog.type(of: facts.groupVersionKind)
        let kind = GroupVersionKind(group: facts.group, version: custom.storageVersion, kind: facts.kind)
        storage = Storage(
            resource: resource, kind: kind, folder: StorageKey.folder(ofCustom: resource), prefixLength: Self.prefix(of: kind).utf8.count)
    }

    /// What every stored object of a kind begins with.
    static func prefix(of kind: GroupVersionKind) -> String { "{\"kind\":\"\(kind.kind)\",\"apiVersion\":\"\(kind.groupVersion)\"," }

    /// Whether objects are stored in another version than this one.
    var needsConversion: Bool { storage.map { $0.kind != facts.groupVersionKind } ?? false }

    /// Whether the stored bytes are what this version serves.
    func serves(bytesOf object: CachedObject) -> Bool {
        guard let custom else { return !needsConversion }
        // What was written under another schema, or in another version, is brought to this one's form.
        return object.revision >= custom.schemaRevision && object.bytes.starts(with: Self.prefix(of: facts.groupVersionKind).utf8)
    }

    /// A stored object in this version.
    func served(_ tree: JSON) -> JSON {
        if let custom { return custom.served(tree) }
        guard let storage, needsConversion else { return tree }
        return ObjectConversion.convert(tree, from: storage.kind, to: facts.groupVersionKind) ?? tree
    }

    /// The storage key of one object.
    func key(namespace: String, name: String) -> String {
        guard let storage else { return "" }
        return facts.isNamespaced ? "\(storage.folder)\(namespace)/\(name)" : storage.folder + name
    }

    /// The prefix of the keys of a collection: of one namespace, or of all.
    func prefix(namespace: String) -> String {
        guard let storage else { return "" }
        return facts.isNamespaced && !namespace.isEmpty ? "\(storage.folder)\(namespace)/" : storage.folder
    }
}

/// All that is served, by group, version and resource: the built-in API, and what CRDs define.
package final class Registry: Sendable {
    /// The built-in API.
    package let catalog: SchemaCatalog
    private let served: [GroupVersionResource: ServedResource]
    /// The stored resources and their selectable fields.
    let stored: [(GroupResource, fieldKeys: [String])]
    /// Group names and their versions, the preferred one first, in the order of discovery.
    package let groups: [(name: String, versions: [String])]
    private let versions: Set<GroupVersion>
    // A lock and no actor: event loops look here in the midst of a request.
    private let custom = Mutex(CustomKinds())

    /// What stands in two groups or versions but is one stored object: resource → the resource it is stored as.
    private static let aliases: [GroupResource: GroupResource] = [
        GroupResource(group: "events.k8s.io", resource: "events"): GroupResource(group: "", resource: "events"),
        GroupResource(group: "extensions", resource: "podsecuritypolicies"): GroupResource(group: "policy", resource: "podsecuritypolicies"),
    ]

    package init(catalog: SchemaCatalog) {
        self.catalog = catalog
        var served: [GroupVersionResource: ServedResource] = [:]
        var stored: [GroupResource: [String]] = [:]
        var order: [GroupResource] = []
        for facts in catalog.resources {
            var storage: ServedResource.Storage?
            if let version = facts.storageVersion {
                let resource = Self.aliases[facts.groupResource] ?? facts.groupResource
                var kind = GroupVersionKind(group: version.group, version: version.version, kind: facts.kind)
                // What is stored in a version that is not served is stored here in the one that is.
                if catalog.type(of: kind) == nil { kind = facts.groupVersionKind }
                storage = .init(
                    resource: resource, kind: kind, folder: StorageKey.folder(of: resource),
                    prefixLength: ServedResource.prefix(of: kind).utf8.count)
                if stored[resource] == nil { order.append(resource) }
                // Both versions' field selectors read the one stored object.
                stored[resource, default: []].append(contentsOf: facts.fieldSelectors.filter { !(stored[resource]?.contains($0) ?? false) })
            }
            let gvr = GroupVersionResource(group: facts.group, version: facts.version, resource: facts.plural)
            served[gvr] = ServedResource(facts: facts, type: catalog.type(of: facts.groupVersionKind), storage: storage, catalog: catalog)
        }
        self.served = served
        self.stored = order.map { ($0, stored[$0] ?? []) }
        groups = catalog.groups
        versions = Set(catalog.groups.flatMap { group in group.versions.map { GroupVersion(group: group.name, version: $0) } })
    }

    package subscript(group: String, version: String, resource: String) -> ServedResource? {
        let key = GroupVersionResource(group: group, version: version, resource: resource)
        return served[key] ?? custom.withLock { $0.served[key] }
    }

    /// The resource of a kind in a version.
    package func resource(of kind: GroupVersionKind) -> ServedResource? {
        served.values.first { $0.facts.groupVersionKind == kind && $0.storage != nil }
    }

    func serves(_ version: GroupVersion) -> Bool { versions.contains(version) }
    /// Whether the group is built in.
    func serves(group: String) -> Bool { groups.contains { $0.name == group } }

    // MARK: Custom resources

    /// What CRDs define now.
    var customKinds: CustomKinds { custom.withLock { $0 } }

    /// The same resource as it is defined now; nil when it is not served any more.
    func current(_ resource: ServedResource) -> ServedResource? { self[resource.facts.group, resource.facts.version, resource.facts.plural] }

    /// A CRD that is served.
    func definition(_ name: String) -> CustomResourceDefinition? { custom.withLock { $0.entries[name]?.definition } }

    /// A version of what a CRD defines.
    func customResource(ofDefinition name: String) -> ServedResource? { custom.withLock { $0.entries[name]?.resources.first } }

    /// Takes in a change of a CRD, and makes or gives up the cache of its objects.
    func define(_ event: CacheEvent, cache: ObjectCache) {
        let name = event.object.name
        if event.isRemoval {
            if let resource = custom.withLock({ $0.remove(name) }) { cache.remove(resource) }
            return
        }
        let before = definition(name)?.resource
        // A schema that does not compile was never accepted here: what it would check, nobody could check.
        let kept = custom.withLock { kinds in try? kinds.install(event.object) }
        if let kept { cache.keep(kept.resource, fieldKeys: kept.fieldKeys) } else if let before { cache.remove(before) }
    }
    package var resources: Dictionary<GroupVersionResource, ServedResource>.Values { served.values }
}
