import JSONValue
import KubeModel

/// Who owns which fields of one object: its `metadata.managedFields`, read.
struct Owners {
    /// What makes two writes the same manager's.
    struct Key: Hashable {
        var manager: String
        var isApply: Bool
        /// Empty for an applier, which stays the same when it changes its version.
        var apiVersion: String
        var subresource: String

        /// The key as JSON, in whose order managers are named.
        var identifier: String {
            var entry: JSON = [:]
            if !manager.isEmpty { entry["manager"] = .string(manager) }
            entry["operation"] = isApply ? "Apply" : "Update"
            if !apiVersion.isEmpty { entry["apiVersion"] = .string(apiVersion) }
            if !subresource.isEmpty { entry["subresource"] = .string(subresource) }
            return entry.description
        }

        /// As a conflict names it: `"c1" using v1`.
        var description: String {
            goQuoted(manager) + (subresource.isEmpty ? "" : " with subresource " + goQuoted(subresource))
                + (isApply ? "" : " using " + apiVersion)
        }
    }

    struct Owner {
        var fields: FieldSet
        /// The version in which the fields are named.
        var apiVersion: String
        var time: String?
    }

    var owners: [Key: Owner] = [:]

    var isEmpty: Bool { owners.isEmpty }

    /// Why `managedFields` cannot be read.
    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    init() {}

    /// Reads `managedFields`; absent is empty.
    init(_ managedFields: JSON?) throws(Malformed) {
        for (index, entry) in (managedFields?.array ?? []).enumerated() {
            let operation = entry["operation"]?.string ?? ""
            guard operation == "Apply" || operation == "Update" else {
                throw Malformed(description: "operation must be `Apply` or `Update`")
            }
            guard let version = entry["apiVersion"]?.string, !version.isEmpty else {
                throw Malformed(description: "apiVersion must not be empty")
            }
            switch entry["fieldsType"]?.string ?? "" {
            case "FieldsV1": break
            case "": throw Malformed(description: "missing fieldsType in managed fields entry \(index)")
            case let other:
                throw Malformed(description: "invalid fieldsType \(goQuoted(other)) in managed fields entry \(index)")
            }
            guard let fields = FieldSet(json: entry["fieldsV1"] ?? [:]) else {
                throw Malformed(description: "error decoding set: invalid fieldsV1 in managed fields entry \(index)")
            }
            let isApply = operation == "Apply"
            let key = Key(
                manager: entry["manager"]?.string ?? "", isApply: isApply, apiVersion: isApply ? "" : version,
                subresource: entry["subresource"]?.string ?? "")
            owners[key] = Owner(fields: fields, apiVersion: version, time: entry["time"]?.string)
        }
    }

    /// The entries in the order in which they are stored; nil when there are none.
    var json: JSON? {
        if owners.isEmpty { return nil }
        let sorted = owners.map { (key: $0.key, owner: $0.value, seconds: Self.seconds($0.value.time)) }.sorted {
            p, q in
            if p.key.isApply != q.key.isApply { return p.key.isApply }
            if p.seconds != q.seconds { return p.seconds < q.seconds }
            if p.key.manager != q.key.manager { return precedes(p.key.manager, q.key.manager) }
            if p.owner.apiVersion != q.owner.apiVersion { return precedes(p.owner.apiVersion, q.owner.apiVersion) }
            return precedes(p.key.subresource, q.key.subresource)
        }
        return .array(
            sorted.map { key, owner, _ in
                var members: [JSONObject.Member] = []
                if !key.manager.isEmpty { members.append(.init(key: "manager", value: .string(key.manager))) }
                members.append(.init(key: "operation", value: key.isApply ? "Apply" : "Update"))
                members.append(.init(key: "apiVersion", value: .string(owner.apiVersion)))
                if let time = owner.time { members.append(.init(key: "time", value: .string(time))) }
                members.append(.init(key: "fieldsType", value: "FieldsV1"))
                members.append(.init(key: "fieldsV1", value: owner.fields.json))
                if !key.subresource.isEmpty {
                    members.append(.init(key: "subresource", value: .string(key.subresource)))
                }
                return .object(JSONObject(members: members))
            })
    }

    private static func seconds(_ time: String?) -> Int64 { time.flatMap { Timestamp($0) }?.seconds ?? 0 }

    /// How many managers of updates are kept apart.
    static let maximumUpdaters = 10

    /// Merges the oldest updates of one version into one entry, until there are no more than ``maximumUpdaters``.
    mutating func capUpdaters() {
        let updaters = owners.filter { !$0.key.isApply }
        guard updaters.count > Self.maximumUpdaters else { return }
        let oldestFirst = updaters.map { (key: $0.key, owner: $0.value, seconds: Self.seconds($0.value.time)) }.sorted {
            $0.seconds != $1.seconds ? $0.seconds < $1.seconds : precedes($0.key.identifier, $1.key.identifier)
        }
        var remaining = updaters.count
        var firstOfVersion: [String: Key] = [:]
        for (key, owner, _) in oldestFirst {
            if remaining <= Self.maximumUpdaters { break }
            guard let first = firstOfVersion[owner.apiVersion] else {
                firstOfVersion[owner.apiVersion] = key
                continue
            }
            let bucket = Key(manager: "ancient-changes", isApply: false, apiVersion: owner.apiVersion, subresource: "")
            if owners[bucket] == nil { owners[bucket] = owners.removeValue(forKey: first) }
            guard let merged = owners[bucket] else { continue }
            owners[key] = nil
            owners[bucket] = Owner(
                fields: owner.fields.union(merged.fields), apiVersion: owner.apiVersion, time: owner.time)
            remaining -= 1
        }
    }
}
