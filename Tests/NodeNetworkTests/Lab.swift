import CNetworkProbe
import LinuxKernel
import NFTables
import NetworkPolicy
import NodeNetwork
import PolicyWorlds
import Testing

/// Whether this machine lets us make network namespaces and rules; the reason when it does not.
enum KernelSupport {
    static let refusal: String? = {
        knp_raise_limits()
        do {
            let namespace = try NetworkNamespace.make()
            let thread = try KernelThread(in: namespace)
            _ = thread
            try namespace.run { () throws(SystemError) in
                let route = try RouteSocket()
                try route.addPair(
                    "one", hardware: [2, 0, 0, 0, 0, 1], peer: "two", peerHardware: [2, 0, 0, 0, 0, 2], in: namespace,
                    mtu: 1500)
                try Sysctl.write("net/ipv4/ip_forward", "1")
            }
            return nil
        } catch {
            return "\(error)"
        }
    }()
    static var isThere: Bool { refusal == nil }
    static var comment: Comment {
        "this machine gives no network namespaces: \(refusal ?? "it does"); run as root, or in 'unshare --user --map-root-user --net --mount'"
    }
}

/// A world made real: a namespace for every node, every pod, and the outside, with the node network in each node.
///
/// The outside is the router between the nodes, and has the addresses of the places outside.
final class Lab: Sendable {
    let world: World
    let nodes: [String: NodeNetwork]
    let nodeNamespaces: [String: NetworkNamespace]
    let podNamespaces: [EndpointID: NetworkNamespace]
    let outside: NetworkNamespace
    /// The namespace of every address.
    private let namespaces: [IPAddress: NetworkNamespace]

    /// Builds the world; `externals` are the places outside that packets come from or go to.
    init(_ world: World, externals: [IPAddress], services: [IPNetwork] = []) async throws {
        self.world = world
        outside = try NetworkNamespace.make()
        var nodeNamespaces: [String: NetworkNamespace] = [:]
        var nodes: [String: NodeNetwork] = [:]
        var podNamespaces: [EndpointID: NetworkNamespace] = [:]
        var namespaces: [IPAddress: NetworkNamespace] = [:]
        var names = Set(world.endpoints.compactMap { if case .pod = $0.id { $0.node ?? "n1" } else { nil } })
        var addresses: [String: [IPAddress]] = [:]
        for case let endpoint in world.endpoints {
            if case .node(let name) = endpoint.id {
                names.insert(name)
                addresses[name] = endpoint.networks.map(\.address)
            }
        }
        try outside.run { () throws(SystemError) in
            try Self.quieten()
            let route = try RouteSocket()
            if let loopback = try route.link("lo") {
                try route.setUp(loopback)
                for address in externals { try route.addAddress(IPNetwork(address), address, to: loopback) }
                for address in externals { try route.awaitLocal(address) }
            }
        }
        for address in externals { namespaces[address] = outside }
        for (number, name) in names.sorted().enumerated() {
            let namespace = try NetworkNamespace.make()
            // A world may know nothing of its nodes.
            let own = addresses[name] ?? [IPAddress(family: .v4, high: 0, low: 0xAC1F_FF01 + UInt64(number))]
            let pods = world.endpoints.filter { if case .pod = $0.id { ($0.node ?? "n1") == name } else { false } }
            try Self.connect(namespace, outside, number, own, pods.flatMap { $0.networks.map(\.address) })
            nodeNamespaces[name] = namespace
            for address in own { namespaces[address] = namespace }
            var view = NodeView(name: name, addresses: own, uplinks: ["uplink"])
            view.serviceNetworks = services
            let network = try NodeNetwork(
                view, podNetworks: [IPNetwork(IPAddress(family: .v4, high: 0, low: 0x0AFE_0000), prefixLength: 16)],
                in: namespace)
            _ = try await network.start()
            nodes[name] = network
            for pod in pods {
                let inside = try NetworkNamespace.make()
                try inside.run { () throws(SystemError) in try Self.quieten() }
                var request = NodeNetwork.PodRequest(endpoint: pod, namespace: inside)
                request.addresses = pod.networks.map(\.address)
                _ = try await network.attach(request)
                podNamespaces[pod.id] = inside
                for network in pod.networks { namespaces[network.address] = inside }
            }
        }
        self.nodes = nodes
        self.nodeNamespaces = nodeNamespaces
        self.podNamespaces = podNamespaces
        self.namespaces = namespaces
        let base = world
        for network in nodes.values {
            try await network.update { index in
                for (name, labels) in base.namespaces { index.setNamespace(name, labels: labels) }
                for account in base.accounts {
                    index.setServiceAccount(namespace: account.namespace, name: account.name, labels: account.labels)
                }
                for tier in base.tiers { index.set(tier) }
                for endpoint in base.endpoints { index.set(endpoint) }
            }
        }
    }

