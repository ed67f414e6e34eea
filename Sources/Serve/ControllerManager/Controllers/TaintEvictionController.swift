import JSONValue
import KubeClient
import KubeModel
import Reconcile
import Scheduling

/// Drives pods off nodes whose `NoExecute` taints they do not put up with, or no longer.
struct TaintEvictionController: Controller {
    static let identity = "taint-eviction-controller"
    // As upstream: its rights are those of the node controller.
    static let account = "node-controller"
    static let workers = 8
    let context: ControllerContext
    private let informers: Informers
    private let pending = Memory<TaintEviction.Pending>()

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        let pending = pending
        informers.nodes.onChange { old, new in
            guard let new, Self.executing(old) != Self.executing(new) else { return }
            for pod in informers.pods.find(Informers.onNode(new.name)) { context.queue.add(Informer.key(pod)) }
        }
        informers.pods.onChange { old, new in
            guard let pod = new else {
                if let old { pending[old.uid] = nil }
                return
            }
            let name = pod["spec"]?["nodeName"]?.string ?? ""
            if name.isEmpty || old?["spec"] == pod["spec"] { return }
            if !Self.executing(informers.nodes[name]).isEmpty || pending[pod.uid] != nil { context.queue.add(Informer.key(pod)) }
        }
    }

    private static func executing(_ node: JSON?) -> [Taint] {
        (node?["spec"]?["taints"]?.array ?? []).map { Taint($0) }.filter { $0.effect == .noExecute }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let pod = informers.pods[key], let node = informers.nodes[pod["spec"]?["nodeName"]?.string ?? ""] else { return nil }
        if pod.isBeingDeleted { return nil }
        let now = context.clock()
        switch TaintEviction.decide(PodFacts(pod), taints: Self.executing(node), pending: pending[pod.uid], now: now) {
        case .stay:
            guard pending[pod.uid] != nil else { return nil }
            pending[pod.uid] = nil
            context.events.record([Notice(reason: "TaintManagerEviction", message: "Cancelling deletion of Pod \(key)")], about: pod)
            return nil
        case .evict(let due):
            pending[pod.uid] = due
            return .seconds(max(1, due.at.seconds - now.seconds))
        case .evictNow:
            context.events.record([Notice(reason: "TaintManagerEviction", message: "Marking for deletion Pod \(key)")], about: pod)
            let condition: JSON = [
                "type": "DisruptionTarget", "status": "True", "reason": .string(TaintEviction.conditionReason),
                "message": .string(TaintEviction.conditionMessage), "lastTransitionTime": .string(now.description),
            ]
            try await write(
                .patch(
                    Target(ReplicaSets.pods, pod, subresource: "status"), .strategic,
                    ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": [condition]]], manager: ""), seenBy: [])
            try await write(.delete(Target(ReplicaSets.pods, pod), uid: pod.uid, policy: nil), seenBy: [informers.pods])
            pending[pod.uid] = nil
            return nil
        }
    }
}
