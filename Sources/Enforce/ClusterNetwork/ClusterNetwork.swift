package import JSONValue
package import KubeClient
package import KubeModel
package import Logging
package import NetworkPolicy
package import NodeNetwork
package import PolicyModel

/// Brings the cluster's objects into the rules of one node: policies, the pods, namespaces, service accounts and nodes
/// that they speak of, and services. A client of the standard Kubernetes API.
///
/// Nothing is in force before every kind was listed once: a node that knew the pods and not yet the policies would be
/// open. After that, what a moment brings is one transaction, of the size of what changed.
package actor ClusterNetwork {
    let client: KubeClient
    let network: NodeNetwork
    let nodeName: String
    let log: Logger
    let flowLog: FlowRecorder
    let reporter: PolicyReporter

    /// What is known of the cluster.
    var view: ClusterView
    private var unheard = Set(ClusterKind.allCases)
    private var isReady = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// How long changes are gathered before they are sent to the kernel.
    private static let tick = Duration.milliseconds(1)
    /// How often somebody else's changes of the table are looked for.
    private static let resyncPeriod = Duration.seconds(30)
    /// How long to wait when the kernel took nothing.
    private static let retryPeriod = Duration.seconds(1)

    /// - Parameters:
    ///   - client: with the identity of the node; ``NodeNetworkAccess`` says what it must be allowed.
    ///   - network: the node's, started.
    ///   - nodeAddresses: the node's own, which are known before its object says them.
    ///   - clock: the time of statuses and events.
    package init(
        client: KubeClient, network: NodeNetwork, nodeName: String, nodeAddresses: [IPAddress],
        clock: @escaping @Sendable () -> Timestamp, log: Logger
    ) {
        self.client = client
        self.network = network
        self.nodeName = nodeName
        self.log = log
        view = ClusterView(node: nodeName, nodeAddresses: nodeAddresses)
        flowLog = FlowRecorder(clock: clock, log: log)
        reporter = PolicyReporter(client: client, node: nodeName, clock: clock, log: log)
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Life

    /// Runs until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for kind in ClusterKind.allCases {
                group.addTask {
                    let feed = ClusterFeed(kind: kind, client: self.client, log: self.log)
                    await feed.run { await self.take(kind, $0) }
                }
            }
            group.addTask { await self.flushChanges() }
            group.addTask { await self.resync() }
            group.addTask { await self.reporter.run() }
            group.addTask { await self.recordFlows() }
        }
    }

    /// Waits until every kind has had its first list and the rules are in the kernel: no pod is attached before. Returns
    /// too when the waiting task is cancelled.
    package func waitUntilReady() async {
        while !isReady, !Task.isCancelled {
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiting.append($0) }
            } onCancel: {
                Task { await self.release() }
            }
        }
    }

    private func release() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// The endpoint of a pod as the policies see it (labels, service account, named ports), for `NodeNetwork.attach`.
    package nonisolated func endpoint(of pod: JSON) -> PolicyEndpoint { PolicyEndpoint(pod: pod) }

    /// The ports of the node that a pod wants, for `NodeNetwork.attach`.
    package nonisolated func hostPorts(of pod: JSON) -> [HostPort] { HostPort.all(of: pod) }

    // MARK: Changes

    private func take(_ kind: ClusterKind, _ event: ClusterFeed.Event) {
        view.take(kind, event)
        if kind == .nodes { reporter.know(nodes: view.nodeNames) }
        switch event {
        case .replaced, .notServed: unheard.remove(kind)
        case .put, .removed: break
        }
        if unheard.isEmpty { wake.yield() }
    }

    private func flushChanges() async {
        for await _ in wakes {
            try? await Task.sleep(for: Self.tick)
            await flush()
        }
    }

    private func flush() async {
        let batch = view.takeBatch()
        if batch.isEmpty, isReady { return }
        do {
            let report = try await network.update(batch.changes)
            note(batch.policies)
            log.debug("rules changed", metadata: ["commands": "\(report.commands)", "connections-cut": "\(report.cut)"])
            becomeReady()
        } catch {
            log.error("rules refused", metadata: ["error": "\(error)", "policies": "\(batch.policies.count)"])
            await close(batch, because: "\(error)")
        }
    }

    /// The kernel does not take what the batch asks: its policies are replaced by ones that deny everything.
    private func close(_ batch: ClusterView.Batch, because reason: String) async {
        do {
            try await network.update(view.close(batch.policies, because: reason))
            note(batch.policies)
            becomeReady()
        } catch {
            log.error("rules refused again", metadata: ["error": "\(error)"])
            view.postpone(batch)
            try? await Task.sleep(for: Self.retryPeriod)
            wake.yield()
        }
    }

    private func note(_ policies: Set<PolicyKey>) {
        for key in policies { reporter.note(view.standing(of: key)) }
    }

    private func becomeReady() {
        if isReady { return }
        isReady = true
        log.info("network policies in force", metadata: ["policies": "\(view.policyCount)", "pods": "\(view.podCount)"])
        release()
    }

    /// Restores the rules when somebody else changed them.
    private func resync() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.resyncPeriod)
            do {
                if try await network.resync() { log.warning("somebody else changed the rules; restored") }
            } catch {
                log.error("rules not restored", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The generation of a policy object that the kernel holds, or denies for; nil when it holds none. The reference is one
    /// of a decision, without a path.
    package nonisolated func generationInForce(of policy: RuleReference) -> Int64? { reporter.generation(of: policy) }

    // MARK: Flows

    private func recordFlows() async {
        for await flow in network.log.flows {
            let source = flow.packet.flatMap { view.pod(at: $0.source) }
            let destination = flow.packet.flatMap { view.pod(at: $0.destination) }
            flowLog.record(flow, source: source, destination: destination)
        }
    }

    /// The newest flows that were dropped or noted, the oldest first.
    package nonisolated var recentFlows: [RecordedFlow] { flowLog.recent }
}
