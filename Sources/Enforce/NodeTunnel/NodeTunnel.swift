package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
import TunnelChannel

/// The one connection of a node: opened by it, kept open, and opened again when it breaks or a certificate is renewed.
/// Whatever the API server wants of the node comes through it; the node listens nowhere.
package final class NodeTunnel: Sendable {
    package struct Configuration: Sendable {
        /// The API server's name or address, and its port.
        package var host: String
        package var port: Int
        package var node: String
        /// The CA that signed the API server's certificate, as PEM.
        package var authority: [UInt8]
        /// The node's certificate and key as they are now, as PEM; asked for with every connection.
        package var identity: @Sendable () throws -> (certificate: [UInt8], key: [UInt8])

        package init(
            host: String, port: Int, node: String, authority: [UInt8],
            identity: @escaping @Sendable () throws -> (certificate: [UInt8], key: [UInt8])
        ) {
            self.host = host
            self.port = port
            self.node = node
            self.authority = authority
            self.identity = identity
        }
    }

    private enum Event: Sendable { case renewed, closed(ObjectIdentifier) }

    private static let shortest = Duration.milliseconds(100)
    private static let longest = Duration.seconds(5)

    private let configuration: Configuration
    private let operations: NodeOperations
    private let group: any EventLoopGroup
    private let log: Logger
    private let events: AsyncStream<Event>
    private let tell: AsyncStream<Event>.Continuation

    package init(_ configuration: Configuration, operations: NodeOperations, group: any EventLoopGroup, log: Logger) {
        self.configuration = configuration
        self.operations = operations
        self.group = group
        self.log = log
        (events, tell) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
    }

    /// Opens another connection with the identity as it is now. What runs on the old one runs to its end there.
    package func renew() { tell.yield(.renewed) }

    /// Keeps the tunnel open until cancelled. To be called once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            var pause = Self.shortest
            while !Task.isCancelled {
                let began = ContinuousClock.now
                var wasRenewed = false
                do {
                    let channel = try await connect()
                    log.info("tunnel open", metadata: ["node": "\(configuration.node)"])
                    group.addTask { await Self.hold(channel) }
                    wasRenewed = await end(of: channel)
                    if !wasRenewed { log.warning("tunnel closed", metadata: ["node": "\(configuration.node)"]) }
                } catch {
                    log.warning("tunnel cannot be opened", metadata: ["node": "\(configuration.node)", "error": "\(error)"])
                }
                if wasRenewed { continue }
                pause = began.duration(to: .now) > Self.longest ? Self.shortest : min(pause * 2, Self.longest)
                // Nodes that lost the same server do not all come back at the same moment.
                try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
            }
        }
    }

    /// Waits until a connection is closed; closes it when cancelled.
    private static func hold(_ channel: any Channel) async {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Waits until another connection is needed; whether that is since the identity is another.
    private func end(of channel: any Channel) async -> Bool {
        for await event in events {
            switch event {
            case .renewed: return true
            case .closed(let id): if id == ObjectIdentifier(channel) { return false }
            }
        }
        return false
    }

    private func connect() async throws -> any Channel {
        let identity = try configuration.identity()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(configuration.authority))
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.certificate).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
        tls.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: tls)
        // An address is no server name; the certificate is compared with it all the same.
        let name = (try? SocketAddress(ipAddress: configuration.host, port: 0)) == nil ? configuration.host : nil
        let opened = group.next().makePromise(of: Void.self)
        let (configuration, operations) = (configuration, operations)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: group).connectTimeout(.seconds(5))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        try pipeline.addHandler(IdleStateHandler(readTimeout: Tunnel.silence))
                        try pipeline.addHandler(SilenceCloser())
                        try pipeline.addHandler(TunnelOpening(configuration, opened) { link in await operations.serve(link) })
                    }
                }.connect(host: configuration.host, port: configuration.port).get()
        } catch {
            opened.fail(error)
            throw error
        }
        let (id, tell) = (ObjectIdentifier(channel), tell)
        try await withTaskCancellationHandler { try await opened.futureResult.get() } onCancel: { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in tell.yield(.closed(id)) }
        return channel
    }
}
