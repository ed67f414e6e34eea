import APIServer
import CertificateAuthority
import ClusterNetwork
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

    static func run(plugins: Set<String> = [], _ body: (Cluster) async throws -> Void) async throws {
        let folder = "/tmp/kst-network-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
        defer { try? FileTree.remove(folder) }
        let cache = APIServer.makeCache()
        let store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        let range = try #require(ServiceAllocator.Range("10.96.0.0/16"))
        let authority = try ClusterCA.make(commonName: "test-ca", lifetime: .seconds(86400), now: clock())
        let server = try APIServer(
            options: APIServerOptions(
                admissionPlugins: plugins.union(["NamespaceLifecycle", "ServiceAccount", "NodeRestriction"]), tokenFile: nil, allowsAnonymous: false,
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

    /// Installs Calico's kinds and waits until they are served.
    func installCalico() async throws {
        for definition in CalicoResources.definitions { try await admin.create(Self.definitions, definition) }
        for kind in ["networkpolicies", "globalnetworkpolicies"] {
            try await eventually("\(kind) is served") {
                (try? await admin.list(GroupVersionResource("projectcalico.org/v3", kind))) != nil
            }
        }
    }

    /// Lets nodes do what their network needs.
    func openForNodes() async throws {
        for object in NodeNetworkAccess.objects {
            let resource = object["kind"] == "ClusterRole" ? "clusterroles" : "clusterrolebindings"
            try await admin.create(GroupVersionResource("rbac.authorization.k8s.io/v1", resource), object)
        }
    }

    static let definitions = GroupVersionResource("apiextensions.k8s.io/v1", "customresourcedefinitions")

    @discardableResult
    func apply(_ object: JSON) async throws -> JSON {
        let resources = [
            "Namespace": "namespaces", "Pod": "pods", "Service": "services", "Node": "nodes", "NetworkPolicy": "networkpolicies",
            "GlobalNetworkPolicy": "globalnetworkpolicies", "EndpointSlice": "endpointslices",
        ]
        let resource = GroupVersionResource(object["apiVersion"]?.string ?? "v1", resources[object["kind"]?.string ?? ""] ?? "")
        return try await admin.create(resource, namespace: object.namespace, object)
    }
}

/// Waits until something is so, at most ten seconds.
func eventually(_ what: Comment, _ holds: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    for _ in 0..<1000 {
        if try await holds() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
