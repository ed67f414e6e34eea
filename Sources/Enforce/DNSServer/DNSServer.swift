import CertificateAuthority
import ClusterDNS
package import KubeClient
import KubeModel
package import Logging
import NIOCore
import NIOPosix
import NetworkPolicy

/// The name server of a node: answers names of the cluster from its index of Services, EndpointSlices and Pods, and asks
/// upstream resolvers for all others.
package final class DNSServer: Sendable {
    private let configuration: Configuration
    private let client: KubeClient
    private let log: Logger
    private let answering: Answering
    private let forwarder: Forwarder
    private let channels: [any Channel]
    private let readiness = Readiness()
    /// The port that is listened on.
    package let port: UInt16

    private init(
        _ configuration: Configuration, client: KubeClient, log: Logger, answering: Answering, forwarder: Forwarder, channels: [any Channel], port: UInt16
    ) {
        self.configuration = configuration
        self.client = client
        self.log = log
        self.answering = answering
        self.forwarder = forwarder
        self.channels = channels
        self.port = port
    }

    /// Opens the sockets in the network namespace of the process. They answer at once, names of the cluster with SERVFAIL and
    /// other names not before ``run()``.
    ///
    /// - Parameter client: may list and watch services, endpointslices and pods.
    /// - Throws: ``Failure`` when the configuration makes no sense, `IOError` when an address cannot be bound; nothing is open then.
    package static func start(_ configuration: Configuration, client: KubeClient, log: Logger) async throws -> DNSServer {
        guard let domain = DNSName(configuration.clusterDomain), domain.labelCount > 0 else {
            throw Failure(description: "the cluster domain '\(configuration.clusterDomain)' is no domain name")
        }
        if configuration.addresses.isEmpty { throw Failure(description: "the name server has no address to listen on") }
        let group = MultiThreadedEventLoopGroup.singleton
        let answering = Answering(
            zone: ClusterZone.Configuration(domain: domain, ranges: configuration.ranges), allowed: configuration.allowedClients,
            limits: configuration.limits)
        let (channels, port) = try await Sockets.open(configuration, answering, group)
        let upstreams = (configuration.upstreams ?? Self.systemUpstreams(log))
            // Asking ourselves would go in a circle.
            .filter { !(configuration.addresses.contains($0.address) && $0.port == port) }
        let forwarder = Forwarder(answering: answering, upstreams: upstreams, limits: configuration.limits, group: group, log: log)
        return DNSServer(configuration, client: client, log: log, answering: answering, forwarder: forwarder, channels: channels, port: port)
    }

    private static func systemUpstreams(_ log: Logger) -> [Upstream] {
        do {
            let text = String(decoding: try SecureFile.read("/etc/resolv.conf", .any), as: UTF8.self)
            return ResolverFile.nameServers(text).map { Upstream($0) }
        } catch {
            log.warning("names outside of the cluster are not resolved", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Answers until cancelled; closes the sockets then.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for (kind, resource, selector) in Self.watched(configuration) {
                let reflector = Reflector(resource: resource, client: client, fieldSelector: selector, log: log)
                group.addTask { await reflector.run { event, _ in self.take(kind, event) } }
            }
            group.addTask { await self.forwarder.run() }
        }
        for channel in channels { try? await channel.close() }
    }

    private static func watched(_ configuration: Configuration) -> [(ClusterZone.Kind, GroupVersionResource, String)] {
        [
            (.service, GroupVersionResource("v1", "services"), ""),
            (.endpointSlice, GroupVersionResource("discovery.k8s.io/v1", "endpointslices"), ""),
            (.pod, GroupVersionResource("v1", "pods"), configuration.podFieldSelector),
        ]
    }

    private func take(_ kind: ClusterZone.Kind, _ event: Reflector.Event) {
        let isSynced = answering.change { zone in
            switch event {
            case .replaced(let objects): zone.replace(kind, with: objects)
            case .put(let object): zone.put(kind, object)
            case .removed(let object): zone.remove(kind, namespace: object.namespace, name: object.name)
            case .passed: break
            }
        }
        if isSynced { readiness.signal() }
    }

    /// Waits until all services, endpoints and pods have been listed once, or the task is cancelled. Until then questions
    /// about names of the cluster are answered with SERVFAIL.
    package func waitUntilReady() async { await readiness.wait() }

    /// What was counted since the start.
    var statistics: Answering.Statistics { answering.statistics }

    /// Why the server was not started.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
    }
}
