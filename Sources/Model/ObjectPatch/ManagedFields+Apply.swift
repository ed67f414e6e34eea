public import JSONValue
public import KubeModel

extension ManagedFields {
    /// Server-side apply: makes `live` hold what `config` states, and records who stated it.
    ///
    /// Fields that the manager applied before and does not state now go, unless another owner has them. The result
    /// still has to be defaulted, admitted and validated.
    ///
    /// - Parameters:
    ///   - live: the stored object in the endpoint's version; nil when there is none, and one is to be created.
    ///   - config: the parsed body.
    ///   - manager: the query parameter `fieldManager`.
    ///   - force: whether fields of other owners are taken.
    ///   - now: RFC 3339 to the second.
    /// - Returns: the object with its new `metadata.managedFields`. Of a built-in kind, it is
    ///   in ``WrittenForm``.
    /// - Complexity: linear in the objects, times the number of managers.
    /// - Throws: 409 with a cause for each field that another owner has, 400 for a config of another kind or with
    ///   managed fields, 500, as the API server answers, for one that does not fit the schema.
    public func apply(
        live: JSON?, config: JSON, manager: String, force: Bool, now: String
    ) throws(StatusError) -> JSON {
        guard case .object = config else {
            throw .badRequest(
                "error decoding patch: json: cannot unmarshal \(config.jsonKind) "
                    + "into Go value of type map[string]interface {}"
            )
        }
        try checkKind(of: config)
        var owners: Owners
        do throws(Owners.Malformed) {
            owners = try Owners(live?["metadata"]?["managedFields"])
        } catch {
            throw .unclassified("failed to decode managed fields: \(error)")
        }
        let before =
            live.map { written(Self.with(nil, in: $0)) } ?? [
                "apiVersion": .string(apiVersion), "kind": .string(kind.kind),
            ]
        if owners.isEmpty, live != nil {
            // What was there before the first apply belongs to no one in particular.
            do throws(StructureError) {
                owners = try record(
                    owners, from: emptyObject(like: before), to: before, manager: "before-first-apply", now: now)
            } catch {
                throw .unclassified("failed to create manager for existing fields: \(error)")
            }
        }
        try checkStructure(of: config)

        var outcome: (object: JSON, owners: Owners)
        do throws(ApplyFailure) {
            outcome = try merge(before, config, owners, manager: manager, force: force, now: now)
        } catch {
            switch error {
            case .refused(let status):
                throw status
            case .conflict(let conflict):
                let remaining = conflictsAfterClientSideApply(conflict, manager: manager, live: before)
                if let remaining { throw remaining.status }
                do throws(ApplyFailure) {
                    outcome = try merge(before, config, owners, manager: manager, force: true, now: now)
                } catch {
                    switch error {
                    case .refused(let status): throw status
                    case .conflict(let conflict): throw conflict.status
                    }
                }
            }
        }
        if manager == Self.kubectl { updateLastApplied(in: &outcome.object, config) }
        return Self.with(outcome.owners.json, in: written(outcome.object))
    }

    // MARK: - Checks

    private func checkKind(of config: JSON) throws(StatusError) {
        let version = config["apiVersion"]?.string.flatMap { GroupVersion($0) } ?? GroupVersion(group: "", version: "")
        let name = config["kind"]?.string ?? ""
        guard version == kind.groupVersion, name == kind.kind else {
            throw .badRequest("invalid object type: \(version.group)/\(version.version), Kind=\(name)")
        }
        if case .array? = config["metadata"]?["managedFields"] {
            throw .badRequest("metadata.managedFields must be nil")
        }
    }

    private func checkStructure(of config: JSON) throws(StatusError) {
        guard let type = type(of: apiVersion) else {
            throw .unclassified("no corresponding type for \(kind.group)/\(kind.version), Kind=\(kind.kind)")
        }
        let faults = structure.faults(in: config, type, allowsDuplicates: false)
        guard !faults.isEmpty else { return }
        let namespace = config["metadata"]?["namespace"]?.string ?? ""
        let name = config["metadata"]?["name"]?.string ?? ""
        throw .unclassified(
            "failed to create typed patch object "
                + "(\(namespace)/\(name); \(kind.group)/\(kind.version), Kind=\(kind.kind)): \(StructureError(faults))"
        )
    }

    // MARK: - Merging

    private func merge(
        _ before: JSON, _ config: JSON, _ owners: Owners, manager: String, force: Bool, now: String
    ) throws(ApplyFailure) -> (object: JSON, owners: Owners) {
        let key = Owners.Key(
            manager: manager.isEmpty ? "unknown" : manager, isApply: true, apiVersion: "", subresource: subresource)
        var ownership = Ownership(self, reconciled(owners))
        guard let type = type(of: apiVersion) else {
            throw .refused(.unclassified("no corresponding type for \(kind)"))
        }
        let last = ownership.owners.owners[key]
        var after: JSON
        do throws(StructureError) {
            after = try structure.merge(before, config, type)
        } catch {
            throw .refused(.unclassified("failed to merge config: \(error)"))
        }
        do throws(StructureError) {
            var stated = try structure.fields(of: config, type)
            if let filter = filters[apiVersion] { stated = filter.apply(to: stated) }
            ownership.owners.owners[key] = .init(fields: stated, apiVersion: apiVersion, time: last?.time)
        } catch {
            throw .refused(.unclassified("failed to get field set: \(error)"))
        }
        do throws(StructureError) {
            after = try ownership.pruned(after, applier: key, last: last)
        } catch {
            throw .refused(.unclassified("failed to prune fields: \(error)"))
        }
        if force {
            do throws(StructureError) {
                try ownership.take(from: before, to: after, by: key)
            } catch {
                throw .refused(.unclassified("failed to compare objects: \(error)"))
            }
        } else {
            try ownership.takeUnowned(from: before, to: after, by: key)
        }
        var result = ownership.owners
        if let owner = result.owners[key] {
            let fields = owner.fields.subtracting(Self.unowned)
            let time = Structure.isSame(before, after) ? owner.time : now
            result.owners[key] = fields.isEmpty ? nil : .init(fields: fields, apiVersion: owner.apiVersion, time: time)
        }
        return (after, result)
    }
}
