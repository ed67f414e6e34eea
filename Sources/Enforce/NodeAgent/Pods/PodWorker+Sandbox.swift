import Confinement
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import PodLifecycle
import PodVolumes

/// What a pod's containers share, from the sandbox that is made first to the object that is removed last.
extension PodWorker {
    func makeSandbox() async {
        switch await services.sandboxes.confine(pod) {
        case .refused(let first, _):
            tell(first.reason.failsPod ? first.reason.rawValue : "FailedCreatePodSandBox", first.message, isWarning: true)
            if first.reason.failsPod {
                record.failure = PodFailure(reason: first.reason.rawValue, message: first.message)
                record.sandbox = .absent
            } else {
                retrySandbox()
            }
        case .confined(let shared):
            self.shared = shared
            do {
                let addresses = try await services.sandboxes.make(pod, shared, folder)
                record.sandbox = .ready(podIPs: addresses)
            } catch {
                tell("FailedCreatePodSandBox", "Failed to create pod sandbox: \(error)", isWarning: true)
                retrySandbox()
            }
        }
    }

    /// Leaves the sandbox "starting" for a moment, so that a failure is not repeated at once.
    private func retrySandbox() {
        later(pod.isBeingDeleted ? 0 : 3) { await $0.allowSandbox() }
    }

    private func allowSandbox() {
        if record.sandbox == .starting { record.sandbox = .absent }
        step()
    }

    var podIPs: [String] {
        switch record.sandbox {
        case .ready(let addresses): addresses
        case .absent, .starting: []
        }
    }

    func removeSandbox() async {
        do {
            try await services.sandboxes.remove(pod, folder)
            try await services.volumes.remove(uid: uid)
            record.sandbox = .absent
        } catch {
            services.log.error("a sandbox cannot be removed", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error)"])
            try? await Task.sleep(for: .seconds(1))
        }
    }

    func removeObject() async {
        do {
            try await services.volumes.remove(uid: uid)
            if !isObjectGone, !isStatic {
                // What it was in the end is seen before it goes.
                if let last = status.takeLast() { _ = await PodStatusSender.send(last, pod, services) }
                let options: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "preconditions": ["uid": .string(uid)]]
                do { try await services.client.delete(PodStatusSender.pods, namespace: pod.namespace, name: pod.name, options: options) } catch let error
                    as StatusError where error.code == 404 || error.code == 409
                {}
            }
            try FileTree.remove("\(services.logs)/\(uid)")
            try folder.remove()
            isFinished = true
            await finished(uid)
        } catch {
            services.log.error("a pod cannot be removed", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error)"])
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Keeps what the volumes hold up to date, from when they were made until the sandbox goes.
    func keepVolumes() async {
        guard !isKeepingVolumes else { return }
        isKeepingVolumes = true
        defer { isKeepingVolumes = false }
        while case .ready = record.sandbox, !isFinished, !Task.isCancelled {
            guard let next = await refreshVolumes() else { return }
            try? await Task.sleep(for: .seconds(max(1, min(60, next.seconds - services.clock().seconds))))
        }
    }

    /// - Parameter isAsked: whether the pod was changed, and nothing shall be as it was before that.
    /// - Returns: when to look again; nil when nothing can change.
    @discardableResult
    func refreshVolumes(isAsked: Bool = false) async -> Timestamp? {
        do throws(VolumeError) { return try await services.volumes.refresh(pod, isAsked: isAsked) } catch {
            services.log.warning("volumes are not up to date", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error.message)"])
            return soon(10)
        }
    }
}
