public import JSONValue
public import KubeModel

/// Keeps `metadata.managedFields` of the objects of one endpoint: who set which field, and by which operation.
///
/// ``update(live:new:manager:now:)`` is for create, update and every patch but apply;
/// ``apply(live:config:manager:force:now:)`` is server-side apply. Both are pure: the time comes in as an argument.
/// They belong between the defaulting of the new object and admission, so that fields which admission sets have no
/// owner.
public struct ManagedFields: Sendable {
    /// Gives an object in another version of its kind; nil when that version is not known (any more), and then the
    /// entries in that version are dropped.
    public typealias Conversion = @Sendable (_ object: JSON, _ apiVersion: String) -> JSON?

    /// The kind and version of the endpoint, in which objects come in and go out.
    public let kind: GroupVersionKind
    /// The subresource of the endpoint; empty for the object's own.
    public let subresource: String
    /// Whether objects are custom resources, of which only members that are present exist.
    public let isCustomResource: Bool
    let structure: Structure
    /// The fields that the endpoint resets, by the version in which they are named.
    let filters: [String: FieldFilter]
    let convert: Conversion?

    /// The managed fields of an endpoint of a built-in kind.
    ///
    /// - Parameters:
    ///   - kind: the kind that the endpoint serves.
    ///   - subresource: its name, such as `status`; empty for the object's own endpoint.
    ///   - catalog: the schemas; a kind that is in none is owned as its values show.
    ///   - convert: needed only by kinds that are served in several versions.
    public init(
        kind: GroupVersionKind, subresource: String = "", catalog: SchemaCatalog = .builtin, convert: Conversion? = nil
    ) {
        self.kind = kind
        self.subresource = subresource
        isCustomResource = false
        structure = Structure(catalog: catalog)
        var filters: [String: FieldFilter] = [:]
        if let filter = FieldFilter.ofEndpoint(kind, subresource: subresource) {
            filters[kind.groupVersion.description] = filter
            if kind.kind == "HorizontalPodAutoscaler" { filters["autoscaling/v1"] = filter }
            if kind.kind == "HorizontalPodAutoscaler" { filters["autoscaling/v2"] = filter }
        }
        self.filters = filters
        self.convert = convert
    }

    /// The managed fields of an endpoint of a custom resource.
    ///
    /// - Parameters:
    ///   - kind: the kind and version that the endpoint serves.
    ///   - hasStatus: whether the version has the `status` subresource.
    ///   - subresource: its name; empty for the object's own endpoint.
    ///   - catalog: the schemas, with those of the CRD; without one, fields are owned as values show.
    ///   - convert: needed only when versions differ in more than their name.
    public init(
        customResource kind: GroupVersionKind, hasStatus: Bool, subresource: String = "", catalog: SchemaCatalog,
        convert: Conversion? = nil
    ) {
        self.kind = kind
        self.subresource = subresource
        isCustomResource = true
        structure = Structure(catalog: catalog)
        filters =
            FieldFilter.ofCustomResource(subresource: subresource, hasStatus: hasStatus)
            .map { [kind.groupVersion.description: $0] } ?? [:]
        self.convert = convert
    }

    /// The version of the endpoint, as `apiVersion` spells it.
    var apiVersion: String { kind.groupVersion.description }

    /// The fields that no one owns: what identifies an object, and what only the server sets.
    static let unowned = FieldSet(
        ["apiVersion"], ["kind"], ["metadata"], ["metadata", "name"], ["metadata", "namespace"],
        ["metadata", "creationTimestamp"], ["metadata", "selfLink"], ["metadata", "uid"], ["metadata", "clusterName"],
        ["metadata", "generation"], ["metadata", "managedFields"], ["metadata", "resourceVersion"])

    // MARK: - Update

    /// Records a create, update or patch.
    ///
    /// Entries that the client sent are taken over: none, or unreadable ones, leave those of `live`; an empty list or
    /// one empty entry clears them. At a subresource the client's entries count for nothing. The time of the entry
    /// changes only when the write sets a field.
    ///
    /// - Parameters:
    ///   - live: the stored object in the endpoint's version; nil for a create.
    ///   - new: the object to be stored, defaulted, before admission.
    ///   - manager: ``FieldManager/name(given:userAgent:)``.
    ///   - now: RFC 3339 to the second.
    /// - Returns: `new` with its `metadata.managedFields`, which are absent when no field has an owner. When the
    ///   objects do not fit their schema, those of `live`.
    /// - Complexity: linear in the objects, times the number of managers.
    public func update(live: JSON?, new: JSON, manager: String, now: String) -> JSON {
        let owners = owners(live: live, new: new)
        let isTracked = live == nil || live?["metadata"]?["uid"]?.string?.isEmpty != false
        guard isTracked || !owners.isEmpty else { return Self.with(nil, in: new) }
        let before = live.map { written(Self.with(nil, in: $0)) } ?? emptyObject(like: new)
        let after = Self.with(nil, in: new)
        do throws(StructureError) {
            let updated = try record(owners, from: before, to: written(after), manager: manager, now: now)
            return Self.with(updated.json, in: after)
        } catch {
            return Self.with(live?["metadata"]?["managedFields"], in: after)
        }
    }

