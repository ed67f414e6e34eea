import JSONValue
import KubeClient
import KubeModel
import Logging

/// The pods that files of the node ask for: they run whatever the API server says, and the API shows mirrors of them.
extension PodManager {
    /// How long after a refusal a mirror is tried again.
    private static let mirrorPatience = Duration.seconds(10)

    /// Takes the pods that the files ask for now.
    func take(statics wanted: [String: JSON]) async {
        let before = statics ?? [:]
        statics = wanted
        guard hasTakenOver else { return }
        for (key, pod) in before where wanted[key]?.uid != pod.uid {
            if waiting[key]?.uid == pod.uid { waiting[key] = nil }
            await workers[pod.uid]?.endStatic()
        }
        for pod in wanted.values where workers[pod.uid] == nil {
            if let holder = names[Informer.key(pod)], !StaticManifest.isStatic(uid: holder) {
                services.log.warning("a static pod waits for the end of a pod of its name", metadata: ["pod": "\(pod.namespace)/\(pod.name)"])
            }
            await consider(pod)
        }
        mirrorWakes.input.yield()
    }

    /// Whether a uid is that of the mirror of a static pod.
    func isMirror(_ uid: String, of pod: String, _ key: String) -> Bool {
        guard let mirror = informer[key], MirrorPod.isMirror(mirror), mirror.uid == uid else { return false }
        return MirrorPod.original(of: mirror) == pod
    }

    /// A mirror came, changed or went.
    func mirrorChanged(_ new: JSON?, _ old: JSON?) async {
        guard let mirror = new ?? old else { return }
        if let worker = workers[MirrorPod.original(of: mirror)], names[Informer.key(mirror)] == worker.uid {
            await worker.follow(mirror: new.flatMap { $0.isBeingDeleted ? nil : $0 })
        }
        mirrorWakes.input.yield()
    }

    /// Keeps the mirrors as the pods are, until cancelled.
    func keepMirrors(nodeUID: String) async {
        for await _ in mirrorWakes.stream where hasTakenOver {
            let present = Dictionary(informer.all.map { (Informer.key($0), $0) }, uniquingKeysWith: { first, _ in first })
            let asked = Set((statics ?? [:]).values.map(\.uid))
            var isRefused = false
            for step in MirrorPod.steps(pods: statics ?? [:], ending: Set(workers.keys).subtracting(asked), present: present) {
                if await !perform(step, nodeUID: nodeUID) { isRefused = true }
            }
            guard isRefused else { continue }
            let again = mirrorWakes.input
            services.spawn {
                try? await Task.sleep(for: Self.mirrorPatience)
                again.yield()
            }
        }
    }

    /// - Returns: whether nothing is left to be tried again.
    private func perform(_ step: MirrorPod.Step, nodeUID: String) async -> Bool {
        do {
            switch step {
            case .create(let pod):
                let mirror = MirrorPod.of(pod, node: manifests.node, nodeUID: nodeUID)
                try await services.client.create(PodStatusSender.pods, namespace: pod.namespace, mirror)
            case .remove(let mirror): try await removeObject(mirror)
            }
            return true
        } catch let error as StatusError where error.reason == "AlreadyExists" || error.code == 404 && step.isRemoval || error.code == 409 {
            // Somebody was faster; what there is now the watch tells.
            return true
        } catch {
            if case .create(let pod) = step, error is StatusError {
                let message = "The API does not show the static pod \(pod.namespace)/\(pod.name), which runs: \(error)"
                services.log.error("a mirror pod is refused", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error)"])
                services.events.record([Notice(isWarning: true, reason: "FailedMirrorPod", message: message)], about: NodeReference.of(manifests.node))
            } else {
                services.log.warning("the API server does not answer about a mirror pod", metadata: ["error": "\(error)"])
            }
            return false
        }
    }
}

extension MirrorPod.Step {
    var isRemoval: Bool {
        switch self {
        case .remove: true
        case .create: false
        }
    }
}

/// What an event about the node refers to.
enum NodeReference {
    /// `kubectl describe node` looks for events by a uid that is the node's name.
    static func of(_ node: String) -> JSON { ["apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(node), "uid": .string(node)]] }
}
