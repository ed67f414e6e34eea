import CertificateAuthority
import ClusterNetwork
import Confinement
import ContainerImages
import ContainerRuntime
import ContentStore
import DNSServer
import Glibc
import JSONValue
import KubeClient
package import KubeModel
import LinuxKernel
package import Logging
import NetworkPolicy
import NFTables
import NodeAgent
import NIOPosix
import NodeNetwork
import NodeTunnel
import OCIModel

/// The node process: the parts of one node, put together and run.
package struct NodeProcess: Sendable {
    let settings: NodeSettings
    /// How the API server is reached when this process is in a network of its own; nil when it is in the machine's.
    let relaySocket: String?
    let clock: @Sendable () -> Timestamp
    let log: Logger

    package init(_ settings: NodeSettings, relaySocket: String?, clock: @escaping @Sendable () -> Timestamp, log: Logger) {
        self.settings = settings
        self.relaySocket = relaySocket
        self.clock = clock
        self.log = log
    }

    /// The programs that every node takes, with the packages that bring them.
    package static let programs: [(path: String, package: String)] = [
        (ContainerRuntime.Configuration(folder: "").runtime, "runc"), (ContainerRuntime.Configuration(folder: "").monitor, "conmon"),
    ]
    private static let agent = "kastell-node"
    /// How long a stopping node waits for its pods.
    private static let stopSeconds: Int64 = 8

    /// What a stop does to the pods.
    package enum Stop: Sendable {
        /// They end with the node.
        case withPods
        /// They go on: another process takes them over.
        case alone
    }

    /// Runs until `stop` answers.
    ///
    /// - Parameter ready: called once the node is registered and takes pods.
    package func run(ready: @escaping @Sendable () -> Void, until stop: @escaping @Sendable () async -> Stop) async throws {
        let isInside = relaySocket != nil
        try prepareFolders()
        let gateway = settings.podNetworks.compactMap { Self.first($0) }
        let host = isInside ? "127.0.0.1" : settings.serverHost
        let server = "https://\(host.contains(":") ? "[\(host)]" : host):\(settings.serverPort)"
        let network = try await startNetwork(gateway)
        let relay = try await startRelay(gateway)
        let credentials = NodeCredentials(node: settings.name, folder: settings.folder + "/pki", clock: clock)
        let pair = try await credentials.get(server: server, authority: Array(settings.authority.utf8), tokenFile: settings.bootstrapTokenFile, userAgent: Self.agent)
        let transport = RenewableTransport(try credentials.transport(pair, server: server, authority: Array(settings.authority.utf8), userAgent: Self.agent))
        let client = KubeClient(transport)

        let reading = reading(gateway)
        let cluster = ClusterNetwork(client: client, network: network.network, nodeName: settings.name, nodeAddresses: network.addresses, clock: clock, log: log)
        let dns = try await startDNS(gateway, client)
        var options = NodeAgent.Options(
            name: settings.name, folder: settings.folder, hostIPs: network.addresses.prefix(1).map(\.description), podNetworks: settings.podNetworks.map(\.description),
            maxPods: settings.maxPods, reading: reading)
        options.manifests = settings.staticPods
        let agent = try NodeAgent(
            options, client: client, images: try images(), network: network.network,
            request: { pod, namespace in
                var request = NodeNetwork.PodRequest(endpoint: cluster.endpoint(of: pod), namespace: namespace)
                request.hostPorts = cluster.hostPorts(of: pod)
                return request
            }, clock: clock, log: log)

        let tunnel = NodeTunnel(
            NodeTunnel.Configuration(host: host, port: settings.serverPort, node: settings.name, authority: Array(settings.authority.utf8)) {
                guard let pair = try credentials.present() else { throw NodeError("the node's certificate is gone") }
                return (pair.certificate, pair.key)
            }, operations: NodeOperations(locator: agent.pods, runtime: agent.runtime, reports: agent.reports), group: .singletonMultiThreadedEventLoopGroup, log: log)

        let how = try await withThrowingTaskGroup(of: Stop?.self) { group in
            group.addTask {
                await cluster.run()
                return nil
            }
            group.addTask {
                await dns.run()
                return nil
            }
            group.addTask {
                await credentials.renew(transport, server: server, authority: Array(settings.authority.utf8), userAgent: Self.agent, log: log) { tunnel.renew() }
                return nil
            }
            group.addTask {
                await tunnel.run()
                return nil
            }
            group.addTask {
                try await agent.run(after: { await cluster.waitUntilReady() }, ready: ready)
                return nil
            }
            group.addTask { await stop() }
            var how = Stop.alone
            while let ended = try await group.next() {
                guard let ended else { continue }
                how = ended
                break
            }
            if how == .withPods { await agent.stop(seconds: Self.stopSeconds) }
            group.cancelAll()
            return how
        }
        await relay?.close()
        if how == .withPods { try? await network.network.removeAll() }
    }

    private func prepareFolders() throws {
        for folder in ["", "/pki", "/pods", "/logs", "/volumes", "/claims", "/seccomp"] { try SecureFile.makePrivateFolder(settings.folder + folder) }
    }

    /// The first address of a network, which the node keeps for itself.
    private static func first(_ network: IPNetwork) -> NetworkPolicy.IPAddress? {
        network.prefixLength < network.address.family.width - 1
            ? NetworkPolicy.IPAddress(family: network.address.family, high: network.address.high, low: network.address.low + 1) : nil
    }

    // MARK: Parts

    private func startNetwork(_ gateway: [NetworkPolicy.IPAddress]) async throws -> (network: NodeNetwork, addresses: [NetworkPolicy.IPAddress]) {
        let uplinks = HostAddresses.uplinks
        let outside = HostAddresses.all(skipping: { $0.hasPrefix("kst") }).filter { uplinks.isEmpty || uplinks.contains($0.interface) }
        let addresses = outside.map(\.address).filter { $0.family == .v4 } + outside.map(\.address).filter { $0.family == .v6 } + gateway
        var view = NodeView(name: settings.name, addresses: addresses, uplinks: uplinks)
        view.podNetworks = settings.clusterNetworks
        view.serviceNetworks = settings.serviceNetworks
        view.masquerades = true
        // On a machine's own network there are others' interfaces, which are none of a node's business.
        view.toleratesOtherInterfaces = relaySocket == nil
        let network = try NodeNetwork(view, podNetworks: settings.podNetworks, in: try NetworkNamespace.current())
        let found = try await network.start()
        try await network.takeOwnAddresses()
        if !found.isEmpty { log.info("taking over pods' links", metadata: ["links": "\(found.count)"]) }
        return (network, addresses)
    }

    /// The API server at an address of the node, for pods; and for this process, where the network is its own.
    private func startRelay(_ gateway: [NetworkPolicy.IPAddress]) async throws -> StreamRelay? {
        var places = gateway.map { StreamRelay.Place.tcp(host: $0.description, port: settings.serverPort) }
        // Who is neither a pod nor this machine does not reach the API server by way of its node.
        var networks = settings.clusterNetworks
        var destination = StreamRelay.Place.tcp(host: settings.serverHost, port: settings.serverPort)
        if let relaySocket {
            places.append(.tcp(host: "127.0.0.1", port: settings.serverPort))
            networks += ["127.0.0.0/8"].compactMap { IPNetwork($0) }
            destination = .unix(path: relaySocket)
        }
        return try await StreamRelay.start(places, to: destination, from: networks)
    }

    private func startDNS(_ gateway: [NetworkPolicy.IPAddress], _ client: KubeClient) async throws -> DNSServer {
        var configuration = DNSServer.Configuration(
            addresses: gateway, ranges: settings.clusterNetworks + settings.serviceNetworks,
            allowedClients: settings.clusterNetworks + gateway.map { IPNetwork($0) })
        configuration.clusterDomain = settings.clusterDomain
        configuration.podFieldSelector = "spec.nodeName=" + settings.name
        // slirp4netns answers names there as the machine would.
        if relaySocket != nil, let resolver = NetworkPolicy.IPAddress("10.0.2.3") { configuration.upstreams = [DNSServer.Upstream(resolver)] }
        return try await DNSServer.start(configuration, client: client, log: log)
    }

    private func images() throws -> ImageService {
        var registries: ImageRegistryConfiguration
        do { registries = settings.registries == .null ? ImageRegistryConfiguration() : try ImageRegistryConfiguration(settings.registries) } catch {
            throw NodeError("the configuration's 'registries' cannot be used: \(error)")
        }
        if let relaySocket {
            let folder = String(relaySocket[..<(relaySocket.lastIndex(of: "/") ?? relaySocket.startIndex)])
            registries = registries.reachingLoopback { RootlessNode.registrySocket($0, in: folder) }
        }
        return ImageService(library: ImageLibrary(store: try ContentStore(path: settings.images)), registries: registries, passage: try passage())
    }

    /// A folder that users of pods' own can pass through: in the machine's run folder, or on a file system of the node's own.
    private func passage() throws -> String {
        guard relaySocket != nil else {
            // Beside /run/kastell, which nobody else may enter: the cluster's sockets lie there.
            let folder = "/run/kastell-roots"
            guard unsafe mkdir(folder, 0o711) == 0 || errno == EEXIST else { throw NodeError("\(folder) cannot be made: \(SystemError("mkdir", errno))") }
            // Whatever the umask took from it.
            guard unsafe chmod(folder, 0o711) == 0 else { throw NodeError("\(folder) cannot be opened to users of pods: \(SystemError("chmod", errno))") }
            return folder
        }
        // An agent before this one may have mounted it.
        if UserMounts.isPassage("/mnt") { return "/mnt" }
        try UserMounts.mountPassage("/mnt")
        return "/mnt"
    }

    private func reading(_ gateway: [NetworkPolicy.IPAddress]) -> HostReading {
        var reading = HostReading(
            node: settings.name, ownedNamespaces: relaySocket == nil ? [] : [.network, .pid, .mount, .ipc, .uts], seccompProfiles: settings.folder + "/seccomp",
            host: HostFacts.read())
        reading.clusterDomain = settings.clusterDomain
        reading.clusterServers = [settings.clusterDNS]
        return reading
    }
}
