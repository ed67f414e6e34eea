package import CertificateAuthority
package import KubeClient
package import KubeModel
package import Logging
import NIOCore
package import PodSecurity
package import PolicyModel
import ResourceUsage
package import Store

/// What an API server is started with.
package struct APIServerOptions: Sendable {
    /// The admission plugins that are on, by kube-apiserver's names.
    package var admissionPlugins: Set<String>
    /// The contents of a static token file; nil when there is none.
    package var tokenFile: [UInt8]?
    package var allowsAnonymous: Bool
    /// Whether bootstrap tokens are taken (`--enable-bootstrap-token-auth`).
    package var allowsBootstrapTokens = false
    /// The issuer of service account tokens, a URL.
    package var serviceAccountIssuer: String
    package var serviceRange: ServiceAllocator.Range
    /// The ports of services of type NodePort.
    package var nodePorts: ClosedRange<Int64> = 30000...32767
    /// The port that `kubernetes.default` leads to.
    package var apiPort: Int
    package var version: ServerVersion
    /// What Pod Security does not measure.
    package var podSecurityExemptions: PodSecurityExemptions
    /// The standards of namespaces without labels.
    package var podSecurityDefaults: NamespaceStandards
    /// How often the credentials and rights behind an open exec, attach, log or forwarded port are looked at again.
    package var streamCheckPeriod = Duration.seconds(3)
    /// Whose certificates prove a client's identity. When empty, what the TLS handshake accepted does.
    package var clientAuthorities: [PeerCertificate]

    package init(
        admissionPlugins: Set<String>, tokenFile: [UInt8]?, allowsAnonymous: Bool, serviceAccountIssuer: String,
        serviceRange: ServiceAllocator.Range, apiPort: Int, version: ServerVersion,
        podSecurityExemptions: PodSecurityExemptions = .init(), podSecurityDefaults: NamespaceStandards = .init(),
        clientAuthorities: [PeerCertificate] = []
    ) {
        self.clientAuthorities = clientAuthorities
        self.podSecurityExemptions = podSecurityExemptions
        self.podSecurityDefaults = podSecurityDefaults
        self.admissionPlugins = admissionPlugins
        self.tokenFile = tokenFile
        self.allowsAnonymous = allowsAnonymous
        self.serviceAccountIssuer = serviceAccountIssuer
        self.serviceRange = serviceRange
        self.apiPort = apiPort
        self.version = version
    }
}

/// What `/version` says.
package struct ServerVersion: Sendable {
    package var gitVersion: String
    package var gitCommit: String
    package var buildDate: String
    package init(gitVersion: String, gitCommit: String, buildDate: String) {
        self.gitVersion = gitVersion
        self.gitCommit = gitCommit
        self.buildDate = buildDate
    }
}

