package import KubeClient
package import Logging

/// The name server of a node: answers names of the cluster from its index of Services, EndpointSlices and Pods, and asks
/// upstream resolvers for all others.
package final class DNSServer: Sendable {
    private let configuration: Configuration

    private init(_ configuration: Configuration) { self.configuration = configuration }

    /// Opens the sockets in the network namespace of the process. Nothing is answered before ``run()``.
    ///
    /// - Parameter client: may list and watch services, endpointslices and pods.
    package static func start(_ configuration: Configuration, client: KubeClient, log: Logger) async throws -> DNSServer {
        DNSServer(configuration)
    }

    /// Answers until cancelled; closes the sockets then.
    package func run() async {}

    /// Waits until all services, endpoints and pods have been listed once. Until then questions about names of the cluster
    /// are answered with SERVFAIL.
    package func waitUntilReady() async {}

    /// The port that is listened on.
    package var port: UInt16 { configuration.port }
}
