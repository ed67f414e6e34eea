import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue

/// `kastell up`: starts the cluster and supervises it.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start the cluster.",
        discussion: """
            Stays in the foreground until Ctrl-C, or returns with --detach as soon as the cluster is ready. The context
            'kastell' is merged into your kubeconfig and becomes the current one; with --kubeconfig only that file is
            written. Every flag has a place in the configuration file, and wins over it.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var settings: ServerOptions
    @Option(help: ArgumentHelp("Write the kubeconfig to this file only.", valueName: "file"), completion: .file())
    var kubeconfig: String?
    @Flag(help: "Return when the cluster is ready, and leave it running.")
    var detach = false
    @Option(
        help: ArgumentHelp("A KastellConfiguration, YAML or JSON.", discussion: "Default: /etc/kastell/config.yaml for root, else ~/.config/kastell/config.yaml, if it exists.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?
    @Option(help: ArgumentHelp("How long --detach waits for the cluster to be ready, in seconds.", valueName: "seconds"))
    var timeout = 60

    func run() async throws {
        let environment = ProcessEnvironment.current
        var overrides = settings.overrides
        overrides[.stateDir] = cluster.stateDir?.withoutTrailingSlash
        let configuration = try KastellConfiguration.load(path: config, overrides: overrides, environment: environment)
        try SupportedFeatures.check(configuration)
        let directory = StateDirectory(path: configuration.stateDir, environment: environment)
        let target = kubeconfig.map { environment.absolute($0, in: environment.currentFolder) }
        do { try directory.prepare() } catch {
            throw CommandError("the state folder cannot be used: \(error). Choose another one with --state-dir.")
        }
        if let running = RunningCluster.find(directory) {
            try await reportRunning(running, configuration, directory)
            return
        }
        try PortProbe.check(configuration)
        if !configuration.controlOnly { try NodeChecks.require(.read()) }
        try SecureFile.write(directory.savedConfiguration, Array(configuration.yaml.utf8))
        let kubeconfig = KubeconfigTarget(path: target ?? KubeconfigFile.path(environment), isExclusive: target != nil)
        if detach {
            let ready = try await Detachment.start(directory, kubeconfig: kubeconfig, timeout: .seconds(timeout))
            Announcement.ready(ready, configuration: configuration, directory: directory, isDetached: true)
        } else {
            let supervisor = Supervisor(directory: directory, configuration: configuration, kubeconfig: kubeconfig)
            try await supervisor.run { ready in
                Announcement.ready(ready, configuration: configuration, directory: directory, isDetached: false)
            }
        }
    }

    private func reportRunning(_ running: RunningCluster, _ configuration: KastellConfiguration, _ directory: StateDirectory) async throws {
        Terminal.print("The cluster in \(directory.path) is running already (process \(running.supervisor), \(running.facts?.server ?? "starting")).")
        let saved = try? KastellConfiguration.load(path: directory.savedConfiguration, environment: .current)
        if let saved, saved != configuration {
            Terminal.warning("it runs with another configuration than the one asked for now. Run 'kastell down' first to change it.")
        }
    }
}

/// The flags that configure the servers, named as kube-apiserver's where that has them.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The port of the API server. Default: 6443.", valueName: "port"))
    var apiPort: String?
    @Option(help: ArgumentHelp("The address that the API server listens on. Default: 127.0.0.1.", valueName: "address"))
    var bindAddress: String?
    @Flag(help: "Start the control plane only: no node, and no scheduler unless --controllers names kube-scheduler.")
    var controlOnly = false
    @Option(help: ArgumentHelp("The set of defaults: standard or zero-trust.", valueName: "profile"), completion: .list(["standard", "zero-trust"]))
    var profile: String?
    @Option(help: ArgumentHelp("Admission plugins to run beside the default ones, with commas between.", valueName: "plugins"))
    var enableAdmissionPlugins: String?
    @Option(help: ArgumentHelp("Default admission plugins not to run, with commas between.", valueName: "plugins"))
    var disableAdmissionPlugins: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("The controllers that run: '*', NAME or -NAME, with commas between; '-*' for none; kube-scheduler is one of them. Default: all.", valueName: "controllers"))
    var controllers: String?
    @Option(help: ArgumentHelp("A CSV file of static tokens: token,user,uid,\"group,group\".", valueName: "file"), completion: .file())
    var tokenAuthFile: String?
    @Option(help: ArgumentHelp("An EncryptionConfiguration. Default: one with a generated key, which encrypts everything.", valueName: "file"), completion: .file())
    var encryptionProviderConfig: String?
    @Option(help: ArgumentHelp("The issuer of service account tokens. Default: https://kubernetes.default.svc.", valueName: "url"))
    var serviceAccountIssuer: String?
    @Option(help: ArgumentHelp("The addresses of services. Default: 10.96.0.0/16.", valueName: "cidr"))
    var serviceClusterIpRange: String?
    @Option(help: ArgumentHelp("The ports of services of type NodePort. Default: 30000-32767.", valueName: "range"))
    var serviceNodePortRange: String?
    @Option(help: ArgumentHelp("Whether requests without credentials are let in as system:anonymous: true or false. Default: true.", valueName: "bool"), completion: .list(["true", "false"]))
    var anonymousAuth: String?
    @Option(help: ArgumentHelp("Whether Secrets of the type bootstrap.kubernetes.io/token let machines ask to become nodes: true or false. Default: false.", valueName: "bool"), completion: .list(["true", "false"]))
    var enableBootstrapTokenAuth: String?
    @Option(help: ArgumentHelp("The lowest version of TLS: VersionTLS13 or VersionTLS12. Default: VersionTLS13.", valueName: "version"), completion: .list(["VersionTLS13", "VersionTLS12"]))
    var tlsMinVersion: String?
    @Option(help: ArgumentHelp("More names and addresses for the API server's certificate, with commas between.", valueName: "names"))
    var tlsExtraNames: String?
    @Option(help: ArgumentHelp("How long the API server's certificate is valid. Default: 8760h.", valueName: "duration"))
    var tlsServingLifetime: String?
    @Option(help: ArgumentHelp("The name of this machine's node. Default: the machine's name.", valueName: "name"))
    var nodeName: String?
    @Option(help: ArgumentHelp("The addresses of pods. Default: 10.244.0.0/16.", valueName: "cidr"))
    var clusterCidr: String?
    @Option(help: ArgumentHelp("The folder with the files of static pods. Default: node/manifests in the state folder.", valueName: "dir"), completion: .directory)
    var staticPodPath: String?
    @Option(help: ArgumentHelp("Hosts that are asked before a registry: docker.io=https://mirror.example, with commas between.", valueName: "mirrors"))
    var registryMirrors: String?
    @Option(help: ArgumentHelp("Users whose pods Pod Security does not judge, with commas between.", valueName: "users"))
    var podSecurityExemptUsernames: String?
    @Option(help: ArgumentHelp("Runtime classes that Pod Security does not judge, with commas between.", valueName: "names"))
    var podSecurityExemptRuntimeClasses: String?
    @Option(help: ArgumentHelp("Namespaces that Pod Security does not judge, with commas between.", valueName: "names"))
    var podSecurityExemptNamespaces: String?

    var overrides: ConfigurationOverrides {
        var all = ConfigurationOverrides()
        all[.apiPort] = apiPort
        all[.bindAddress] = bindAddress
        if controlOnly { all[.controlOnly] = "true" }
        all[.profile] = profile
        all[.enableAdmissionPlugins] = enableAdmissionPlugins
        all[.disableAdmissionPlugins] = disableAdmissionPlugins
        all[.controllers] = controllers
        all[.tokenAuthFile] = tokenAuthFile
        all[.encryptionProviderConfig] = encryptionProviderConfig
        all[.serviceAccountIssuer] = serviceAccountIssuer
        all[.serviceClusterIPRange] = serviceClusterIpRange
        all[.serviceNodePortRange] = serviceNodePortRange
        all[.anonymousAuth] = anonymousAuth
        all[.enableBootstrapTokenAuth] = enableBootstrapTokenAuth
        all[.tlsMinVersion] = tlsMinVersion
        all[.tlsExtraNames] = tlsExtraNames
        all[.tlsServingLifetime] = tlsServingLifetime
        all[.nodeName] = nodeName
        all[.clusterCIDR] = clusterCidr
        all[.staticPodPath] = staticPodPath
        all[.registries] = registryMirrors
        all[.exemptUsernames] = podSecurityExemptUsernames
        all[.exemptRuntimeClasses] = podSecurityExemptRuntimeClasses
        all[.exemptNamespaces] = podSecurityExemptNamespaces
        return all
    }
}
