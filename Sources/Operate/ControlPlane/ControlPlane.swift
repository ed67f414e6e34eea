import APIServer
import CertificateAuthority
package import ClusterConfiguration
import ControllerManager
import EncryptionAtRest
import JSONValue
import KubeModel
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
import PodSecurity
import Store

/// Why the control process did not start. Nothing runs; what was stored is untouched.
package struct StartError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, where, and how to mend it.
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// The control process: store, API server, certificates and upkeep of one cluster, made of their parts and nothing
/// else.
package final class ControlPlane: Sendable {
    private let log: Logger
    private let pki: PKIDirectory
    private let renewal: CertificateRenewal
    private let encryption: EncryptionSource
    private let transformer: ValueTransformer
    private let store: Store
    private let server: APIServer
    private let listener: Listener
    private let maintenance: MaintenanceServer
    private let group: MultiThreadedEventLoopGroup

    /// The port that the API server listens on.
    package var port: Int { listener.port }

    /// Builds the parts, in the order in which they need each other, and answers when the API server is ready.
    ///
    /// - Throws: ``StartError``, `StoreError`, `PKIError`, `FileError` or ``EncryptionSourceError``, each of which says
    ///   how to mend it.
    package static func start(
        _ configuration: KastellConfiguration, directory: StateDirectory, log: Logger
    ) async throws -> ControlPlane {
        try directory.prepare()
        let now = WallClock.now()
        let pki = try PKIDirectory.open(directory.pki, options: PKIOptions(configuration), now: now)
        let encryption = EncryptionSource(
            named: configuration.encryptionProviderConfig, generated: directory.encryptionConfiguration)
        try encryption.prepare(now: now, readsPlaintext: SecureFile.exists(directory.store))
        let transformer = ValueTransformer(try encryption.load())
        if encryption.isExposed {
            log.warning("others may read the encryption keys", metadata: ["file": "\(encryption.path)"])
        }
        let cache = APIServer.makeCache()
        let store = try await openStore(directory.store, transformer, cache: cache)
        do {
            var options = try options(configuration)
            options.clientAuthorities = try ServingTLS.clientAuthorities(pki.opened)
            let server = try APIServer(
                options: options, cache: cache, store: store,
                signingKey: pki.opened.serviceAccountKey, clock: WallClock.now, log: log)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            let tls = TLSContextHolder(try ServingTLS.context(pki.opened, minimum: configuration.tlsMinVersion))
            let listener = try await bind(configuration, tls: tls, path: server.path, group: group)
            let renewal = CertificateRenewal(
                pki: pki, tls: tls, authority: CurrentAuthority(pki.opened.authority), configuration: configuration,
                port: listener.port, directory: directory)
            let handler = MaintenanceHandler(
                store: store, encryption: encryption, transformer: transformer, pki: pki, renewal: renewal, log: log)
            let maintenance = try await MaintenanceServer.bind(
                directory.maintenanceSocket, group: group, handler: handler.handle)
            try await server.bootstrap()
            try Kubeconfigs.writeAdmin(
                pki.opened, configuration: configuration, port: listener.port, directory: directory)
            return ControlPlane(
                log: log, pki: pki, renewal: renewal, encryption: encryption, transformer: transformer, store: store,
                server: server, listener: listener, maintenance: maintenance, group: group)
        } catch {
            store.close()
            throw error
        }
    }

    private init(
        log: Logger, pki: PKIDirectory, renewal: CertificateRenewal, encryption: EncryptionSource,
        transformer: ValueTransformer, store: Store, server: APIServer, listener: Listener,
        maintenance: MaintenanceServer, group: MultiThreadedEventLoopGroup
    ) {
        self.log = log
        self.pki = pki
        self.renewal = renewal
        self.encryption = encryption
        self.transformer = transformer
        self.store = store
        self.server = server
        self.listener = listener
        self.maintenance = maintenance
        self.group = group
    }

    // MARK: Parts

    /// Opens the store; one that the process before this one is about to close is waited for.
    private static func openStore(
        _ path: String, _ transformer: ValueTransformer, cache: ObjectCache
    ) async throws -> Store {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(10)
        while true {
            do throws(StoreError) {
                return try Store(path: path, transformer: transformer, sink: { cache.apply($0) })
            } catch {
                guard case .locked = error, clock.now < end else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func options(_ configuration: KastellConfiguration) throws -> APIServerOptions {
        guard let range = ServiceAllocator.Range(configuration.serviceClusterIPRange.description) else {
            throw StartError(
                "serviceClusterIPRange: \(configuration.serviceClusterIPRange) cannot be used. "
                    + "Give an IPv4 range of 4 to 1048576 addresses, such as 10.96.0.0/16.")
        }
        let tokens: [UInt8]?
        do { tokens = try configuration.tokenAuthFile.map { try SecureFile.read($0, .any) } } catch {
            throw StartError("token file: \(error)")
        }
        var options = APIServerOptions(
            admissionPlugins: Set(configuration.admissionPlugins), tokenFile: tokens,
            allowsAnonymous: configuration.anonymousAuth, serviceAccountIssuer: configuration.serviceAccountIssuer,
            serviceRange: range, apiPort: configuration.apiPort, version: KastellVersion.server)
        let ports = configuration.serviceNodePortRange
        // A node of this machine joins as any other does.
        options.allowsBootstrapTokens = configuration.enableBootstrapTokenAuth || !configuration.controlOnly
        options.nodePorts = Int64(ports.first)...Int64(ports.last)
        let exempt = configuration.podSecurityExemptions
        options.podSecurityExemptions = PodSecurityExemptions(
            users: Set(exempt.usernames), runtimeClasses: Set(exempt.runtimeClasses), namespaces: Set(exempt.namespaces))
        return options
    }

    private static func bind(
        _ configuration: KastellConfiguration, tls: TLSContextHolder, path: RequestPath, group: any EventLoopGroup
    ) async throws -> Listener {
        let address = configuration.bindAddress.description
        var limits = ListenerLimits()
        // The rest is for the store, the logs and what the standard library keeps open.
        limits.connections = max(64, min(limits.connections, OpenFiles.raise() - 256))
        do {
            return try await Listener.bind(
                address: address, port: configuration.apiPort, tls: tls, path: path, group: group, limits: limits)
        } catch let error as IOError {
            throw StartError(BusyPort.explanation(address: address, port: configuration.apiPort, errno: error.errnoCode))
        }
    }

    // MARK: Running

    /// Serves until `shutdown` yields, then ends watches, answers what is under way, and closes the store.
    ///
    /// - Throws: what made the process unable to go on.
    package func run(until shutdown: @escaping @Sendable () async -> Void) async throws {
        log.info("the API server is ready", metadata: ["port": "\(port)", "version": "\(KastellVersion.kubernetes)"])
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await shutdown()
                    return true
                }
                for service in services { group.addTask {
                    try await service()
                    return false
                } }
                while let isShutdown = try await group.next() { if isShutdown { break } }
                // Clients see that the server goes before it does, and go elsewhere.
                server.announceShutdown()
                await listener.shutDown(grace: .seconds(5))
                group.cancelAll()
            }
        } catch is CancellationError {}
        store.close()
        // Not waited for: a client that does not answer the end of its TLS session would hold the process for seconds.
        Task { [group] in try? await group.shutdownGracefully() }
        log.info("stopped")
    }

    /// The controllers, each a client of the API server with an identity of its own.
    private var controllers: ControllerManager {
        let authority = renewal.authority
        let enabled = Controllers.enabled(renewal.configuration.controllers)
        return ControllerManager(
            options: ControllerManagerOptions(
                rootCAPEM: authority.value.certificatePEM, authority: { authority.value },
                isEnabled: enabled.contains, provisionsVolumes: !renewal.configuration.controlOnly, clock: WallClock.now, logger: log),
            client: { [server] user, userAgent in server.client(for: user, userAgent: userAgent) })
    }

    /// Gives pods their nodes.
    private var scheduler: PodScheduler? {
        let configuration = renewal.configuration
        guard Controllers.runsScheduler(configuration.controllers, controlOnly: configuration.controlOnly) else { return nil }
        return PodScheduler(client: server.client(for: PodScheduler.identity, userAgent: PodScheduler.userAgent), clock: WallClock.now, log: log)
    }

    private var services: [@Sendable () async throws -> Void] {
        [
            { [maintenance] in try await maintenance.run() },
            { [controllers] in await controllers.run() },
            { [scheduler] in await scheduler?.run() },
            { [server] in await server.followNodes() },
            { [self] in try await CertificateUpkeep(pki: pki, renewal: renewal, log: log).run() },
            { [self] in try await EncryptionReload(source: encryption, transformer: transformer, log: log).run() },
            { [self] in try await Compaction(store: store, log: log).run() },
        ]
    }
}
