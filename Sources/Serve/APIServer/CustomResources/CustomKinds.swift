import CustomResources
import JSONValue
import KubeModel
import ObjectPatch
import ObjectTables
import Store

/// All kinds that CRDs define now: a value, made anew when a CRD changes.
struct CustomKinds: Sendable {
    /// A definition with what is served of it.
    struct Entry: Sendable {
        var definition: CustomResourceDefinition
        var uid: String
        var generation: Int64
        var schemaRevision: Revision
        var resources: [ServedResource]
    }

    private(set) var entries: [String: Entry] = [:]
    private(set) var served: [GroupVersionResource: ServedResource] = [:]
    /// Rises with each change, so that documents made from it can be kept until then.
    private(set) var generation = 0

    /// Takes in a CRD as it is now.
    ///
    /// - Returns: the resource whose objects are to be kept, with their selectable fields; nil when none is served.
    /// - Throws: when a schema cannot be compiled, and then nothing of the CRD is served.
    mutating func install(_ object: CachedObject) throws -> (resource: GroupResource, fieldKeys: [String])? {
        let present = entries[object.name]
        remove(object.name)
        let tree = object.tree
        let definition = try CustomResourceDefinition(tree)
        guard definition.isEstablished else { return nil }
        let generation = tree["metadata"]?["generation"]?.int ?? 0
        // A change of the status alone leaves the schema as it was.
        let isSameSchema = present.map { $0.uid == object.uid && $0.generation == generation } ?? false
        let schemaRevision = isSameSchema ? present?.schemaRevision ?? object.revision : object.revision
        var replicas: [String: [String]] = [:]
        for version in definition.versions { replicas[version.facts.groupVersion.description] = version.scale?.specReplicas ?? [] }
        var resources: [ServedResource] = []
        var fieldKeys: [String] = []
        for version in definition.versions {
            let kind = CustomKind(
                version: version, definitionKey: object.key, definitionRevision: object.revision, schemaRevision: schemaRevision,
                isTerminating: definition.isTerminating, listKind: definition.names.listKind, storageVersion: definition.storageVersion,
                printer: TablePrinter(additionalColumns: version.columns), scaleOwners: ScaleOwners(replicasPaths: replicas))
            let resource = ServedResource(custom: kind, resource: definition.resource)
            resources.append(resource)
            served[GroupVersionResource(group: definition.group, version: version.name, resource: definition.names.plural)] = resource
            for key in version.facts.fieldSelectors where !fieldKeys.contains(key) { fieldKeys.append(key) }
        }
        entries[object.name] = Entry(
            definition: definition, uid: object.uid, generation: generation, schemaRevision: schemaRevision, resources: resources)
        return (definition.resource, fieldKeys)
    }

    /// Takes a CRD out.
    ///
    /// - Returns: the resource that is not served any more; nil when none was.
    @discardableResult
    mutating func remove(_ name: String) -> GroupResource? {
        generation += 1
        guard let entry = entries.removeValue(forKey: name) else { return nil }
        for resource in entry.resources {
            served[GroupVersionResource(group: resource.facts.group, version: resource.facts.version, resource: resource.facts.plural)] = nil
        }
        return entry.definition.resource
    }

    /// The groups with the versions that any of their kinds is served in, the preferred one first.
    var groups: [(name: String, versions: [String])] {
        var versions: [String: Set<String>] = [:]
        for key in served.keys { versions[key.group, default: []].insert(key.version) }
        return versions.sorted { $0.key < $1.key }.map { group, names in
            (group, names.sorted { VersionPriority($0) > VersionPriority($1) })
        }
    }
}
