import APIServer
import CertificateAuthority
import ClusterDNS
import EncryptionAtRest
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import NetworkPolicy
import PolicyModel
import Store
import Testing

@testable import DNSServer

/// An API server in this process, and a name server that follows it and listens on loopback.
struct Cluster {
    let client: KubeClient
    let server: DNSServer
    let port: UInt16

    static let clock: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(time(nil))) }
    static let services = GroupVersionResource("v1", "services")

    static func run(
        upstreams: [DNSServer.Upstream] = [], _ configure: (inout DNSServer.Configuration) -> Void = { _ in },
        _ body: (Cluster) async throws -> Void
    ) async throws {
        let folder = "/tmp/kst-dns-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
        defer { try? FileTree.remove(folder) }
        let cache = APIServer.makeCache()
        let store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        defer { store.close() }
        let range = try #require(ServiceAllocator.Range("10.96.0.0/16"))
        let server = try APIServer(
            options: APIServerOptions(
                admissionPlugins: ["NamespaceLifecycle"], tokenFile: nil, allowsAnonymous: false,
                serviceAccountIssuer: "https://kubernetes.default.svc", serviceRange: range, apiPort: 6443,
                version: ServerVersion(gitVersion: "v1.36.0+kastell", gitCommit: "test", buildDate: "2026-01-01T00:00:00Z")),
            cache: cache, store: store, signingKey: ServiceAccountKey.make(), clock: clock)
        try await server.bootstrap()
        let client = server.client(
            for: UserInfo(name: "admin", groups: [UserInfo.privilegedGroup, UserInfo.authenticatedGroup]), userAgent: "test")
        try await client.create(services, namespace: "kube-system", DNSObjects.service(clusterIP: "10.96.0.10"))
        var configuration = DNSServer.Configuration(
            addresses: ["127.0.0.1"].compactMap { IPAddress($0) }, ranges: ["10.96.0.0/16", "10.244.0.0/16"].compactMap { IPNetwork($0) },
            allowedClients: ["127.0.0.1/32"].compactMap { IPNetwork($0) })
        configuration.port = 0
        configuration.upstreams = upstreams
        configuration.limits.attempt = .milliseconds(300)
        configure(&configuration)
        let names = try await DNSServer.start(configuration, client: client, log: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await names.run() }
            await names.waitUntilReady()
            try await body(Cluster(client: client, server: names, port: names.port))
            group.cancelAll()
        }
    }

    /// Asks over a datagram or a connection; nil when no answer comes in time.
    func ask(_ name: String, _ type: DNSType = .a, id: UInt16 = 77, from: String = "127.0.0.1", over: Wire.Kind = .datagram, edns: DNSExtension? = DNSExtension()) async throws -> DNSMessage? {
        var query = DNSMessage(id: id, questions: [DNSQuestion(try #require(DNSName(name)), type)])
        query.wantsRecursion = true
        query.edns = edns
        return try await Wire.exchange(query.encoded(), port: port, from: from, over: over).map { try DNSMessage(decoding: $0) }
    }
}
