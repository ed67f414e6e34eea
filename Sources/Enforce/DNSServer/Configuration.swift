package import NetworkPolicy

extension DNSServer {
    /// Where the server listens, whom it answers and what it may spend.
    package struct Configuration: Sendable {
        /// The addresses of this network namespace to listen on. They must be there before ``DNSServer/start(_:client:log:)``.
        package var addresses: [IPAddress]
        /// 53; 0 takes a free port, which ``DNSServer/port`` then says.
        package var port: UInt16 = 53
        /// `cluster.local`.
        package var clusterDomain = "cluster.local"
        /// The ranges of pods and services. Reverse names in them are never asked of upstream resolvers.
        package var ranges: [IPNetwork]
        /// Who may ask: the ranges of pods, and the node's own addresses.
        package var allowedClients: [IPNetwork]
        /// The resolvers that know all other names; nil for those of `/etc/resolv.conf`.
        package var upstreams: [Upstream]?
        /// Which pods the server may list, such as `spec.nodeName=a` with the credentials of a node; all when empty. Names of
        /// other pods under `pod.cluster.local` do not exist then.
        package var podFieldSelector = ""
        /// What the server may spend.
        package var limits = Limits()

        package init(addresses: [IPAddress], ranges: [IPNetwork], allowedClients: [IPNetwork]) {
            self.addresses = addresses
            self.ranges = ranges
            self.allowedClients = allowedClients
        }
    }

    /// A resolver that is asked for names outside of the cluster.
    package struct Upstream: Hashable, Sendable {
        package var address: IPAddress
        package var port: UInt16

        package init(_ address: IPAddress, port: UInt16 = 53) {
            self.address = address
            self.port = port
        }
    }

    /// What the server may spend. Beyond a limit a question is answered with SERVFAIL, a connection closed.
    package struct Limits: Sendable {
        /// Questions that wait for upstream resolvers.
        package var waiting = 1024
        /// Those of one client.
        package var waitingPerClient = 128
        /// TCP connections.
        package var connections = 512
        /// Those of one client.
        package var connectionsPerClient = 32
        /// How long a connection may be silent.
        package var idle = Duration.seconds(10)
        /// How long one upstream resolver has for an answer.
        package var attempt = Duration.milliseconds(1500)
        /// How many times a question is sent, to one resolver after another.
        package var attempts = 3
        /// The bytes of answers that are kept.
        package var cacheBytes = 8 << 20

        package init() {}
    }
}
