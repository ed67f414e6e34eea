import APIServer
import CertificateAuthority
import ControllerManager
import EncryptionAtRest
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import PolicyModel
import Store
import Testing

/// A cluster in this process, with the controllers that approve and sign.
struct Cluster {
    let folder: String
    let server: APIServer
    var admin: KubeClient { client("admin", [UserInfo.privilegedGroup]) }

    static let clock: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(time(nil))) }

    static func run(_ body: (Cluster) async throws -> Void) async throws {
        let folder = "/tmp/kst-agent-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
        defer { try? FileTree.remove(folder) }
        let cache = APIServer.makeCache()
        let store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        let range = try #require(ServiceAllocator.Range("10.96.0.0/16"))
        let authority = try ClusterCA.make(commonName: "test-ca", lifetime: .seconds(86400), now: clock())
        let server = try APIServer(
            options: APIServerOptions(
                admissionPlugins: ["NamespaceLifecycle", "ServiceAccount", "NodeRestriction"], tokenFile: nil, allowsAnonymous: false,
                serviceAccountIssuer: "https://kubernetes.default.svc", serviceRange: range, apiPort: 6443,
                version: ServerVersion(gitVersion: "v1.36.0+kastell", gitCommit: "test", buildDate: "2026-01-01T00:00:00Z")),
            cache: cache, store: store, signingKey: ServiceAccountKey.make(), clock: clock)
        try await server.bootstrap()
        let manager = ControllerManager(
            options: ControllerManagerOptions(
                rootCAPEM: authority.certificatePEM, authority: { authority }, clock: clock, logger: Logger(label: "test")),
            client: { server.client(for: $0, userAgent: $1) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await manager.run() }
            try await body(Cluster(folder: folder, server: server))
            group.cancelAll()
        }
        store.close()
    }

    func client(_ name: String, _ groups: [String]) -> KubeClient {
        server.client(for: UserInfo(name: name, groups: groups + [UserInfo.authenticatedGroup]), userAgent: "kubelet")
    }

    /// Lets holders of bootstrap tokens ask for certificates, and lets them have them; nodes may renew theirs.
    func openForNodes() async throws {
        let grants = [
            ("system:node-bootstrapper", "system:bootstrappers"),
            ("system:certificates.k8s.io:certificatesigningrequests:nodeclient", "system:bootstrappers"),
            ("system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "system:nodes"),
        ]
        for (role, group) in grants {
            try await admin.create(
                GroupVersionResource("rbac.authorization.k8s.io/v1", "clusterrolebindings"),
                [
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": ["name": .string("test:" + role)],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)],
                    "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": .string(group)]],
                ])
        }
    }
}
