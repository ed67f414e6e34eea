public import JSONValue
public import KubeModel

/// What the server serves, as clients ask for it before anything else: `/api`, `/apis` and below.
///
/// Pure: a value over the groups and resources that are served now. Custom resources are part of it like any other.
public struct APIDiscovery: Sendable {
    /// One API group.
    public struct Group: Hashable, Sendable {
        /// The name; empty for the core group.
        public var name: String
        /// The served versions, the preferred one first.
        public var versions: [String]
        /// Whether CRDs define it; such resources name their group and version once more.
        public var isCustom: Bool

        /// A group with its versions, the preferred one first.
        public init(name: String, versions: [String], isCustom: Bool = false) {
            self.name = name
            self.versions = versions
            self.isCustom = isCustom
        }
    }

    /// The groups in the order in which they are listed.
    public let groups: [Group]
    /// The resources of all groups; those of versions that no group serves are ignored.
    public let resources: [ResourceFacts]

    /// Discovery of the given groups and resources.
    public init(groups: [Group], resources: [ResourceFacts]) {
        self.groups = groups
        self.resources = resources
    }

    /// Discovery of everything that a catalog's groups name.
    public init(_ catalog: SchemaCatalog) {
        self.init(
            groups: catalog.groups.map { Group(name: $0.name, versions: $0.versions) }, resources: catalog.resources)
    }

    func group(named name: String) -> Group? { groups.first { $0.name == name } }

    /// The resources of a version, sorted by name.
    func resources(of version: GroupVersion) -> [ResourceFacts] {
        resources.filter { $0.groupVersion == version }.sorted { $0.plural < $1.plural }
    }

    /// Subresources in order: by name, or, of custom resources, `status` first.
    static func subresources(of resource: ResourceFacts, isCustom: Bool) -> [ResourceFacts.Subresource] {
        let sorted = resource.subresources.values.sorted { $0.name < $1.name }
        return isCustom ? sorted.filter { $0.name == "status" } + sorted.filter { $0.name != "status" } : sorted
    }

    // MARK: Lists of groups

    /// `/api`: the versions of the core group.
    ///
    /// - Parameter serverAddress: host and port under which clients reach the server.
    /// - Returns: an `APIVersions`.
    public func apiVersions(serverAddress: String) -> JSON {
        let address: JSON = ["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]
        return [
            "kind": "APIVersions", "versions": JSON(group(named: "")?.versions ?? []),
            "serverAddressByClientCIDRs": [address],
        ]
    }

    /// `/apis`: every group but the core group.
    public var groupList: JSON {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(groups.filter { !$0.name.isEmpty }.map { .object(Self.members(of: $0)) }),
        ]
    }

    /// `/apis/NAME`; nil when there is no such group.
    public func group(_ name: String) -> JSON? {
        guard !name.isEmpty, let group = group(named: name) else { return nil }
        var object: JSONObject = ["kind": "APIGroup", "apiVersion": "v1"]
        for (key, value) in Self.members(of: group) { object[key] = value }
        return .object(object)
    }

    private static func members(of group: Group) -> JSONObject {
        let versions = group.versions.map { version -> JSON in
            ["groupVersion": .string("\(group.name)/\(version)"), "version": .string(version)]
        }
        return ["name": .string(group.name), "versions": .array(versions), "preferredVersion": versions.first ?? .null]
    }

    // MARK: Lists of resources

    /// `/api/v1` and `/apis/GROUP/VERSION`: the resources of a version; nil when it is not served.
    public func resourceList(of version: GroupVersion) -> JSON? {
        guard let group = group(named: version.group), group.versions.contains(version.version) else { return nil }
        var list: JSONObject = ["kind": "APIResourceList"]
        // The core group's list predates the field.
        if !version.group.isEmpty { list["apiVersion"] = "v1" }
        list["groupVersion"] = .string(version.description)
        list["resources"] = .array(
            resources(of: version).flatMap { resource in
                [Self.entry(resource)]
                    + Self.subresources(of: resource, isCustom: group.isCustom).map { Self.entry($0, of: resource) }
            })
        return .object(list)
    }

    private static func entry(_ resource: ResourceFacts) -> JSON {
        var entry: JSONObject = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind), "verbs": JSON(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = JSON(resource.shortNames) }
        if !resource.categories.isEmpty { entry["categories"] = JSON(resource.categories) }
        if let stored = resource.storageVersion {
            entry["storageVersionHash"] = .string(storageVersionHash(kind: resource.kind, in: stored))
        }
        return .object(entry)
    }

    private static func entry(_ subresource: ResourceFacts.Subresource, of resource: ResourceFacts) -> JSON {
        var entry: JSONObject = [
            "name": .string("\(resource.plural)/\(subresource.name)"), "singularName": "",
            "namespaced": .bool(resource.isNamespaced),
        ]
        if let version = subresource.apiVersion {
            entry["group"] = .string(version.group)
            entry["version"] = .string(version.version)
        }
        entry["kind"] = .string(subresource.kind)
        entry["verbs"] = JSON(subresource.verbs)
        return .object(entry)
    }

    /// The hash by which clients notice that objects are stored in another version.
    public static func storageVersionHash(kind: String, in version: GroupVersion) -> String {
        let name = "\(version.group)/\(version.version)/\(kind)"
        return SHA256.base64(Array(SHA256.hash(Array(name.utf8)).prefix(8)))
    }

    // MARK: Paths

    /// The paths of groups and versions, sorted, as the root path lists them.
    public var paths: [String] {
        var paths: Set<String> = ["/api", "/apis", "/apis/"]
        for group in groups {
            let root = group.name.isEmpty ? "/api" : "/apis/" + group.name
            paths.insert(root)
            for version in group.versions { paths.insert("\(root)/\(version)") }
        }
        return paths.sorted()
    }
}
