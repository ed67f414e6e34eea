public import NetworkPolicy

/// What a ruleset must know of the node that it is for.
public struct NodeView: Hashable, Sendable {
    /// The name, as pods give it in their endpoint.
    public var name: String
    /// The node's own addresses.
    public var addresses: [IPAddress]
    /// The interfaces by which the rest of the world is reached; the loopback is always known.
    public var uplinks: [String]
    /// The networks that all pods of the cluster have their addresses from.
    public var podNetworks: [IPNetwork] = []
    /// The networks that services have their addresses from: nothing leaves the node for them.
    public var serviceNetworks: [IPNetwork] = []
    /// Whether pods reach what is outside of the cluster by the node's own address.
    public var masquerades = false
    /// Whether interfaces that are neither pods' nor uplinks belong to others and are left alone; otherwise nothing
    /// that comes in by them is let through.
    public var toleratesOtherInterfaces = false

    /// A node.
    public init(name: String, addresses: [IPAddress], uplinks: [String]) {
        self.name = name
        self.addresses = addresses
        self.uplinks = uplinks
    }
}

/// The node's end of the link of one pod.
public struct PodInterface: Hashable, Sendable {
    /// The pod.
    public var id: EndpointID
    /// The name of the node's end.
    public var interface: String
    /// The addresses of the pod; no other may come from the interface.
    public var addresses: [IPAddress]

    /// A link.
    public init(id: EndpointID, interface: String, addresses: [IPAddress]) {
        self.id = id
        self.interface = interface
        self.addresses = addresses
    }
}

/// One port of a service, as the node sees it.
public struct ServicePort: Hashable, Sendable {
    /// Where connections may end.
    public struct Backend: Hashable, Sendable {
        /// The address of the pod.
        public var address: IPAddress
        /// The port of the pod.
        public var port: UInt16
        /// Whether the pod runs on this node.
        public var isLocal: Bool
        /// Whether it is about to go: it answers only where no other does.
        public var isLast = false
        /// A backend.
        public init(address: IPAddress, port: UInt16, isLocal: Bool = true) {
            self.address = address
            self.port = port
            self.isLocal = isLocal
        }
    }

    /// Where a port of the node leads to one pod, whatever services there are.
    public enum HostPortPlace: Hashable, Sendable {
        /// At every address of the node.
        case node
        /// At this address of the node only.
        case address(IPAddress)
    }

    /// The service and its port: `shop/web:http`.
    public var name: String
    /// The number of the protocol.
    public var transport: UInt8
    /// The addresses at which the port is served.
    public var addresses: [IPAddress]
    /// The port at those addresses.
    public var port: UInt16
    /// The port at the node's own addresses.
    public var nodePort: UInt16?
    /// Addresses outside of the cluster that are led here (`externalIPs`).
    public var externalAddresses: [IPAddress] = []
    /// The addresses of a load balancer in front.
    public var balancerAddresses: [IPAddress] = []
    /// Who may come by the load balancer; nil for everybody.
    public var sourceRanges: [IPNetwork]?
    /// Whether only pods of this node answer what comes from outside, and see who asks.
    public var isLocalOnly = false
    /// Whether only pods of this node answer what comes from inside of the cluster.
    public var keepsInternalTrafficLocal = false
    /// For a port of the node that is one pod's: where. The other addresses do not count then.
    public var hostPort: HostPortPlace?
    /// For how many seconds a client stays with its backend; nil when it need not.
    public var affinity: Int?
    /// The pods that are ready.
    public var backends: [Backend]

    /// A port of a service.
    public init(name: String, transport: UInt8, addresses: [IPAddress], port: UInt16, backends: [Backend]) {
        self.name = name
        self.transport = transport
        self.addresses = addresses
        self.port = port
        self.backends = backends
    }
}
