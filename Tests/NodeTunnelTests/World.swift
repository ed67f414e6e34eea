import APIServer
import CertificateAuthority
import Confinement
import ContainerRuntime
import EncryptionAtRest
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NodeTunnel
import OCIModel
import PolicyModel
import ResourceUsage
import Store
import Synchronization
import Testing

/// What the tests need here: root, runc, conmon and a static busybox.
enum Host {
    static let reason: Comment = "needs root, runc, conmon and busybox-static"
    static var canRun: Bool {
        geteuid() == 0 && ["/usr/sbin/runc", "/usr/bin/conmon", "/bin/busybox"].allSatisfy { (path: String) in unsafe access(path, X_OK) == 0 }
    }
    static let clock: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(time(nil))) }
    /// Debian's kubectl of 2020, which speaks SPDY alone; nil when it was not fetched.
    static let kubectl: String? = {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let path = root + "/.build/tools/kubernetes-client/usr/bin/kubectl"
        return unsafe access(path, X_OK) == 0 ? path : nil
    }()
}

/// The pods of the test's node.
final class Pods: PodLocator, NodeReports {
    private let containers = Mutex<[String: LocatedContainer]>([:])
    private let processes = Mutex<[String: Int32]>([:])

    func add(_ pod: String, _ container: LocatedContainer, process: Int32) {
        containers.withLock { $0[pod] = container }
        processes.withLock { $0[pod] = process }
    }

    func setState(_ pod: String, _ state: LocatedContainer.State) { containers.withLock { $0[pod]?.state = state } }

    func container(_ reference: ContainerReference) async throws -> LocatedContainer {
        if reference.isPrevious { throw StatusError.noPrevious(reference) }
        if reference.pod == "waits" { throw StatusError.waiting(reference, "ContainerCreating") }
        guard let found = containers.withLock({ $0[reference.pod] }) else { throw StatusError.noSuchPod(reference.pod) }
        return found
    }

    func networkNamespace(namespace: String, pod: String, uid: String) async throws -> NetworkNamespace {
        guard let process = processes.withLock({ $0[pod] }) else { throw StatusError.noSuchPod(pod) }
        return try NetworkNamespace(path: "/proc/\(process)/ns/net")
    }

    private let told = Mutex(NodeUsage(node: "node", booted: nil, capacity: 1 << 30, sample: nil, pods: []))
    var usage: NodeUsage {
        get { told.withLock { $0 } }
        set { told.withLock { $0 = newValue } }
    }

    var pods: [JSON] { [["kind": "Pod", "apiVersion": "v1", "metadata": ["name": "p", "namespace": "default", "uid": "u"]]] }
}

/// An API server behind its real listener, a node's tunnel to it, and real containers.
final class World: Sendable {
    let folder: String
    let server: APIServer
    let port: Int
    let authority: ClusterCA
    let runtime: ContainerRuntime
    let pods = Pods()
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    private let store: Store
    private let listener: Listener