    /// Changes what every node knows.
    @discardableResult
    func update(_ change: @Sendable (inout NetworkPolicyIndex) -> Void) async throws -> [String: NodeNetwork.Report] {
        var reports: [String: NodeNetwork.Report] = [:]
        for (name, network) in nodes { reports[name] = try await network.update(change) }
        return reports
    }

    // No limits on ICMP errors, by which a probe hears that it arrived.
    private static func quieten() throws(SystemError) {
        let settings = [
            ("net/ipv4/icmp_ratelimit", "0"), ("net/ipv6/icmp/ratelimit", "0"),
            ("net/ipv4/icmp_msgs_per_sec", "1000000"),
            ("net/ipv4/icmp_msgs_burst", "100000"), ("net/ipv4/conf/all/rp_filter", "0"),
            ("net/ipv4/conf/default/rp_filter", "0"),
            ("net/ipv4/ip_forward", "1"), ("net/ipv6/conf/all/forwarding", "1"), ("net/ipv4/tcp_timestamps", "1"),
        ]
        for (name, value) in settings { try? Sysctl.write(name, value) }
        if let loopback = try RouteSocket().link("lo") { try RouteSocket().setUp(loopback) }
    }

    private static func connect(
        _ node: NetworkNamespace, _ outside: NetworkNamespace, _ number: Int, _ own: [IPAddress], _ pods: [IPAddress]
    ) throws {
        let (near, far): ([UInt8], [UInt8]) = ([2, 0, 0, 0, 1, UInt8(number)], [2, 0, 0, 0, 2, UInt8(number)])
        let name = "node\(number)"
        let gateway4 = IPAddress(family: .v4, high: 0, low: 0xA9FE_FE00 + UInt64(number))
        let gateway6 = IPAddress(family: .v6, high: 0xFE80_0000_0000_0000, low: 0xFF00 + UInt64(number))
        try outside.run { () throws(SystemError) in
            let route = try RouteSocket()
            try route.addPair(name, hardware: far, peer: "uplink", peerHardware: near, in: node, mtu: 1500)
            guard let link = try route.link(name) else { throw SystemError("look up \(name)", 19) }
            try route.setUp(link)
            for address in own + pods {
                try route.setNeighbour(address, near, on: link)
                try route.addRoute(IPNetwork(address), on: link)
            }
        }
        try node.run { () throws(SystemError) in
            try quieten()
            let route = try RouteSocket()
            guard let link = try route.link("uplink") else { throw SystemError("look up uplink", 19) }
            for address in own { try route.addAddress(IPNetwork(address), address, to: link) }
            try route.setUp(link)
            for gateway in [gateway4, gateway6] {
                try route.setNeighbour(gateway, far, on: link)
                try route.addRoute(
                    IPNetwork(IPAddress(family: gateway.family, high: 0, low: 0), prefixLength: 0), by: gateway,
                    on: link)
            }
            try route.awaitRunning("uplink")
            for address in own { try route.awaitLocal(address) }
        }
    }

    /// Sends every packet for real; for each whether it arrived. `expected` only decides how long is waited.
    func send(_ packets: [(packet: Packet, expected: Bool)]) throws -> [Bool] {
        var probes: [knp_probe] = []
        for (packet, expected) in packets {
            var probe = knp_probe()
            probe.from = namespaces[packet.source]?.number ?? -1
            probe.family = packet.source.family.rawValue
            probe.transport = packet.transport
            probe.icmp_type = packet.icmp?.type ?? 0
            probe.icmp_code = packet.icmp?.code ?? 0
            probe.source_port = packet.sourcePort
            probe.destination_port = packet.destinationPort
            probe.expected = expected ? 1 : 0
            unsafe withUnsafeMutableBytes(of: &probe.source) { unsafe $0.copyBytes(from: packet.source.bytes) }
            unsafe withUnsafeMutableBytes(of: &probe.destination) {
                unsafe $0.copyBytes(from: packet.destination.bytes)
            }
            probes.append(probe)
        }
        let receivers = Array(Set(namespaces.values.map(\.number)))
        let sent = try outside.run { [probes] () throws(SystemError) in
            var probes = probes
            let count = probes.count
            let result = unsafe knp_run(&probes, count, receivers, receivers.count, 2500, 40)
            if result < 0 { throw SystemError("probe", -result) }
            return probes.map { ($0.arrived != 0, $0.error) }
        }
        return sent.map(\.0)
    }

    /// A pod's namespace by `namespace/name`.
    func pod(_ name: String) throws -> NetworkNamespace {
        let parts = name.split(separator: "/").map(String.init)
        return try #require(podNamespaces[.pod(namespace: parts[0], name: parts[1])])
    }
}
