import Confinement
import ContainerImages
package import ContainerRuntime
import ContentStore
import Glibc
package import JSONValue
package import KubeClient
package import KubeModel
package import LinuxKernel
package import Logging
package import NodeNetwork
package import NodeTunnel
import PodVolumes
import Synchronization

/// The agent of one node: registers it, and runs the pods that are bound to it.
package final class NodeAgent: Sendable {
    package struct Options: Sendable {
        /// The name of the Node.
        package var name: String
        /// The folder of the node's state.
        package var folder: String
        /// The addresses by which the node is reached, the first one before all.
        package var hostIPs: [String]
        package var podNetworks: [String]
        package var maxPods: Int
        package var reading: HostReading
        /// The folder with files of pods that the node runs without being told by the API server; empty for `manifests` in ``folder``.
        package var manifests = ""

        package init(name: String, folder: String, hostIPs: [String], podNetworks: [String], maxPods: Int, reading: HostReading) {
            self.name = name
            self.folder = folder
            self.hostIPs = hostIPs
            self.podNetworks = podNetworks
            self.maxPods = maxPods
            self.reading = reading
        }
    }

    private let options: Options
    private let client: KubeClient
    private let services: PodServices
    private let manager: PodManager
    private let heartbeat: NodeHeartbeat
    private let sampler: UsageSampler
    private let clock: @Sendable () -> Timestamp
    private let log: Logger
    private let jobs: AsyncStream<@Sendable () async -> Void>

    /// The containers of the node.
    package var runtime: ContainerRuntime { services.runtime }

    /// What the tunnel asks about the pods of the node.
    package let pods: any PodLocator

    /// What the tunnel tells of what the node and its pods use.
    package var reports: any NodeReports { sampler }

    /// - Parameters:
    ///   - client: with the identity of the node.
    ///   - request: how a pod is attached to the network: its labels, named ports and ports of the node.
    package init(
        _ options: Options, client: KubeClient, images: ImageService, network: NodeNetwork,
        request: @escaping @Sendable (JSON, NetworkNamespace) -> NodeNetwork.PodRequest, clock: @escaping @Sendable () -> Timestamp, log: Logger
    ) throws {
        self.options = options
        self.client = client
        self.clock = clock
        self.log = log
        let runtime = try ContainerRuntime(.init(folder: options.folder + "/runtime"), clock: clock)
        var facts = options.reading.facts
        let object = NodeObject(
            name: options.name, host: options.reading.host, addresses: options.hostIPs, podNetworks: options.podNetworks,
            runtimeVersion: "kastell://\(KubeletVersion.text)", agentVersion: KubeletVersion.text, maxPods: options.maxPods,
            conditions: facts.conditions.map { ["type": .string($0.type), "status": $0.isTrue ? "True" : "False", "reason": .string($0.reason), "message": .string($0.message)] })
        facts.allocatable = object.allocatable
        let (jobs, job) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
        self.jobs = jobs
        let events = EventRecorder(client: client, component: "kubelet", host: options.name, clock: clock, log: log)
        services = PodServices(
            client: client, facts: facts, hostIPs: options.hostIPs, runtime: runtime, images: images,
            sandboxes: PodSandboxes(facts: facts, network: network, hostIPs: options.hostIPs, request: request),
            volumes: PodVolumes(folder: options.folder + "/volumes", client: client, nodeName: options.name, allocatable: facts.allocatable, clock: clock, log: log),
            objects: PodObjects(client: client, services: PodObjects.services(Reflector(resource: GroupVersionResource("v1", "services"), client: client, log: log))),
            prober: Prober(runtime: runtime), events: events, pods: options.folder + "/pods", logs: options.folder + "/logs", clock: clock, log: log,
            spawn: { job.yield($0) })
        manager = PodManager(
            services: services,
            informer: Informer(Reflector(resource: PodStatusSender.pods, client: client, fieldSelector: "spec.nodeName=" + options.name, log: log)),
            manifests: ManifestFolder(
                path: options.manifests.isEmpty ? options.folder + "/manifests" : options.manifests, isOwn: options.manifests.isEmpty, node: options.name,
                events: events, clock: clock, log: log))
        pods = PodDirectory(manager: manager)
        sampler = UsageSampler(
            node: options.name, capacity: UInt64(clamping: options.reading.host.memory), manager: manager, runtime: runtime,
            reader: UsageReader(cgroups: CgroupHierarchy(facts.cgroups), clock: clock), log: log)
        heartbeat = NodeHeartbeat(client: client, object: { object }, clock: clock, log: log)
    }

    /// Registers the node and runs its pods until cancelled.
    ///
    /// - Parameters:
    ///   - prepared: answers when the network's rules are in force: before that no pod is begun.
    ///   - ready: called when the node takes pods.
    package func run(after prepared: @escaping @Sendable () async -> Void, ready: @escaping @Sendable () -> Void) async throws {
        let uid = try await register()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.services.events.run() }
            group.addTask { await self.services.objects.services.run() }
            group.addTask { await self.heartbeat.run(uid: uid) }
            group.addTask { await self.collectImages() }
            group.addTask { await self.sampler.run() }
            group.addTask { await ClaimFolders(folder: self.options.folder + "/claims", client: self.client, log: self.log).run() }
            group.addTask { await withDiscardingTaskGroup { jobs in for await job in self.jobs { jobs.addTask { await job() } } } }
            group.addTask {
                await prepared()
                while !self.services.objects.services.isSynced, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
                ready()
                await self.manager.run(nodeUID: uid)
            }
        }
    }

    /// The API server may come up after the node: registering is tried until it succeeds, or is refused.
    private func register() async throws -> String {
        while true {
            do { return try await heartbeat.register() } catch is TransportError {
                log.warning("the API server does not answer yet")
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func collectImages() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(300))
            do {
                let collected = try await services.images.collect()
                if !collected.images.isEmpty { log.info("images removed for want of space", metadata: ["images": "\(collected.images.joined(separator: " "))", "bytes": "\(collected.bytes)"]) }
            } catch { log.warning("images not collected", metadata: ["error": "\(error)"]) }
        }
    }

    /// Ends every pod on the node and leaves the objects to the node that comes back.
    package func stop(seconds: Int64) async { await manager.stopAll(seconds: seconds) }
}

/// The version that the node shows.
enum KubeletVersion {
    static let text = "v1.36.0+kastell"
}