/// The API server without its socket: the request path over one store and its cache.
package final class APIServer: Sendable {
    package let path: RequestPath
    package let cache: ObjectCache
    /// The nodes that are connected.
    package let tunnels = NodeTunnels()
    private let bootstrapClient: KubeClient
    private let health: Health
    private let options: APIServerOptions

    /// The identity of the server's own requests.
    static let userAgent = "kube-apiserver-1.36/kastell"
    static let identity = UserInfo(name: "system:apiserver", groups: [UserInfo.privilegedGroup, UserInfo.authenticatedGroup])

    /// Makes the cache that a store is opened with; it is empty until ``init(options:cache:store:signingKey:clientAuthority:clock:)``.
    package static func makeCache() -> ObjectCache {
        ObjectCache(resources: Registry(catalog: ServedAPI.catalog).stored)
    }

    /// - Parameters:
    ///   - cache: the one whose `apply` the store calls.
    ///   - signingKey: signs and verifies service account tokens.
    ///   - log: is told of denials.
    /// - Throws: when the store's content cannot be read, or a credential file is faulty.
    package init(
        options: APIServerOptions, cache: ObjectCache, store: Store, signingKey: ServiceAccountKey,
        clock: @escaping @Sendable () -> Timestamp, log: Logger = Logger(label: "api-server") { _ in SwiftLogNoOpLogHandler() }
    ) throws {
        let verifier = options.clientAuthorities.isEmpty ? nil : try ClientVerifier(roots: options.clientAuthorities)
        let registry = Registry(catalog: ServedAPI.catalog)
        let authorizer = Authorizer(cache: cache)
        let allocator = ServiceAllocator(range: options.serviceRange, nodePorts: options.nodePorts)
        cache[GroupResource(group: "", resource: "services")]?.observe { event in
            allocator.settle("\(event.object.namespace)/\(event.object.name)", event.isRemoval ? nil : event.object.tree)
        }
        let flows = FlowClassifier(cache: cache)
        let denials = DenialLog(log: log, clock: clock)
        let registrations = Registrations(cache: cache)
        cache[GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")]?.observe { [unowned cache] event in
            registry.define(event, cache: cache)
        }
        try cache.load(from: store)
        let metrics = RequestMetrics()
        let health = Health(cache: cache, store: store)
        let view = ClusterView(registry: registry, cache: cache)
        let tokens = TokenIssuer(issuer: options.serviceAccountIssuer, key: signingKey, clock: clock)
        let authenticate = try Authenticate(
            tokenFile: options.tokenFile, allowsAnonymous: options.allowsAnonymous,
            allowsBootstrapTokens: options.allowsBootstrapTokens, tokens: tokens, cache: cache, authorizer: authorizer, clock: clock)
        let admission = Admission(
            enabled: options.admissionPlugins, cluster: view, authorizer: authorizer, allocator: allocator,
            podSecurity: PodSecurityAdmission(exemptions: options.podSecurityExemptions, defaults: options.podSecurityDefaults),
            registrations: registrations)
        let writer = ObjectWriter(
            registry: registry, cache: cache, store: store, admission: admission, committer: Committer(store: store), clock: clock)
        let reader = ObjectReader(registry: registry, cache: cache, store: store, clock: clock)
        let deleter = ObjectDeleter(writer: writer)
        let subresources = Subresources(registry: registry, reader: reader, writer: writer, deleter: deleter, tokens: tokens,
            streams: StreamServer(
                tunnels: tunnels,
                permission: StreamGuard(
                    authenticate: authenticate, authorizer: authorizer, denials: denials, period: options.streamCheckPeriod)))
        let reviews = Reviews(
            registry: registry, reader: reader, writer: writer, authorizer: authorizer, authenticate: authenticate, subresources: subresources)
        let resourceMetrics = ResourceMetrics(registry: registry, reader: reader, tunnels: tunnels)
        let documents = Documents(
            registry: registry, resourceMetrics: resourceMetrics, health: health, metrics: metrics, cache: cache, version: options.version, tokens: tokens,
            apiPort: options.apiPort, status: StatusPages(options: options, started: clock(), clock: clock))
        let router = Router(
            registry: registry, reader: reader, writer: writer, deleter: deleter, documents: documents, reviews: reviews, subresources: subresources,
            metrics: resourceMetrics)
        path = RequestPath(
            authenticate: authenticate, authorize: Authorize(authorizer: authorizer, denials: denials), router: router,
            metrics: metrics, flows: flows, verifiesPeers: verifier != nil,
            readPeer: { chain in
                guard let verifier else { return chain.first.flatMap { try? PeerCertificate(der: $0) } }
                return try? verifier.verify(chain, now: clock())
            })
        self.cache = cache
        self.health = health
        self.options = options
        bootstrapClient = KubeClient(InProcessTransport(path, user: Self.identity, userAgent: Self.userAgent))
    }

    /// Creates the cluster's own objects, after which the server is ready.
    package func bootstrap() async throws {
        try await Bootstrap(
            client: bootstrapClient, serviceAddress: options.serviceRange.first, serviceRange: options.serviceRange.text, apiPort: options.apiPort
        ).run()
        try await path.definitionKeeper.settleAll()
        health.setReady()
    }

    /// Brings what goes with nodes when the first one connects: the role by which viewers of a namespace see what its pods use. Runs
    /// until cancelled.
    package func followNodes() async {
        for await _ in tunnels.firstMeeting {
            while !Task.isCancelled {
                do {
                    try await bootstrapClient.create(GroupVersionResource(group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterroles"), MetricsAPI.readerRole)
                    return
                } catch let error as StatusError where error.reason == "AlreadyExists" {
                    return
                } catch {
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Says on `/readyz` that the server goes down.
    package func announceShutdown() { health.setShuttingDown() }

    /// A client for a component of this process.
    package func client(for user: UserInfo, userAgent: String) -> KubeClient {
        KubeClient(InProcessTransport(path, user: user, userAgent: userAgent))
    }
}
