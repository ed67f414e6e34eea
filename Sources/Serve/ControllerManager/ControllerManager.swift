package import CertificateAuthority
import JSONValue
package import KubeClient
package import KubeModel
package import Logging
package import PolicyModel

/// What the controllers are started with.
package struct ControllerManagerOptions: Sendable {
    /// The CA bundle that every namespace gets as `kube-root-ca.crt`, as PEM.
    package var rootCAPEM: String
    /// The CA that signs certificate requests, asked for at every signature, so that it may change.
    package var authority: @Sendable () throws -> ClusterCA
    /// Whether a controller runs, by its identity.
    package var isEnabled: @Sendable (_ identity: String) -> Bool
    /// The longest life of a certificate that is signed (`--cluster-signing-duration`).
    package var clusterSigningDuration: Duration
    /// The silence after which nothing is known of a node (`--node-monitor-grace-period`), in whole seconds.
    package var nodeMonitorGracePeriod: Duration
    /// Whether volumes are made for claims of the class `kastell.dev/local-path`; the class itself is its user's to make.
    package var provisionsVolumes: Bool
    package var clock: @Sendable () -> Timestamp
    package var logger: Logger

    package init(
        rootCAPEM: String, authority: @escaping @Sendable () throws -> ClusterCA,
        isEnabled: @escaping @Sendable (_ identity: String) -> Bool = { _ in true }, clusterSigningDuration: Duration = .seconds(365 * 86400),
        nodeMonitorGracePeriod: Duration = .seconds(50), provisionsVolumes: Bool = false,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.rootCAPEM = rootCAPEM
        self.authority = authority
        self.isEnabled = isEnabled
        self.clusterSigningDuration = clusterSigningDuration
        self.nodeMonitorGracePeriod = nodeMonitorGracePeriod
        self.provisionsVolumes = provisionsVolumes
        self.clock = clock
        self.logger = logger
    }
}

/// The controllers of a cluster: each a client of the API with an identity of its own, and none with more rights than
/// its role gives it. They would run against any server of the Kubernetes API.
package struct ControllerManager: Sendable {
    private let options: ControllerManagerOptions
    private let client: @Sendable (UserInfo, String) -> KubeClient

    /// - Parameter client: makes a client for an identity, with a user agent.
    package init(options: ControllerManagerOptions, client: @escaping @Sendable (_ user: UserInfo, _ userAgent: String) -> KubeClient) {
        self.options = options
        self.client = client
    }

    /// Runs until cancelled.
    package func run() async {
        let reader = client(
            UserInfo(name: "system:kube-controller-manager", groups: [UserInfo.authenticatedGroup]), "kube-controller-manager/shared-informers")
        let informers = Informers(client: reader, log: options.logger)
        let signing = CertificateController.Signing(authority: options.authority, longest: options.clusterSigningDuration)
        var controllers: [any Controller] = []
        // One that does not run must not ask the informers for anything either.
        func add<Kind: Controller>(_ make: (ControllerContext) -> Kind) {
            if options.isEnabled(Kind.identity) { controllers.append(make(context(Kind.identity, account: Kind.account))) }
        }
        add { NamespaceController($0, informers) }
        add { ServiceAccountController($0, informers) }
        add { RootCertificatePublisher($0, informers, certificate: options.rootCAPEM) }
        add { RoleAggregator($0, informers) }
        add { GarbageCollector($0, informers, watching: reader) }
        add { DeploymentController($0, informers) }
        add { ReplicaSetController($0, informers) }
        add { EndpointSliceController($0, informers) }
        add { CertificateController($0, informers, signing: signing) }
        add { FinishedJobController($0, informers) }
        add { JobController($0, informers) }
        add { CronJobController($0, informers) }
        add { DaemonSetController($0, informers) }
        add { StatefulSetController($0, informers) }
        add { NodeLifecycleController($0, informers, grace: options.nodeMonitorGracePeriod) }
        add { TaintEvictionController($0, informers) }
        add { PodGarbageCollector($0, informers) }
        add { ResourceQuotaController($0, informers) }
        add { VolumeBinderController($0, informers, provisions: options.provisionsVolumes) }
        add { ClaimProtectionController($0, informers) }
        add { VolumeProtectionController($0, informers) }
        await withDiscardingTaskGroup { group in
            for informer in informers.all { group.addTask { await informer.run() } }
            // Before everything was listed, what is missing is not known to be missing.
            await informers.waitUntilSynced()
            for controller in controllers { group.addTask { await controller.run() } }
        }
    }

    private func context(_ identity: String, account: String) -> ControllerContext {
        let user = UserInfo(
            name: "system:serviceaccount:kube-system:" + account,
            groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", UserInfo.authenticatedGroup])
        let client = client(user, "kube-controller-manager/" + identity)
        var log = options.logger
        log[metadataKey: "controller"] = "\(identity)"
        return ControllerContext(
            client: client, queue: WorkQueue(),
            events: EventRecorder(client: client, component: identity, clock: options.clock, log: log), clock: options.clock, log: log)
    }
}
