import JSONValue
package import KubeModel

/// One resource in one served version, with what its requests need.
package final class ServedResource: Sendable {
    package let facts: ResourceFacts
    /// The type of its objects in this version.
    let type: SchemaNode?
    /// The group, resource and version in which objects are stored; nil for kinds that are only answered.
    package let storage: Storage?

    /// How a stored kind is kept.
    package struct Storage: Sendable {
        package var resource: GroupResource
        package var kind: GroupVersionKind
        /// The folder of the keys, ending in a slash.
        package var folder: String
        /// The length of `{"kind":"…","apiVersion":"…",` with which every stored object begins.
        var prefixLength: Int
    }

    init(facts: ResourceFacts, type: SchemaNode?, storage: Storage?) {
        self.facts = facts
        self.type = type
        self.storage = storage
    }

    /// Whether objects are stored in another version than this one.
    var needsConversion: Bool { storage.map { $0.kind != facts.groupVersionKind } ?? false }

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

/// All that is served, by group, version and resource.
package struct Registry: Sendable {
    package let catalog: SchemaCatalog
    private let served: [GroupVersionResource: ServedResource]
    /// The stored resources and their selectable fields.
    let stored: [(GroupResource, fieldKeys: [String])]
    /// Group names and their versions, the preferred one first, in the order of discovery.
    package let groups: [(name: String, versions: [String])]
    private let versions: Set<GroupVersion>

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
                let prefix = "{\"kind\":\"\(kind.kind)\",\"apiVersion\":\"\(kind.groupVersion)\","
                storage = .init(resource: resource, kind: kind, folder: StorageKey.folder(of: resource), prefixLength: prefix.utf8.count)
                if stored[resource] == nil { order.append(resource) }
                // Both versions' field selectors read the one stored object.
                stored[resource, default: []].append(contentsOf: facts.fieldSelectors.filter { !(stored[resource]?.contains($0) ?? false) })
            }
            let gvr = GroupVersionResource(group: facts.group, version: facts.version, resource: facts.plural)
            served[gvr] = ServedResource(facts: facts, type: catalog.type(of: facts.groupVersionKind), storage: storage)
        }
        self.served = served
        self.stored = order.map { ($0, stored[$0] ?? []) }
        groups = catalog.groups
        versions = Set(catalog.groups.flatMap { group in group.versions.map { GroupVersion(group: group.name, version: $0) } })
    }

    package subscript(group: String, version: String, resource: String) -> ServedResource? {
        served[GroupVersionResource(group: group, version: version, resource: resource)]
    }

    /// The resource of a kind in a version.
    package func resource(of kind: GroupVersionKind) -> ServedResource? {
        served.values.first { $0.facts.groupVersionKind == kind && $0.storage != nil }
    }

    func serves(_ version: GroupVersion) -> Bool { versions.contains(version) }
    func serves(group: String) -> Bool { groups.contains { $0.name == group } }
    package var resources: Dictionary<GroupVersionResource, ServedResource>.Values { served.values }
}
