public import JSONValue
public import KubeModel

/// The object that a change is about, as the API addresses it.
public struct Target: Hashable, Sendable {
    /// The resource in the version that is written.
    public var resource: GroupVersionResource
    /// Empty for objects of the cluster.
    public var namespace: String
    /// Empty for an object whose name the server makes.
    public var name: String
    /// Such as `status`; empty for the object itself.
    public var subresource: String

    /// The address of an object by its names; in the cluster scope the namespace is empty.
    public init(_ resource: GroupVersionResource, namespace: String = "", name: String, subresource: String = "") {
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }

    /// The address of an object.
    public init(_ resource: GroupVersionResource, _ object: JSON, subresource: String = "") {
        self.init(resource, namespace: object.namespace, name: object.name, subresource: subresource)
    }
}

/// One write by which a controller brings the cluster nearer to what it should be.
public enum Change: Hashable, Sendable {
    /// Which form a patch has.
    public enum PatchForm: String, Hashable, Sendable { case merge, strategic, apply }

    /// Makes an object.
    case create(Target, JSON)
    /// Replaces an object, or a subresource such as `status`; the object's `resourceVersion` says which version.
    case replace(Target, JSON)
    /// Changes parts of an object. `manager` is the field manager of an apply patch, which is forced.
    case patch(Target, PatchForm, JSON, manager: String)
    /// Deletes an object, if it is still the one with this UID.
    case delete(Target, uid: String, policy: String?)
    /// Deletes every object of the resource in the namespace.
    case deleteCollection(Target)
}

/// What one look at the cluster leads to: the writes in their order, what to tell, and when to look again.
public struct Plan: Hashable, Sendable {
    /// The writes, to be made in this order; the first that fails ends the pass.
    public var changes: [Change]
    /// The events for the object that the pass is about.
    public var notices: [Notice]
    /// Seconds after which the object must be looked at again, though nothing changes.
    public var again: Int64?

    /// A plan; by default there is nothing to do.
    public init(changes: [Change] = [], notices: [Notice] = [], again: Int64? = nil) {
        self.changes = changes
        self.notices = notices
        self.again = again
    }
}
