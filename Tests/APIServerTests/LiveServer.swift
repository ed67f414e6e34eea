import CertificateAuthority
import Glibc
import JSONValue
import KubeModel
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import APIServer

/// An API server behind its real listener, on a port of the system's choice.
final class LiveServer: Sendable {
    let server: TestServer
    let listener: Listener
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    static let token = "authorization: Bearer secret\r\n"

    init(_ configure: (inout ListenerLimits) -> Void = { _ in }) async throws {
        server = try await TestServer()
        var limits = ListenerLimits()
        configure(&limits)
        let now = Timestamp(seconds: Int64(time(nil)))
        let authority = try ClusterCA.make(commonName: "test", lifetime: .seconds(3600), now: now)
        let pair = try authority.issueServing(commonName: "test", dnsNames: ["localhost"], ipAddresses: [], lifetime: .seconds(3600), now: now)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(pair.certificatePEM.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.privateKey.reveal().utf8), format: .pem)))
        tls.applicationProtocols = ["h2", "http/1.1"]
        listener = try await Listener.bind(
            address: "127.0.0.1", port: 0, tls: TLSContextHolder(try NIOSSLContext(configuration: tls)), path: server.server.path, group: group,
            limits: limits)
    }

    /// Gives alice, whose token is ``token``, a right on ConfigMaps of the namespace `default`.
    func grantConfigMaps() async {
        let rules: JSON = [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "watch", "list"]]]
        let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/"
        _ = await server.send("POST", roles + "roles", body: ["metadata": ["name": "r"], "rules": rules])
        _ = await server.send(
            "POST", roles + "rolebindings",
            body: [
                "metadata": ["name": "b"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
                "subjects": [["kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
    }

    func connect(_ protocolName: String? = "http/1.1") async throws -> LiveConnection {
        let connection = LiveConnection()
        let port = listener.port
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = [protocolName].compactMap { $0 }
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if protocolName != nil {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                }
                try channel.pipeline.syncOperations.addHandler(connection.reader)
            }
        }.connect(host: "127.0.0.1", port: port).get()
        connection.channel.withLock { $0 = channel }
        return connection
    }

    func stop() async {
        await listener.shutDown(grace: .milliseconds(200))
        server.stop()
        try? await group.shutdownGracefully()
    }

    /// Runs `body` with a server and stops it.
    static func with(_ configure: (inout ListenerLimits) -> Void = { _ in }, _ body: (LiveServer) async throws -> Void) async throws {
        let live = try await LiveServer(configure)
        let outcome: (any Error)?
        do {
            try await body(live)
            outcome = nil
        } catch { outcome = error }
        await live.stop()
        if let outcome { throw outcome }
    }
}

/// One client's connection, bytes in and bytes out.
final class LiveConnection: Sendable {
    private struct State {
        var received: [UInt8] = []
        var isClosed = false
    }
    private let state = Mutex(State())
    let channel = Mutex<(any Channel)?>(nil)

    final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let take: @Sendable ([UInt8]?) -> Void
        init(_ take: @escaping @Sendable ([UInt8]?) -> Void) { self.take = take }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(Array(unwrapInboundIn(data).readableBytesView)) }
        func channelInactive(context: ChannelHandlerContext) { take(nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
    var reader: Reader {
        Reader { [weak self] bytes in
            self?.state.withLock { if let bytes { $0.received += bytes } else { $0.isClosed = true } }
        }
    }

    /// Sends; whether it went out.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        guard let channel = channel.withLock({ $0 }) else { return false }
        return (try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()) != nil
    }
    @discardableResult
    func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

    var received: [UInt8] { state.withLock { $0.received } }
    var text: String { String(decoding: received, as: UTF8.self) }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Waits until something holds; whether it does.
    func wait(_ limit: Duration = .seconds(60), until condition: (LiveConnection) -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if condition(self) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return condition(self)
    }
    func waitForEnd(_ limit: Duration = .seconds(60)) async -> Bool { await wait(limit) { $0.isClosed } }

    func close() { channel.withLock { $0 }?.close(promise: nil) }
}
