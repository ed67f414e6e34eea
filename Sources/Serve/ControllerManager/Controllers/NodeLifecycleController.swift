import JSONValue
import KubeClient
import KubeModel
import Reconcile
import Synchronization

/// Finds out which nodes are not heard of any more, and gives nodes the taints that follow from how they are.
struct NodeLifecycleController: Controller {
    static let identity = "node-controller"
    static let workers = 4
    let context: ControllerContext
    private let informers: Informers
    private let watch = NodeWatch()
    private let grace: Int64

    /// When each node was heard of, and which are well.
    ///
    /// By a clock that stands still while the machine sleeps: a laptop that wakes up has not lost its nodes. A lock and
    /// no actor, since informers report in their synchronous handlers.
    private final class NodeWatch: Sendable {
        private struct State {
            var heard: [String: SuspendingClock.Instant] = [:]
            var ready: Set<String> = []
        }
        private let state = Mutex(State())

        func hear(_ name: String) { state.withLock { $0.heard[name] = .now } }

        /// Seconds since a node was heard of; the first question counts as such.
        func silence(_ name: String) -> Int64 {
            state.withLock { state in
                guard let last = state.heard[name] else {
                    state.heard[name] = .now
                    return 0
                }
                return last.duration(to: .now).components.seconds
            }
        }

        /// Notes how a node is; answers whether that makes the first well one, or leaves none.
        func note(_ name: String, isReady: Bool) -> Bool {
            state.withLock { state in
                let before = state.ready.isEmpty
                if isReady { state.ready.insert(name) } else { state.ready.remove(name) }
                return before != state.ready.isEmpty
            }
        }

        func forget(_ name: String) { state.withLock { _ = $0.heard.removeValue(forKey: name) } }
        var isDisrupted: Bool { state.withLock { $0.ready.isEmpty } }
    }

    init(_ context: ControllerContext, _ informers: Informers) {
        self.init(context, informers, grace: .seconds(NodeHealth.grace))
    }

    /// - Parameter grace: the silence after which nothing is known of a node.
    init(_ context: ControllerContext, _ informers: Informers, grace: Duration) {
        self.context = context
        self.informers = informers
        self.grace = grace.components.seconds
        let watch = watch
        informers.nodes.onChange { old, new in
            guard let node = new ?? old else { return }
            let turns = watch.note(node.name, isReady: new.map(NodeHealth.isReady) ?? false)
            if let new {
                if old?["status"] != new["status"] { watch.hear(new.name) }
                if old == nil {
                    let message = "Node \(node.name) event: Registered Node \(node.name) in Controller"
                    context.events.record([Notice(reason: "RegisteredNode", message: message)], about: node)
                }
                context.queue.add(new.name)
            } else {
                watch.forget(node.name)
                let message = "Node \(node.name) event: Removing Node \(node.name) from Controller"
                context.events.record([Notice(reason: "RemovingNode", message: message)], about: node)
            }
            if turns { for other in informers.nodes.all { context.queue.add(other.name) } }
        }
        informers.leases.onChange { old, new in
            guard let new, new.namespace == NodeHealth.leaseNamespace else { return }
            if old?["spec"]?["renewTime"] != new["spec"]?["renewTime"] { watch.hear(new.name) }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let node = informers.nodes[key], !node.isBeingDeleted else { return nil }
        let now = context.clock()
        let plan = NodeHealth.plan(node, silence: watch.silence(key), grace: grace, isDisrupted: watch.isDisrupted, now: now)
        let again = try await carryOut(plan, about: node, seenBy: [informers.nodes])
        // Nobody else says of these pods that they cannot be reached.
        if Conditions.find("Ready", in: informers.nodes[key]?["status"])?["status"]?.string == "Unknown" {
            for pod in informers.pods.find(Informers.onNode(key)) {
                if let change = NodeHealth.unready(pod, now: now) {
                    try await claimPod(change, seenBy: [informers.pods])
                    context.events.record([Notice(isWarning: true, reason: "NodeNotReady", message: "Node is not ready")], about: pod)
                }
            }
        }
        return again
    }
}
