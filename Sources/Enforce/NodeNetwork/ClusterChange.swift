package import NFTables
package import NetworkPolicy
package import PolicyModel

/// One thing of the cluster that is other than before.
package enum ClusterChange: Sendable {
    case endpoint(PolicyEndpoint)
    case endpointGone(EndpointID)
    /// The ports of this node that a pod of it wants; none when the list is empty.
    case hostPorts(EndpointID, [HostPort])
    /// The labels of a namespace; nil when it is gone.
    case namespace(String, labels: [String: String]?)
    /// The labels of a service account; nil when it is gone.
    case serviceAccount(namespace: String, name: String, labels: [String: String]?)
    case policy(TrafficPolicy)
    case policyGone(RuleReference)
    case services(gone: Set<ServicePort>, new: Set<ServicePort>)
}

/// A port of the node that leads to a port of one pod: `hostPort` of a container.
package struct HostPort: Hashable, Sendable {
    /// The only address at which it is served; nil for all of the node's.
    package var address: IPAddress?
    /// The number of the protocol.
    package var transport: UInt8
    /// The port of the node.
    package var port: UInt16
    /// The port of the pod.
    package var podPort: UInt16

    /// A port.
    package init(address: IPAddress?, transport: UInt8, port: UInt16, podPort: UInt16) {
        self.address = address
        self.transport = transport
        self.port = port
        self.podPort = podPort
    }

    /// The port as the table knows it, in front of a pod with these addresses.
    func service(namespace: String, name: String, _ addresses: [IPAddress]) -> ServicePort {
        var service = ServicePort(
            name: "pod \(namespace)/\(name):\(port)", transport: transport, addresses: [], port: port,
            backends: addresses.map { .init(address: $0, port: podPort, isLocal: true) })
        service.hostPort = address.map { .address($0) } ?? .node
        return service
    }
}
