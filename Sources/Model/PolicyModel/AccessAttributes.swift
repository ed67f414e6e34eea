/// What an authorizer is asked: may this user do this?
public struct AccessAttributes: Hashable, Sendable {
    /// One requirement of a field selector, such as `spec.nodeName=n1`.
    public struct FieldRequirement: Hashable, Sendable {
        /// The field, such as `spec.nodeName`.
        public var field: String
        /// Whether the field must equal the value; otherwise it must differ.
        public var equals: Bool
        /// The value to compare with.
        public var value: String
        /// The requirement `field=value`, or `field!=value` when `equals` is false.
        public init(field: String, equals: Bool, value: String) {
            self.field = field
            self.equals = equals
            self.value = value
        }
    }

    /// Who asks.
    public var user: UserInfo
    /// `get`, `list`, … for resources; the lowercase HTTP method for paths.
    public var verb: String
    /// Empty for the cluster scope, all namespaces and paths.
    public var namespace: String
    /// Empty for the core group.
    public var apiGroup: String
    /// Decides nothing.
    public var apiVersion: String
    /// The resource, such as `pods`; empty for a path.
    public var resource: String
    /// The subresource, such as `log`; empty for the resource itself.
    public var subresource: String
    /// Empty when the request names no object (create, or a list without a `metadata.name` selector).
    public var name: String
    /// Whether this asks for a resource; otherwise for ``path``.
    public var isResourceRequest: Bool
    /// The path of the URL.
    public var path: String
    /// The field selector of a list, watch or deletecollection.
    public var fieldSelector: [FieldRequirement]

    /// A question about a resource.
    public init(
        user: UserInfo, verb: String, namespace: String = "", apiGroup: String = "", apiVersion: String = "",
        resource: String, subresource: String = "", name: String = "", path: String = "",
        fieldSelector: [FieldRequirement] = []
    ) {
        self.user = user
        self.verb = verb
        self.namespace = namespace
        self.apiGroup = apiGroup
        self.apiVersion = apiVersion
        self.resource = resource
        self.subresource = subresource
        self.name = name
        self.isResourceRequest = true
        self.path = path
        self.fieldSelector = fieldSelector
    }

    /// A question about a path that is no resource, such as `/metrics`.
    public init(user: UserInfo, verb: String, path: String) {
        self.init(user: user, verb: verb, resource: "", path: path)
        isResourceRequest = false
    }

    /// `pods`, or `pods/log`.
    public var qualifiedResource: String { subresource.isEmpty ? resource : resource + "/" + subresource }
}
