public import JSONValue
public import KubeModel

/// Carries owners between an object and its `scale` subresource, which are two views of one field: the replicas.
///
/// A write to `scale` is recorded by `ManagedFields(kind: .scale, subresource: "scale")` on Scale objects whose entries
/// come from ``entries(ofObject:)``; ``entries(afterScaling:of:apiVersion:)`` brings the result back.
public struct ScaleOwners: Sendable {
    /// Where the replicas are in each version of the kind, such as `["apps/v1": ["spec", "replicas"]]`; empty for a
    /// version of a custom resource that has no `scale`.
    public var replicasPaths: [String: [String]]

    private static let scaleVersion = "autoscaling/v1"
    private static let scalePath: [PathElement] = [.field("spec"), .field("replicas")]

    /// Owners of the objects of one kind.
    public init(replicasPaths: [String: [String]]) { self.replicasPaths = replicasPaths }

    private func path(in apiVersion: String) -> [PathElement]? { replicasPaths[apiVersion]?.map { .field($0) } }

    /// The managed fields of the Scale of an object: the owners of its replicas. Unreadable entries count as none.
    public func entries(ofObject managedFields: JSON?) -> JSON? {
        var scale = Owners()
        for (key, owner) in ((try? Owners(managedFields)) ?? Owners()).owners {
            guard let path = path(in: owner.apiVersion), owner.fields.contains(path) else { continue }
            scale.owners[key] = .init(
                fields: FieldSet(["spec", "replicas"]), apiVersion: Self.scaleVersion, time: owner.time)
        }
        return scale.json
    }

    /// The managed fields of the object after a write to its Scale.
    ///
    /// - Parameters:
    ///   - scale: the managed fields of the written Scale.
    ///   - managedFields: those of the object before.
    ///   - apiVersion: the version of the object's endpoint.
    /// - Returns: those of the object now; nil when there are none.
    public func entries(afterScaling scale: JSON?, of managedFields: JSON?, apiVersion: String) -> JSON? {
        let before = (try? Owners(managedFields)) ?? Owners()
        var scaled = (try? Owners(scale)) ?? Owners()
        // Updates of the Scale are named by its version, so that only appliers are found again under the same key.
        var result = Owners()
        for (key, owner) in before.owners {
            guard let path = path(in: owner.apiVersion) else { continue }
            guard !path.isEmpty, owner.fields.contains(path) else {
                result.owners[key] = owner
                continue
            }
            if scaled.owners.removeValue(forKey: key) != nil {
                result.owners[key] = owner
                continue
            }
            var stolen = FieldSet()
            stolen.insert(path)
            let rest = owner.fields.subtracting(stolen)
            if !rest.isEmpty {
                result.owners[key] = .init(fields: rest, apiVersion: owner.apiVersion, time: owner.time)
            }
        }
        for (key, owner) in scaled.owners where owner.fields.contains(Self.scalePath) {
            guard let path = path(in: apiVersion), !path.isEmpty else { continue }
            var fields = FieldSet()
            fields.insert(path)
            result.owners[key] = .init(fields: fields, apiVersion: apiVersion, time: before.owners[key]?.time)
        }
        return result.json
    }
}

extension GroupVersionKind {
    /// `autoscaling/v1, Kind=Scale`.
    public static let scale = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
}
