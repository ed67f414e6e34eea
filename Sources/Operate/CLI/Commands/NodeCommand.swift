import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import Glibc
import JSONValue
import LinuxKernel
import Logging
import NetworkPolicy
import UnixSignals
import WorkerNode

/// `kastell node`: runs a node of a cluster on this machine.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run a node: the pods that are bound to it, and the rules for their traffic.",
        discussion: """
            'kastell up' starts one by itself. By hand, a machine joins with a bootstrap token and the cluster's CA; afterwards
            it has a certificate of its own. Without root the node runs in namespaces of its own, in which you are root.
            'kastell doctor' says what the machine lacks.
            """)

    @Option(help: ArgumentHelp("The settings, as 'kastell up' writes them.", visibility: .hidden), completion: .file())
    var settings: String?
    @Option(help: ArgumentHelp("The socket by which the API server is reached from inside.", visibility: .hidden))
    var relay: String?
    @Option(help: ArgumentHelp("The API server, such as https://192.0.2.1:6443.", valueName: "url"))
    var server: String?
    @Option(help: ArgumentHelp("The CA of the API server, as PEM.", valueName: "file"), completion: .file())
    var caFile: String?
    @Option(help: ArgumentHelp("A file, 0600, with a bootstrap token: id.secret.", valueName: "file"), completion: .file())
    var bootstrapTokenFile: String?
    @Option(help: ArgumentHelp("The name of the node. Default: the machine's.", valueName: "name"))
    var nodeName: String?
    @Option(help: ArgumentHelp("The network of this node's pods.", valueName: "cidr"))
    var podCidr = "10.244.0.0/24"
    @Option(help: ArgumentHelp("The network of all pods.", valueName: "cidr"))
    var clusterCidr = "10.244.0.0/16"
    @Option(help: ArgumentHelp("The network of services.", valueName: "cidr"))
    var serviceClusterIpRange = "10.96.0.0/16"
    @Option(help: ArgumentHelp("The address of the cluster's name server.", valueName: "address"))
    var clusterDns = "10.96.0.10"
    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        // Containers' users read what is made for them, whatever the user's umask; what is secret has a mode of its own.
        umask(0o022)
        do {
            let (file, settings) = try prepared()
            let log = Logger(label: "node") { _ in LineLog(component: "node") }
            let directory = try cluster.directory()
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
            if geteuid() != 0, relay == nil {
                let node = RootlessNode(settings, runFolder: directory.runDir, log: log)
                let code = try await node.run(file: file) { for await _ in signals { return } }
                if code != 0 { throw ExitCode(code) }
                return
            }
            let process = NodeProcess(settings, relaySocket: relay, clock: WallClock.now, log: log)
            try await process.run(ready: { Self.report(["node": .string(settings.name)]) }) {
                await withTaskGroup(of: NodeProcess.Stop.self) { group in
                    group.addTask {
                        for await _ in signals { return .withPods }
                        return .alone
                    }
                    // Whoever supervised this process is gone and will come back: the pods go on meanwhile.
                    group.addTask {
                        await Lifeline.end()
                        return .alone
                    }
                    defer { group.cancelAll() }
                    return await group.next() ?? .alone
                }
            }
        } catch let code as ExitCode { throw code } catch {
            Self.report(["error": .string("\(error)")])
            Terminal.error("\(error)")
            throw ExitCode.failure
        }
    }

    private static func report(_ value: JSON) { Terminal.print(value.description) }

    /// The settings, and the file that they are in.
    private func prepared() throws -> (String, NodeSettings) {
        if let settings { return (settings, try NodeSettings(file: settings)) }
        guard let server, let caFile else { throw CommandError("a node needs --server and --ca-file. 'kastell up' starts a cluster with a node on this machine.") }
        let (host, port) = try Self.address(server)
        func network(_ text: String, _ flag: String) throws -> IPNetwork {
            guard let network = IPNetwork(text) else { throw CommandError("\(flag): '\(text)' is no network. Write one such as 10.244.0.0/24.") }
            return network
        }
        let environment = ProcessEnvironment.current
        let folder = try cluster.directory(environment).path + "/node"
        let settings = NodeSettings(
            name: nodeName ?? Self.machineName, serverHost: host, serverPort: port,
            authority: String(decoding: try SecureFile.read(caFile, .any), as: UTF8.self),
            bootstrapTokenFile: bootstrapTokenFile.map { environment.absolute($0, in: environment.currentFolder) }, folder: folder, images: folder + "/../images",
            clusterNetworks: [try network(clusterCidr, "--cluster-cidr")], podNetworks: [try network(podCidr, "--pod-cidr")],
            serviceNetworks: [try network(serviceClusterIpRange, "--service-cluster-ip-range")], clusterDNS: clusterDns)
        try SecureFile.makePrivateFolder(folder)
        try SecureFile.write(folder + "/settings.json", settings.json.bytes)
        return (folder + "/settings.json", settings)
    }

    /// The host and port of an address such as `https://192.0.2.1:6443`.
    private static func address(_ url: String) throws -> (String, Int) {
        guard url.hasPrefix("https://") else { throw CommandError("--server: '\(url)' is no https address.") }
        var place = url.dropFirst("https://".count)
        while place.hasSuffix("/") { place.removeLast() }
        guard let colon = place.lastIndex(of: ":"), !place.hasSuffix("]"), let port = Int(place[place.index(after: colon)...]) else {
            return (String(place), 443)
        }
        return (String(place[..<colon].filter { $0 != "[" && $0 != "]" }), port)
    }

    /// The machine's name in the form that a Node may have (RFC 1123).
    static var machineName: String {
        let name = HostFacts.read().hostName.lowercased().filter { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "-" || $0 == "." }
        let trimmed = name.drop { $0 == "-" || $0 == "." }
        return trimmed.isEmpty ? "kastell" : String(trimmed.prefix(63))
    }
}

/// `kastell node-init`: the first process of a rootless node's own namespaces.
struct NodeInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "node-init", abstract: "Run the first process of a node.", shouldDisplay: false)

    @Option var settings: String
    @Option var relay: String

    func run() throws {
        let program = Program("/proc/self/exe", ["node", "--settings", settings, "--relay", relay])
        throw ExitCode(try NodeNamespaces.firstProcess(program))
    }
}

/// `kastell node-remove`: removes folders of a rootless node, inside namespaces like its own.
struct NodeRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "node-remove", abstract: "Remove the folders of a node.", shouldDisplay: false)

    @Argument var folders: [String]

    func run() throws { for folder in folders { try FileTree.remove(folder) } }
}

/// `kastell pause`: the first process of a pod whose containers share their processes.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Hold the process namespace of a pod.", shouldDisplay: false)

    func run() { NamespaceSet.pause() }
}
