import APIServer
import CertificateAuthority
import ControllerManager
import EncryptionAtRest
import Glibc
import JSONValue
import KubeClient
import KubeModel
import Logging
import PolicyModel
import Store

/// An API server in this process, over a store in a folder of its own, with the controllers running.
struct Cluster {
    let admin: KubeClient
    let authority: ClusterCA

    static let clock: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(time(nil))) }

    /// Runs `body` in a new cluster, and ends it.
    static func run(withScheduler: Bool = false, nodeGrace: Duration = .seconds(50), moreAdmission: [String] = [], _ body: (Cluster) async throws -> Void) async throws {
        let folder = "/tmp/kastell-controllers-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard unsafe mkdir(folder, 0o700) == 0 else { throw StatusError.internalError("cannot make \(folder)") }
        let cache = APIServer.makeCache()
        let store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        defer {
            for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(folder + "/store.db" + suffix) }
            _ = unsafe rmdir(folder)
        }
        let authority = try ClusterCA.make(commonName: "test-ca", lifetime: .seconds(86400), now: clock())
        let signingKey = ServiceAccountKey.make()
        let server = try APIServer(
            options: APIServerOptions(
                admissionPlugins: Set(["NamespaceLifecycle", "ServiceAccount", "Priority", "DefaultTolerationSeconds"] + moreAdmission), tokenFile: nil, allowsAnonymous: false,
                serviceAccountIssuer: "https://kubernetes.default.svc", serviceRange: ServiceAllocator.Range("10.96.0.0/16")!, apiPort: 6443,
                version: ServerVersion(gitVersion: "v1.36.0+kastell", gitCommit: "test", buildDate: "2026-01-01T00:00:00Z")),
            cache: cache, store: store, signingKey: signingKey, clock: clock)
        try await server.bootstrap()
        let admin = server.client(
            for: UserInfo(name: "admin", groups: [UserInfo.privilegedGroup, UserInfo.authenticatedGroup]), userAgent: "test/1.0")
        let manager = ControllerManager(
            options: ControllerManagerOptions(
                rootCAPEM: authority.certificatePEM, authority: { authority }, nodeMonitorGracePeriod: nodeGrace, provisionsVolumes: true, clock: clock, logger: Logger(label: "test")),
            client: { server.client(for: $0, userAgent: $1) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await manager.run() }
            if withScheduler {
                let scheduler = PodScheduler(
                    client: server.client(for: PodScheduler.identity, userAgent: PodScheduler.userAgent), clock: clock, log: Logger(label: "test"))
                group.addTask { await scheduler.run() }
            }
            try await body(Cluster(admin: admin, authority: authority))
            group.cancelAll()
        }
        store.close()
    }

    /// Asks until the answer is one, or ten seconds are over.
    func eventually<Answer>(_ ask: () async throws -> Answer?) async throws -> Answer? {
        for _ in 0..<400 {
            if let answer = try await ask() { return answer }
            try await Task.sleep(for: .milliseconds(25))
        }
        return nil
    }

    /// The object, or nil when there is none.
    func find(_ resource: GroupVersionResource, namespace: String = "", name: String) async throws -> JSON? {
        do { return try await admin.get(resource, namespace: namespace, name: name) } catch let error as StatusError where error.code == 404 { return nil }
    }

    func isGone(_ resource: GroupVersionResource, namespace: String = "", name: String) async throws -> Bool {
        try await eventually { try await find(resource, namespace: namespace, name: name) == nil ? true : nil } ?? false
    }

    /// Makes a namespace, and waits until pods can be made in it.
    func makeNamespace(_ name: String) async throws {
        try await admin.create(Resources.namespaces, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
        _ = try await eventually { try await find(Resources.accounts, namespace: name, name: "default") }
    }
}

enum Resources {
    static let namespaces = GroupVersionResource("v1", "namespaces")
    static let accounts = GroupVersionResource("v1", "serviceaccounts")
    static let maps = GroupVersionResource("v1", "configmaps")
    static let pods = GroupVersionResource("v1", "pods")
    static let events = GroupVersionResource("v1", "events")
    static let services = GroupVersionResource("v1", "services")
    static let nodes = GroupVersionResource("v1", "nodes")
    static let priorities = GroupVersionResource("scheduling.k8s.io/v1", "priorityclasses")
    static let deployments = GroupVersionResource("apps/v1", "deployments")
    static let sets = GroupVersionResource("apps/v1", "replicasets")
    static let jobs = GroupVersionResource("batch/v1", "jobs")
    static let cronJobs = GroupVersionResource("batch/v1", "cronjobs")
    static let claims = GroupVersionResource("v1", "persistentvolumeclaims")
    static let volumes = GroupVersionResource("v1", "persistentvolumes")
    static let classes = GroupVersionResource("storage.k8s.io/v1", "storageclasses")
    static let leases = GroupVersionResource("coordination.k8s.io/v1", "leases")
    static let quotas = GroupVersionResource("v1", "resourcequotas")
    static let daemonSets = GroupVersionResource("apps/v1", "daemonsets")
    static let statefulSets = GroupVersionResource("apps/v1", "statefulsets")
    static let revisions = GroupVersionResource("apps/v1", "controllerrevisions")
    static let slices = GroupVersionResource("discovery.k8s.io/v1", "endpointslices")
    static let roles = GroupVersionResource("rbac.authorization.k8s.io/v1", "clusterroles")
    static let requests = GroupVersionResource("certificates.k8s.io/v1", "certificatesigningrequests")
}
