import JSONValue
import KubeClient
import KubeModel
import Logging
import NetworkPolicy
import PolicyModel
import Synchronization

/// Says of each policy on which nodes it is in force: Calico's kinds have conditions, one for each node; a NetworkPolicy
/// has no status (Kubernetes removed it), and gets an Event, which is repeated while the policy is in force.
///
/// One write after another with a pause: many policies at once do not keep the server busy. What is written changes no
/// specification, and so makes no node write again.
final class PolicyReporter: Sendable {
    private struct State {
        var standings: [String: PolicyStanding] = [:]
        var nodes: Set<String> = []
    }

    private let client: KubeClient
    private let node: String
    private let clock: @Sendable () -> Timestamp
    private let log: Logger
    private let queue = WorkQueue()
    private let events: EventRecorder
    // A lock and no actor: notes come from the middle of synchronous work.
    private let state = Mutex(State())

    /// At most fifty writes a second.
    private static let pause = Duration.milliseconds(20)
    /// Events last an hour on most servers.
    private static let repetition = Duration.seconds(1800)
    /// For how long the condition of a node that is not known stands.
    private static let memory: Int64 = 3600

    init(client: KubeClient, node: String, clock: @escaping @Sendable () -> Timestamp, log: Logger) {
        self.client = client
        self.node = node
        self.clock = clock
        self.log = log
        events = EventRecorder(client: client, component: "kastell-node", clock: clock, log: log)
    }

    private static func text(_ key: PolicyKey) -> String { "\(key.kind)/\(key.namespace)/\(key.name)" }

    /// The generation of a policy that was noted last.
    func generation(of policy: RuleReference) -> Int64? {
        let kind: ClusterKind =
            switch policy.kind {
            case CalicoPolicy.namespacedKind: .calicoPolicies
            case "GlobalNetworkPolicy": .calicoGlobalPolicies
            default: .networkPolicies
            }
        let key = Self.text(PolicyKey(kind: kind, namespace: policy.namespace, name: policy.name))
        return state.withLock { $0.standings[key]?.object.generation }
    }

    /// Puts a report on its way; never waits.
    func note(_ standing: PolicyStanding) {
        let key = Self.text(standing.key)
        state.withLock { $0.standings[key] = standing.state == .gone ? nil : standing }
        if standing.state != .gone { queue.add(key) }
    }

    /// Which nodes the cluster has.
    func know(nodes: Set<String>) { state.withLock { $0.nodes = nodes } }

    /// Runs until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.events.run() }
            group.addTask {
                await self.queue.run(workers: 1, log: self.log) { key in
                    try await self.report(key)
                    try await Task.sleep(for: Self.pause)
                    return nil
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.repetition)
                    let keys = self.state.withLock { $0.standings.filter { $0.value.key.kind == .networkPolicies }.keys.sorted() }
                    for key in keys { self.queue.add(key) }
                }
            }
        }
    }

    private func report(_ key: String) async throws {
        let (standing, nodes) = state.withLock { ($0.standings[key], $0.nodes) }
        guard let standing, let notice = standing.notice(node: node) else { return }
        if !standing.key.kind.isCustom || notice.isWarning { events.record([notice], about: standing.object) }
        if standing.key.kind.isCustom { try await write(standing, nodes) }
    }

    private func write(_ standing: PolicyStanding, _ nodes: Set<String>) async throws {
        let resource = standing.key.kind.resource
        let now = clock()
        do {
            let present = try await client.get(resource, namespace: standing.key.namespace, name: standing.key.name)
            // Of another object, or another state of it, there will be a report of its own.
            guard present.uid == standing.object.uid, present.generation == standing.object.generation else { return }
            let conditions = standing.merged(
                into: present[path: "status", "conditions"]?.array ?? [], node: node, now: now, known: nodes,
                forgetting: now.adding(seconds: -Self.memory))
            guard let conditions else { return }
            // With the version, so that two nodes do not take each other's condition away: one of them asks again.
            let version = present[path: "metadata", "resourceVersion"] ?? ""
            try await client.patch(
                resource, namespace: standing.key.namespace, name: standing.key.name, subresource: "status", form: .merge,
                ["metadata": ["resourceVersion": version], "status": ["conditions": .array(conditions)]])
        } catch let error as StatusError where error.code == 404 {
            return
        } catch let error as StatusError where error.code == 403 {
            log.warning("status of a policy not written", metadata: ["policy": "\(standing.key.name)", "error": "\(error)"])
        }
    }
}
