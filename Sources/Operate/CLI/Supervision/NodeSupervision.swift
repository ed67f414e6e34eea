import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue
import KubeClient
import KubeModel
import Logging
import NetworkPolicy
import Synchronization
import WorkerNode

/// Starts the node of a cluster once its API server answers, starts it again when it ends by itself, and stops it in order.
final class NodeSupervision: Sendable {
    /// What becomes of the node.
    enum Event: Sendable {
        /// Its process began.
        case started(Int32)
        /// It is registered and takes pods.
        case ready
        /// It never came up.
        case failed(String)
        /// It was told to stop, and has.
        case stopped
    }

    private struct State {
        var child: ChildProcess?
        var isStopping = false
        var hasFailed = false
    }

    private let directory: StateDirectory
    private let configuration: KastellConfiguration
    private let log: Logger
    // A lock and no actor: signals are passed on from the middle of the supervisor's loop.
    private let state = Mutex(State())

    init(directory: StateDirectory, configuration: KastellConfiguration, log: Logger) {
        self.directory = directory
        self.configuration = configuration
        self.log = log
    }

    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Asks the node to stop.
    func stop() {
        let child = state.withLock { state in
            state.isStopping = true
            return state.child
        }
        child?.signal(15)
    }

    /// Ends the node by force.
    func kill() { state.withLock { $0.child }?.signal(9) }

    /// Runs until the node is stopped, or cannot come up.
    func run(server: String, _ tell: @Sendable (Event) -> Void) async {
        do {
            let settings = try settings
            try await prepare(settings, server: server)
            var hasBeenReady = false
            var pause = Duration.milliseconds(200)
            while !state.withLock({ $0.isStopping }) {
                LogRotation.rotate(directory.nodeLog)
                let began = ContinuousClock.now
                let child = try ChildProcess.start(
                    ["node", "--settings", directory.nodeSettings, "--state-dir", directory.path], log: directory.nodeLog, isSession: false)
                state.withLock { $0.child = child }
                tell(.started(child.process))
                // Told to stop between the look and the start.
                if state.withLock({ $0.isStopping }) { child.signal(15) }
                var failure: String?
                for await line in try await child.lines() {
                    guard let value = try? JSON.parse(Array(line.utf8)) else { continue }
                    failure = value["error"]?.string ?? failure
                    guard value["node"] != nil, !hasBeenReady else { continue }
                    hasBeenReady = true
                    tell(.ready)
                    await takeBackToken(server: server)
                }
                let ending = await child.wait()
                state.withLock { $0.child = nil }
                child.release()
                if state.withLock({ $0.isStopping }) { break }
                guard hasBeenReady else {
                    throw CommandError(failure ?? "the node ended before it was ready (\(ending)). \(LogTail.hint(directory.nodeLog))")
                }
                log.error("the node ended by itself and is started again", metadata: ["ending": "\(ending)", "reason": "\(failure ?? "unknown")"])
                if began.duration(to: .now) > .seconds(60) { pause = .milliseconds(200) }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(10))
            }
            tell(.stopped)
        } catch {
            if state.withLock({ $0.isStopping }) { return tell(.stopped) }
            state.withLock { $0.hasFailed = true }
            tell(.failed("the node did not come up: \(error)"))
        }
    }

    // MARK: Preparing

    private var settings: NodeSettings {
        get throws {
            guard let dns = configuration.serviceClusterIPRange.address(10) else {
                throw CommandError("serviceClusterIPRange: \(configuration.serviceClusterIPRange) has no tenth address for the cluster's name server. Give a larger range, such as 10.96.0.0/16.")
            }
            let bind = configuration.bindAddress.description
            var settings = NodeSettings(
                name: configuration.nodeName.isEmpty ? NodeCommand.machineName : configuration.nodeName, serverHost: bind == "0.0.0.0" || bind == "::" ? "127.0.0.1" : bind, serverPort: configuration.apiPort,
                authority: String(decoding: try SecureFile.read(directory.pki + "/ca.crt", .any), as: UTF8.self),
                bootstrapTokenFile: directory.bootstrapToken, folder: directory.node, images: directory.path + "/images",
                clusterNetworks: Self.networks(configuration.clusterCIDR.description, "fd00:10:244::/48"),
                podNetworks: Self.networks("\(configuration.clusterCIDR.network)/24", "fd00:10:244::/64"),
                serviceNetworks: Self.networks(configuration.serviceClusterIPRange.description), clusterDNS: dns.description)
            settings.registries = configuration.registries
            settings.staticPods = configuration.staticPodPath ?? ""
            return settings
        }
    }

    private static func networks(_ texts: String...) -> [IPNetwork] { texts.compactMap { IPNetwork($0) } }

    /// Writes the node's settings, and makes the objects that a cluster with a node has.
    private func prepare(_ settings: NodeSettings, server: String) async throws {
        try SecureFile.makePrivateFolder(directory.node)
        try SecureFile.write(directory.nodeSettings, settings.json.bytes)
        let transport = try AdminAccess(directory).transport(server: server)
        let client = KubeClient(transport)
        let preparation = NodePreparation(settings)
        let now = WallClock.now()
        let token = preparation.hasCertificate(now) ? nil : NodePreparation.BootstrapToken()
        if let token { try SecureFile.write(directory.bootstrapToken, Array(token.text.utf8)) }
        try await preparation.apply(client, token: token, now: now)
        await transport.shutDown()
    }

    /// The token has done what it was for.
    private func takeBackToken(server: String) async {
        guard SecureFile.exists(directory.bootstrapToken) else { return }
        do {
            let text = String(decoding: try SecureFile.read(directory.bootstrapToken, .secret), as: UTF8.self)
            let transport = try AdminAccess(directory).transport(server: server)
            try await NodePreparation.removeToken(String(text.prefix { $0 != "." }), KubeClient(transport))
            await transport.shutDown()
            try SecureFile.remove(directory.bootstrapToken)
        } catch { log.warning("the node's bootstrap token is not taken back; it ends by itself", metadata: ["error": "\(error)"]) }
    }
}
