import APIServer
import CertificateAuthority
import ClusterNetwork
import EncryptionAtRest
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import NFTables
import NetworkPolicy
import NodeNetwork
import PolicyModel
import Store

private let pods = GroupVersionResource("v1", "pods")
private let policies = GroupVersionResource("networking.k8s.io/v1", "networkpolicies")

/// From a request to the API until the kernel holds the policy: the server (its store on disk), the watch and the node
/// are in this process.
func clusterChange(pods podCount: Int, policies policyCount: Int, changes: Int) async throws {
    let folder = "/tmp/kst-bench-" + String(UInt32.random(in: 0 ... .max), radix: 36)
    unsafe mkdir(folder, 0o700)
    defer { try? FileTree.remove(folder) }
    let clock: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(Glibc.time(nil))) }
    let cache = APIServer.makeCache()
    let store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
    guard let range = ServiceAllocator.Range("10.96.0.0/16") else { return }
    let server = try APIServer(
        options: APIServerOptions(
            admissionPlugins: ["NamespaceLifecycle", "NodeRestriction", "CalicoPolicy"], tokenFile: nil, allowsAnonymous: false,
            serviceAccountIssuer: "https://kubernetes.default.svc", serviceRange: range, apiPort: 6443,
            version: ServerVersion(gitVersion: "v1.36.0", gitCommit: "bench", buildDate: "2026-01-01T00:00:00Z")),
        cache: cache, store: store, signingKey: ServiceAccountKey.make(), clock: clock)
    try await server.bootstrap()
    func client(_ name: String, _ group: String) -> KubeClient {
        server.client(for: UserInfo(name: name, groups: [group, UserInfo.authenticatedGroup]), userAgent: "bench")
    }
    let admin = client("admin", UserInfo.privilegedGroup)
    for definition in CalicoResources.definitions {
        try await admin.create(GroupVersionResource("apiextensions.k8s.io/v1", "customresourcedefinitions"), definition)
    }
    for object in NodeNetworkAccess.objects {
        let resource = object["kind"] == "ClusterRole" ? "clusterroles" : "clusterrolebindings"
        try await admin.create(GroupVersionResource("rbac.authorization.k8s.io/v1", resource), object)
    }
    let node = try await Node()
    let follower = ClusterNetwork(
        client: client("system:node:n1", "system:nodes"), network: node.network, nodeName: "n1", nodeAddresses: node.network.node.addresses,
        clock: clock, log: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { await follower.run() }
    defer { running.cancel() }
    await follower.waitUntilReady()
    for number in 0..<podCount {
        let pod = try await admin.create(
            pods, namespace: "default",
            [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": .string("p\(number)"), "labels": ["app": .string("a\(number % 20)")]],
                "spec": ["nodeName": "n1", "containers": [["name": "main", "image": "none"]]],
            ])
        _ = try await node.network.attach(.init(endpoint: follower.endpoint(of: pod), namespace: try NetworkNamespace.make()))
    }
    func policy(_ number: Int, port: Int) -> JSON {
        [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": .string("policy\(number)"), "namespace": "default"],
            "spec": [
                "podSelector": ["matchLabels": ["app": .string("a\(number % 20)")]],
                "ingress": [
                    [
                        "from": [["podSelector": ["matchLabels": ["app": .string("a\((number * 7 + 1) % 20)")]]]],
                        "ports": [["port": JSON(port)], ["port": 9000, "endPort": 9100]],
                    ]
                ],
            ],
        ]
    }
    /// Does it, and waits until the node says that the kernel has it.
    func time(_ number: Int, generation: Int64, _ change: () async throws -> Void) async throws -> Double {
        let reference = RuleReference(kind: "NetworkPolicy", namespace: "default", name: "policy\(number)")
        let start = ContinuousClock.now
        try await change()
        while follower.generationInForce(of: reference) != generation { try await Task.sleep(for: .microseconds(50)) }
        return milliseconds(since: start)
    }
    for number in 0..<policyCount { _ = try await time(number, generation: 1) { try await admin.create(policies, namespace: "default", policy(number, port: 80)) } }
    let ruleset = await node.network.ruleset
    print("table: \(ruleset.chains.count) chains, \(ruleset.ruleCount) rules, \(ruleset.sets.count) sets")
    var (changed, added) = ([Double](), [Double]())
    for round in 0..<changes {
        let number = round % policyCount
        let spec: JSON = ["spec": policy(number, port: 1000 + round)["spec"] ?? [:]]
        changed.append(
            try await time(number, generation: Int64(2 + round / policyCount)) {
                try await admin.patch(policies, namespace: "default", name: "policy\(number)", form: .merge, spec)
            })
        added.append(
            try await time(policyCount + round, generation: 1) {
                try await admin.create(policies, namespace: "default", policy(policyCount + round, port: 80))
            })
    }
    summary("request until a changed policy is in force", changed)
    summary("request until a new policy is in force", added)
}
