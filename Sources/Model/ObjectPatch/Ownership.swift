import JSONValue
import KubeModel

/// A conflict: fields that others own and that an apply would change. Nothing was changed.
struct ApplyConflict: Error {
    struct Item {
        var owner: Owners.Key
        var path: [PathElement]
    }

    var items: [Item]

    /// The fields as a set, whoever owns them.
    var fields: FieldSet {
        var set = FieldSet()
        for item in items { set.insert(item.path) }
        return set
    }

    /// 409 with one cause for each field.
    var status: StatusError {
        let causes = items.map { item in
            StatusError.Cause(
                reason: "FieldManagerConflict", message: "conflict with \(item.owner.description)",
                field: Self.text(item.path))
        }
        let message: String
        if items.count == 1 {
            message = "Apply failed with 1 conflict: \(causes[0].message): \(causes[0].field)"
        } else {
            var lines: [String] = []
            var last: Owners.Key?
            for item in items {
                if item.owner != last { lines.append("conflicts with \(item.owner.description):") }
                last = item.owner
                lines.append("- " + Self.text(item.path))
            }
            message = "Apply failed with \(items.count) conflicts: " + lines.joined(separator: "\n")
        }
        return .init(code: 409, reason: "Conflict", message: message, details: .init(causes: causes))
    }

    private static func text(_ path: [PathElement]) -> String { path.map(\.description).joined() }
}

/// Why an apply did not come about.
enum ApplyFailure: Error {
    case conflict(ApplyConflict)
    case refused(StatusError)
}

/// Passes fields from owner to owner while one object changes into another.
struct Ownership {
    let managed: ManagedFields
    var owners: Owners

    init(_ managed: ManagedFields, _ owners: Owners) {
        self.managed = managed
        self.owners = owners
    }

    private var structure: Structure { managed.structure }

    /// Takes from all owners but `taker` the fields that change between the objects, and those that go.
    ///
    /// - Returns: what changes, in the endpoint's version.
    @discardableResult
    mutating func take(from before: JSON, to after: JSON, by taker: Owners.Key?) throws(StructureError) -> Comparison {
        let (comparison, conflicts) = try changes(from: before, to: after, by: taker)
        give(up: conflicts)
        return comparison
    }

    /// As `take`, unless a field that changes has an owner.
    mutating func takeUnowned(
        from before: JSON, to after: JSON, by taker: Owners.Key
    ) throws(ApplyFailure) {
        let found: (Comparison, [Owners.Key: Loss])
        do throws(StructureError) {
            found = try changes(from: before, to: after, by: taker)
        } catch {
            throw .refused(.unclassified("failed to compare objects: \(error)"))
        }
        let losers = found.1.filter { !$0.value.changed.isEmpty }.sorted {
            precedes($0.key.identifier, $1.key.identifier)
        }
        let items = losers.flatMap { key, loss in loss.changed.paths.map { ApplyConflict.Item(owner: key, path: $0) } }
        if !items.isEmpty { throw .conflict(ApplyConflict(items: items)) }
        give(up: found.1)
    }

    /// What an owner loses.
    struct Loss {
        /// Fields it owns and that change.
        var changed: FieldSet
        /// Fields that go.
        var removed: FieldSet
    }

    private mutating func changes(
        from before: JSON, to after: JSON, by taker: Owners.Key?
    ) throws(StructureError) -> (Comparison, [Owners.Key: Loss]) {
        let apiVersion = managed.apiVersion
        guard let type = managed.type(of: apiVersion) else { throw Structure.noForm }
        let own = try structure.compare(before, after, type).filtered(managed.filters[apiVersion])
        var comparisons: [String: Comparison] = [apiVersion: own]
        var losses: [Owners.Key: Loss] = [:]
        for (key, owner) in owners.owners where key != taker && !managed.isOpaque(owner.apiVersion) {
            if comparisons[owner.apiVersion] == nil {
                guard let old = managed.converted(before, to: owner.apiVersion),
                    let new = managed.converted(after, to: owner.apiVersion),
                    let type = managed.type(of: owner.apiVersion)
                else {
                    owners.owners[key] = nil
                    continue
                }
                comparisons[owner.apiVersion] =
                    try structure.compare(old, new, type).filtered(managed.filters[owner.apiVersion])
            }
            guard let comparison = comparisons[owner.apiVersion] else { continue }
            let changed = owner.fields.intersection(comparison.modified.union(comparison.added))
            losses[key] = Loss(changed: changed, removed: comparison.removed)
        }
        return (own, losses)
    }

    private mutating func give(up losses: [Owners.Key: Loss]) {
        for (key, loss) in losses {
            guard let owner = owners.owners[key] else { continue }
            owners.owners[key]?.fields = owner.fields.subtracting(loss.changed).subtracting(loss.removed)
        }
        for (key, owner) in owners.owners where owner.fields.isEmpty { owners.owners[key] = nil }
    }

    // MARK: - Pruning

    /// Removes from `merged` what `applier` stated the last time and does not now, unless another owner has it.
    func pruned(_ merged: JSON, applier: Owners.Key, last: Owners.Owner?) throws(StructureError) -> JSON {
        guard let last, !last.fields.isEmpty, let type = managed.type(of: last.apiVersion),
            let before = managed.converted(merged, to: last.apiVersion)
        else { return merged }
        let stated = structure.withDeclaredParents(last.fields, type)
        var result = structure.removing(stated, from: before, type)
        result = try withOwned(before, result, version: last.apiVersion)
        result = try withUnstated(before, result, stated, version: last.apiVersion, type)
        let version = owners.owners[applier]?.apiVersion ?? managed.apiVersion
        return managed.converted(result, to: version) ?? merged
    }

    /// Puts back what anyone owns, the applier's new statement included.
    private func withOwned(_ merged: JSON, _ pruned: JSON, version first: String) throws(StructureError) -> JSON {
        var owned: [String: FieldSet] = [:]
        for owner in owners.owners.values {
            owned[owner.apiVersion, default: FieldSet()] = owned[owner.apiVersion, default: FieldSet()].union(
                owner.fields)
        }
        var merged = merged
        var pruned = pruned
        let versions = [first] + owned.keys.filter { $0 != first }.sorted()
        for version in versions {
            guard let fields = owned[version], let type = managed.type(of: version),
                let all = managed.converted(merged, to: version), let rest = managed.converted(pruned, to: version)
            else { continue }
            let present = structure.withDeclaredParents(try structure.fields(of: all, type), type)
            let kept = structure.withDeclaredParents(try structure.fields(of: rest, type), type)
            let wanted = structure.withDeclaredParents(fields, type)
            merged = all
            pruned = structure.removing(present.subtracting(kept.union(wanted)), from: all, type)
        }
        return pruned
    }

    /// Puts back what the applier had not stated: fields of no owner, or below what was removed.
    private func withUnstated(
        _ merged: JSON, _ pruned: JSON, _ stated: FieldSet, version: String, _ type: Structure.Reference
    ) throws(StructureError) -> JSON {
        guard let rest = managed.converted(pruned, to: version) else { return merged }
        let kept = structure.withDeclaredParents(try structure.fields(of: rest, type), type)
        let present = structure.withDeclaredParents(try structure.fields(of: merged, type), type)
        return structure.removing(present.subtracting(kept).intersection(stated), from: merged, type)
    }
}
