/// The name of something that has addresses and labels.
public enum EndpointID: Hashable, Sendable {
    case pod(namespace: String, name: String)
    /// A NetworkSet, or a GlobalNetworkSet when the namespace is empty.
    case networkSet(namespace: String, name: String)
    case host(String)
    case node(String)

    var domain: SelectorSetKey.Domain { if case .node = self { .nodes } else { .endpoints } }
}

/// Something that has addresses and labels. A pod on the host's network has none of its own: it counts as its node,
/// and is not to be put into the index.
public struct PolicyEndpoint: Hashable, Sendable {
    /// A port that a container names.
    public struct NamedPort: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The number of the protocol.
        public var transport: UInt8
        /// The number of the port.
        public var port: UInt16
        /// A named port; the protocol by its number.
        public init(name: String, transport: UInt8, port: UInt16) {
            self.name = name
            self.transport = transport
            self.port = port
        }
    }

    /// The name.
    public var id: EndpointID
    /// The labels of the object.
    public var labels: [String: String]
    /// The addresses.
    public var networks: [IPNetwork]
    /// The ports that have names.
    public var ports: [NamedPort] = []
    /// The node that a pod runs on, or that a host endpoint is of.
    public var node: String?
    /// The service account of a pod.
    public var serviceAccount: String?
    /// The revision of the object that this was read from: of two readings the greater one is newer. 0 for none.
    public var revision: UInt64 = 0
    /// The profiles of a host endpoint, in order; a pod has that of its namespace.
    public var profiles: [String] = []

    /// An endpoint.
    public init(id: EndpointID, labels: [String: String], networks: [IPNetwork]) {
        self.id = id
        self.labels = labels
        self.networks = networks
    }

    var namespace: String? {
        switch id {
        case .pod(let namespace, _): namespace
        case .networkSet(let namespace, _): namespace.isEmpty ? nil : namespace
        case .host, .node: nil
        }
    }

    var isPod: Bool { if case .pod = id { true } else { false } }
}