    private init() async throws {
        folder = "/tmp/kst-tunnel-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
        for name in ["rootfs", "rootfs/bin", "rootfs/etc", "rootfs/proc", "rootfs/sys", "rootfs/dev", "rootfs/tmp", "rootfs/www", "logs"] {
            unsafe mkdir("\(folder)/\(name)", 0o755)
        }
        let applets = "sh cat sleep echo id ls head grep touch kill tar stty tty httpd nc seq wc dd true env ps"
        _ = try Subprocess.wait(
            for: Subprocess.start(
                Program(
                    "/bin/sh",
                    ["-c", "cd \(folder)/rootfs && cp /bin/busybox bin/ && for i in \(applets); do ln -s busybox bin/$i; done && echo 'served by the pod' > www/index.html"])))
        runtime = try ContainerRuntime(ContainerRuntime.Configuration(folder: folder + "/r"), clock: Host.clock)

        let now = Host.clock()
        authority = try ClusterCA.make(commonName: "test-ca", lifetime: .seconds(86400), now: now)
        let cache = APIServer.makeCache()
        store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        let range = try #require(ServiceAllocator.Range("10.96.0.0/16"))
        let roots = try NIOSSLCertificate.fromPEMBytes(Array(authority.certificatePEM.utf8))
        var options = APIServerOptions(
            admissionPlugins: ["NamespaceLifecycle", "NodeRestriction"], tokenFile: nil, allowsAnonymous: false,
            serviceAccountIssuer: "https://kubernetes.default.svc", serviceRange: range, apiPort: 6443,
            version: ServerVersion(gitVersion: "v1.36.0+kastell", gitCommit: "test", buildDate: "2026-01-01T00:00:00Z"),
            clientAuthorities: try roots.map { try PeerCertificate(der: $0.toDERBytes()) })
        options.streamCheckPeriod = .milliseconds(200)
        server = try APIServer(options: options, cache: cache, store: store, signingKey: ServiceAccountKey.make(), clock: Host.clock)
        try await server.bootstrap()
        let address = try #require(IPAddress("127.0.0.1"))
        let pair = try authority.issueServing(commonName: "api", dnsNames: ["localhost"], ipAddresses: [address], lifetime: .seconds(3600), now: now)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(pair.certificatePEM.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.privateKey.reveal().utf8), format: .pem)))
        tls.certificateVerification = .optionalVerification
        tls.trustRoots = .certificates(roots)
        tls.applicationProtocols = ["h2", "http/1.1"]
        listener = try await Listener.bind(
            address: "127.0.0.1", port: 0, tls: TLSContextHolder(try NIOSSLContext(configuration: tls)), path: server.path, group: group)
        port = listener.port
        try writeKubeconfig()
    }

    /// Runs `body` in a world with a connected node, and ends everything.
    static func run(_ body: (World) async throws -> Void) async throws {
        let world = try await World()
        do {
            let tunnel = world.tunnel()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await tunnel.run() }
                #expect(await world.eventually { $0.server.tunnels.nodes == ["node"] }, "the node is connected")
                try await body(world)
                group.cancelAll()
            }
        } catch {
            await world.end()
            throw error
        }
        await world.end()
    }

    private func end() async {
        await listener.shutDown(grace: .milliseconds(100))
        for id in (try? await runtime.all()) ?? [] { try? await runtime.remove(id) }
        store.close()
        try? await group.shutdownGracefully()
        try? FileTree.remove(folder)
    }

    /// A certificate for a client, as PEM.
    func identity(_ name: String, _ groups: [String], seconds: Int64 = 3600) throws -> (certificate: [UInt8], key: [UInt8]) {
        let pair = try authority.issueClient(commonName: name, organizations: groups, lifetime: .seconds(seconds), now: Host.clock())
        return (Array(pair.certificatePEM.utf8), Array(pair.privateKey.reveal().utf8))
    }

    /// A tunnel of `node` that shows itself as whatever it is given.
    func tunnel(node: String = "node", identity: (@Sendable () throws -> (certificate: [UInt8], key: [UInt8]))? = nil) -> NodeTunnel {
        NodeTunnel(
            NodeTunnel.Configuration(
                host: "127.0.0.1", port: port, node: node, authority: Array(authority.certificatePEM.utf8),
                identity: identity ?? { [self] in try self.identity("system:node:node", ["system:nodes"]) }),
            operations: NodeOperations(locator: pods, runtime: runtime, reports: pods), group: group, log: Logger(label: "tunnel") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Waits until something holds; whether it does.
    func eventually(_ limit: Duration = .seconds(15), _ condition: (World) async throws -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if (try? await condition(self)) == true { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return (try? await condition(self)) == true
    }

    // MARK: Pods

    var admin: KubeClient { server.client(for: UserInfo(name: "admin", groups: ["system:masters"]), userAgent: "test") }

    /// A pod of one container `c` on the node, in the API and, unless it waits, as a container.
    func pod(_ name: String, _ command: String = "while :; do sleep 1; done", container fields: JSON = [:]) async throws {
        var container: JSON = ["name": "c", "image": "busybox", "command": ["/bin/sh", "-c", .string(command)]]
        for (key, value) in fields.object ?? [:] { container[key] = value }
        let made = try await admin.create(
            GroupVersionResource("v1", "pods"), namespace: "default",
            ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": ["nodeName": "node", "containers": [container]]])
        if name == "waits" { return }
        var node = NodeFacts(name: "node")
        // What is not tried here: limits, which depend on the machine's groups.
        node.cgroups.writable = []
        let decision = Confinement.decide(pod: made, container: "c", image: ImageFacts(), node: node, identity: PodIdentity())
        let confined = try #require(decision.container, "\(decision.refusals)")
        let spec = confined.runtimeSpec(root: folder + "/rootfs")
        let input = container["stdin"]?.bool == true
        let log = "\(folder)/logs/\(name)/0.log"
        unsafe mkdir("\(folder)/logs/\(name)", 0o755)
        let process = try await runtime.create(ContainerRuntime.Request(id: name, name: name, spec: spec, log: log, hasInput: input))
        pods.add(
            name,
            LocatedContainer(
                runtimeID: name, log: log, process: spec.process, hasInput: input, hasTerminal: spec.process.hasTerminal, state: .running),
            process: process)
        try await runtime.start(name)
        try await admin.patch(
            GroupVersionResource("v1", "pods"), namespace: "default", name: name, subresource: "status", form: .merge,
            ["status": ["phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [["name": "c", "ready": true, "restartCount": 0, "image": "busybox", "imageID": "", "state": ["running": [:]]]]]])
    }

    // MARK: kubectl

    private func writeKubeconfig() throws {
        let identity = try identity("admin", ["system:masters"])
        let text: JSON = [
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [["name": "c", "cluster": ["server": .string("https://127.0.0.1:\(port)"), "certificate-authority-data": .string(Base64.encode(Array(authority.certificatePEM.utf8)))]]],
            "contexts": [["name": "c", "context": ["cluster": "c", "user": "c"]], ["name": "t", "context": ["cluster": "c", "user": "t"]]],
            "users": [["name": "c", "user": ["client-certificate-data": .string(Base64.encode(identity.certificate)), "client-key-data": .string(Base64.encode(identity.key))]], ["name": "t", "user": [:]]],
        ]
        try SecureFile.write(folder + "/config", text.bytes)
        try SecureFile.write(folder + "/ca.crt", Array(authority.certificatePEM.utf8))
        try SecureFile.write(folder + "/admin.crt", identity.certificate)
        try SecureFile.write(folder + "/admin.key", identity.key)
    }

    /// Runs a shell command in which `kubectl` is Debian's; what it wrote, and its end.
    func shell(_ command: String, seconds: Int = 40) async throws -> (text: String, errors: String, status: ProcessEnding) {
        let kubectl = try #require(Host.kubectl, "run Scripts/get-kubectl")
        let program = Program(
            "/bin/sh", ["-c", "cd \(folder); kubectl() { \(kubectl) \"$@\"; }; " + command],
            environment: ["PATH=\(folder):/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(folder)", "KUBECONFIG=\(folder)/config", "TERM=xterm", "KUBECTL=\(kubectl)"])
        let output = try await Subprocess.run(program, seconds: seconds)
        return (String(decoding: output.output, as: UTF8.self), String(decoding: output.errors, as: UTF8.self), output.status)
    }
}
