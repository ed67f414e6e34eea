import CustomResources
import JSONValue
import KubeModel
import ObjectPatch
import ObjectTables
import Store

/// One version of a custom resource as it is served.
struct CustomKind: Sendable {
    let version: CustomVersion
    /// Where its CRD is stored, and its revision: nothing new is created when that has changed.
    let definitionKey: String
    let definitionRevision: Revision
    /// The revision at which the schema took its present form.
    let schemaRevision: Revision
    let isTerminating: Bool
    let listKind: String
    let storageVersion: String
    let printer: TablePrinter
    /// Where the replicas are in each version, for those who own them.
    let scaleOwners: ScaleOwners

    /// Field ownership on an endpoint.
    func managedFields(_ subresource: String?) -> ManagedFields {
        ManagedFields(
            customResource: version.facts.groupVersionKind, hasStatus: version.hasStatus, subresource: subresource ?? "",
            catalog: version.catalog)
    }

    /// A stored object in this version: under its name, pruned and defaulted by its schema.
    func served(_ tree: JSON) -> JSON {
        var object = tree
        object["apiVersion"] = .string(version.facts.groupVersion.description)
        _ = version.schema.prune(&object)
        version.schema.applyDefaults(to: &object)
        return object
    }

    // MARK: Scale

    /// The Scale of an object.
    func scale(of object: JSON) -> JSON {
        var metadata: JSON = [:]
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] { metadata[field] = object["metadata"]?[field] }
        guard let paths = version.scale else { return [:] }
        var spec: JSON = [:]
        if let replicas = object[path: paths.specReplicas]?.int, replicas != 0 { spec["replicas"] = .int(replicas) }
        var status: JSON = ["replicas": .int(object[path: paths.statusReplicas]?.int ?? 0)]
        if let path = paths.labelSelector, let selector = object[path: path]?.string, !selector.isEmpty { status["selector"] = .string(selector) }
        return ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status]
    }

    /// Gives an object the replicas that a Scale asks for.
    func apply(scale: JSON, to object: inout JSON) {
        guard let paths = version.scale else { return }
        object[path: paths.specReplicas] = .int(scale["spec"]?["replicas"]?.int ?? 0)
    }
}
