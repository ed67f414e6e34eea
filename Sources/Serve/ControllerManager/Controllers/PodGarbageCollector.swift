import JSONValue
import KubeClient
import KubeModel
import Logging
import Reconcile

/// Deletes pods that no node will end: of nodes that are gone, without a node, and of those that ended all but the youngest.
struct PodGarbageCollector: Controller {
    static let identity = "pod-garbage-collector"
    let context: ControllerContext
    private let informers: Informers
    private static let quarantine = Duration.seconds(PodGarbage.quarantine)

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.pods.onChange { old, new in
            guard let pod = new else { return }
            let node = pod["spec"]?["nodeName"]?.string ?? ""
            if PodGarbage.isUnscheduled(pod) || PodGarbage.isOutOfService(pod, node: informers.nodes[node]) {
                context.queue.add(Informer.key(pod))
            } else if !node.isEmpty, informers.nodes[node] == nil {
                context.queue.add(Informer.key(pod), after: Self.quarantine)
            }
        }
        informers.nodes.onChange { old, new in
            guard let node = new ?? old, new == nil || old?["spec"] != new?["spec"] else { return }
            for pod in informers.pods.find(Informers.onNode(node.name)) {
                if new == nil {
                    context.queue.add(Informer.key(pod), after: Self.quarantine)
                } else if PodGarbage.isOutOfService(pod, node: node) {
                    context.queue.add(Informer.key(pod))
                }
            }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let pod = informers.pods[key] else { return nil }
        let name = pod["spec"]?["nodeName"]?.string ?? ""
        if PodGarbage.isUnscheduled(pod) { return try await remove(pod, message: nil) }
        let node = informers.nodes[name]
        if PodGarbage.isOutOfService(pod, node: node) {
            return try await remove(pod, message: "PodGC: node is out of service")
        }
        guard !name.isEmpty, node == nil else { return nil }
        // A node that the informer has not seen yet must not lose its pods.
        do {
            _ = try await context.client.get(NodeHealth.resource, name: name)
            return nil
        } catch let error as StatusError where error.code == 404 {
            return try await remove(pod, message: "PodGC: node no longer exists")
        }
    }

    private func remove(_ pod: JSON, message: String?) async throws -> Duration? {
        if let message, let farewell = PodGarbage.farewell(pod, message: message, now: context.clock()) { try await write(farewell, seenBy: []) }
        let options: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "preconditions": ["uid": .string(pod.uid)]]
        try await context.client.delete(ReplicaSets.pods, namespace: pod.namespace, name: pod.name, options: options)
        return nil
    }

    /// Looks from time to time whether too many pods have ended.
    func runBeside() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(20))
            if informers.pods.count(Informers.ended) <= PodGarbage.threshold { continue }
            for pod in PodGarbage.surplus(informers.pods.find(Informers.ended)) {
                do {
                    _ = try await remove(pod, message: nil)
                } catch {
                    context.log.debug("pod not removed", metadata: ["pod": "\(Informer.key(pod))", "error": "\(error)"])
                }
            }
        }
    }
}
