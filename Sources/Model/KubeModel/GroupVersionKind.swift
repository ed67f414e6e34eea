/// An API group and version, such as `apps/v1`; the core group is empty.
public struct GroupVersion: Hashable, Sendable, CustomStringConvertible {
    /// The API group, such as `apps`; empty for the core group.
    public var group: String
    /// The version, such as `v1` or `v1beta1`.
    public var version: String
    /// The version `version` of the API group `group`.
    public init(group: String, version: String) {
        self.group = group
        self.version = version
    }
    /// Parses `v1` or `apps/v1`; nil when there is more than one slash or no version.
    public init?(_ apiVersion: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1 where !parts[0].isEmpty: self.init(group: "", version: String(parts[0]))
        case 2 where !parts[1].isEmpty: self.init(group: String(parts[0]), version: String(parts[1]))
        default: return nil
        }
    }
    /// `v1` or `apps/v1`, as `apiVersion` spells it.
    public var description: String { group.isEmpty ? version : group + "/" + version }
}

/// A kind of object in one version.
public struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
    /// The API group, such as `apps`; empty for the core group.
    public var group: String
    /// The version, such as `v1` or `v1beta1`.
    public var version: String
    /// The kind as objects spell it, such as `Deployment`.
    public var kind: String
    /// A kind by its three names; `group` is empty for the core group.
    public init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }
    /// What the object's `apiVersion` says.
    public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
    /// `apps/v1, Kind=Deployment`, as apimachinery prints it.
    public var description: String { "\(groupVersion), Kind=\(kind)" }
}

/// A resource of a group, whatever its version: `deployments.apps`.
public struct GroupResource: Hashable, Sendable, CustomStringConvertible {
    /// The API group, such as `apps`; empty for the core group.
    public var group: String
    /// The plural in lowercase, as paths have it, such as `deployments`.
    public var resource: String
    /// A resource by the names of its path; `group` is empty for the core group.
    public init(group: String, resource: String) {
        self.group = group
        self.resource = resource
    }
    /// `deployments.apps`, or `pods` for the core group.
    public var description: String { group.isEmpty ? resource : resource + "." + group }
}

/// A resource of a group in one version.
public struct GroupVersionResource: Hashable, Sendable {
    /// The API group, such as `apps`; empty for the core group.
    public var group: String
    /// The version, such as `v1` or `v1beta1`.
    public var version: String
    /// The plural in lowercase, as paths have it, such as `deployments`.
    public var resource: String
    /// A resource by the names of its path; `group` is empty for the core group.
    public init(group: String, version: String, resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }
    /// The resource whatever its version.
    public var groupResource: GroupResource { GroupResource(group: group, resource: resource) }
    /// The version of the group, such as `apps/v1`.
    public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
}