    private func owners(live: JSON?, new: JSON) -> Owners {
        let stored = { (try? Owners(live?["metadata"]?["managedFields"])) ?? Owners() }
        if !subresource.isEmpty { return stored() }
        let sent = new["metadata"]?["managedFields"]
        if case .array(let entries)? = sent {
            let isReset =
                entries.count <= 1 && entries.allSatisfy { $0.object?.members.allSatisfy(\.value.isEmptyValue) ?? true }
            if isReset { return Owners() }
        }
        guard let owners = try? Owners(sent), !owners.isEmpty else { return stored() }
        return owners
    }

    /// The owners after a write that leads from one object to another.
    func record(
        _ owners: Owners, from before: JSON, to after: JSON, manager: String, now: String
    ) throws(StructureError) -> Owners {
        let key = Owners.Key(
            manager: manager.isEmpty ? "unknown" : manager, isApply: false, apiVersion: apiVersion,
            subresource: subresource)
        var ownership = Ownership(self, reconciled(owners))
        let comparison = try ownership.take(from: before, to: after, by: nil)
        var taken = comparison.modified.union(comparison.added)
        if let filter = filters[apiVersion] { taken = filter.apply(to: taken) }
        taken = taken.subtracting(Self.unowned)
        var result = ownership.owners
        if !taken.isEmpty {
            let previous = result.owners[key]?.fields ?? FieldSet()
            result.owners[key] = .init(fields: taken.union(previous), apiVersion: apiVersion, time: now)
        }
        result.capUpdaters()
        return result
    }

    // MARK: - Objects

    /// The object as it counts: of a built-in kind, what Go leaves out is not there.
    func written(_ object: JSON) -> JSON {
        isCustomResource ? object : WrittenForm(catalog: structure.catalog).of(object, kind: kind)
    }

    /// The object with these managed fields; nil removes them.
    static func with(_ managedFields: JSON?, in object: JSON) -> JSON {
        guard var metadata = object["metadata"]?.object else { return object }
        if metadata["managedFields"] == nil, managedFields == nil { return object }
        metadata["managedFields"] = managedFields
        var result = object
        result["metadata"] = .object(metadata)
        return result
    }

    /// The type of the objects in a version; nil when the version is not known.
    func type(of apiVersion: String) -> Structure.Reference? {
        guard let version = GroupVersion(apiVersion) else { return nil }
        let versioned = GroupVersionKind(group: version.group, version: version.version, kind: kind.kind)
        if let type = structure.catalog.type(of: versioned) {
            return isCustomResource ? .customResource(type) : .node(type, preservesUnknown: false)
        }
        return versioned == kind || isCustomResource ? .deduced : nil
    }

    /// The object in another version; nil when that is not known, or when there is no way to get there.
    func converted(_ object: JSON, to apiVersion: String) -> JSON? {
        if object["apiVersion"]?.string == apiVersion { return object }
        if let convert { return convert(object, apiVersion) }
        guard isCustomResource else { return nil }
        var result = object
        result["apiVersion"] = .string(apiVersion)
        return result
    }

    /// Whether owners in a version are to be left alone, since nothing can be said of their fields.
    func isOpaque(_ apiVersion: String) -> Bool {
        convert == nil && !isCustomResource && apiVersion != self.apiVersion
    }

    /// The owners of known versions, their fields as the present schema has them.
    func reconciled(_ owners: Owners) -> Owners {
        var result = Owners()
        for (key, owner) in owners.owners {
            guard let type = type(of: owner.apiVersion) else { continue }
            var owner = owner
            owner.fields = structure.reconciled(owner.fields, type)
            result.owners[key] = owner
        }
        return result
    }

    /// What a new object is compared with: the members that Go writes even when nothing was set.
    func emptyObject(like new: JSON) -> JSON {
        let bare: JSON = ["apiVersion": .string(apiVersion), "kind": .string(kind.kind)]
        guard !isCustomResource, let type = structure.catalog.type(of: kind) else { return bare }
        var object = emptyValue(of: type, like: new)
        object["apiVersion"] = .string(apiVersion)
        object["kind"] = .string(kind.kind)
        return object
    }

    private func emptyValue(of type: SchemaNode, like new: JSON?) -> JSON {
        var object = JSONObject()
        for (name, node) in type.fields {
            let resolved = structure.catalog.resolve(node)
            switch node.defaultValue {
            case .object(let members)? where members.isEmpty && resolved.type == .object:
                object[name] = emptyValue(of: resolved, like: new?[name])
            case nil where isPodSecurityPolicy && Self.structuresOfPodSecurityPolicy.contains(name):
                object[name] = emptyValue(of: resolved, like: new?[name])
            case let value? where value.isEmptyValue:
                object[name] = value
            default:
                // Lists and maps that are written though nil, and times.
                if type.writes(name) || new?[name]?.isNull == true || kind.kind == "TokenRequest" && name == "boundObjectRef" {
                    object[name] = .null
                }
            }
        }
        return .object(object)
    }

    /// The facts of this kind are older, and do not tell structures from pointers.
    private var isPodSecurityPolicy: Bool { kind.kind == "PodSecurityPolicy" }
    private static let structuresOfPodSecurityPolicy: Set<String> = [
        "metadata", "spec", "seLinux", "runAsUser", "supplementalGroups", "fsGroup",
    ]
}
