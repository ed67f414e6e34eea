import Confinement
import ContainerRuntime
import JSONValue
import KubeModel
import LinuxKernel
import Logging
import PodLifecycle
import PodVolumes

/// How containers ended, with an agent looking on or without.
extension PodWorker {
    /// Looks whether some of these containers are the pod's and have ended.
    func check(_ ids: Set<String>) async {
        for (name, container) in record.containers {
            let id = Self.runtimeID(container)
            guard ids.contains(id), container.isLive else { continue }
            if case .ended(let ending)? = try? await services.runtime.state(id) { await ended(name, id, ending) }
        }
    }

    /// Looks at every container that should run, also those whose end nobody told.
    func checkAll() async {
        for (name, container) in record.containers where container.isRunning {
            let id = Self.runtimeID(container)
            switch try? await services.runtime.state(id) {
            case .ended(let ending)?: await ended(name, id, ending)
            case nil: await ended(name, id, Ending(exitCode: 137, started: nil, finished: services.clock(), isOutOfMemory: false))
            case .created?, .running?: break
            }
        }
        await checkVolumes()
        for (name, container) in record.containers where container.isRunning {
            let log = ContainerLogFiles(folder: services.logs, pod: pod, container: name).path(container.restartCount)
            do { _ = try await services.runtime.rotateLog(of: Self.runtimeID(container), log) } catch {
                services.log.warning("a log is not rotated", metadata: ["log": "\(log)", "error": "\(error)"])
            }
        }
    }

    private func checkVolumes() async {
        guard case .ready = record.sandbox, record.failure == nil else { return }
        if let excess = try? await services.volumes.excess(of: pod) {
            record.failure = PodFailure(reason: "Evicted", message: excess.message)
            tell("Evicted", excess.message, isWarning: true)
            step()
        }
    }

    /// Finds out what became of the containers while no agent ran.
    func recover() async {
        await services.sandboxes.restore(pod, folder)
        for (name, container) in record.containers where container.isLive {
            let id = Self.runtimeID(container)
            switch try? await services.runtime.state(id) {
            case .running(_, let since)?:
                if container.state == .starting {
                    record.started(name, at: since, containerID: container.containerID, image: spec(of: name)?["image"]?.string ?? "", imageID: container.imageID)
                } else if case .stopping(let startedAt) = container.state {
                    // The order to stop went with the agent that had it.
                    record.containers[name]?.state = .running(startedAt: startedAt)
                }
            case .ended(let ending)?: await ended(name, id, ending)
            case .created?, nil:
                try? await services.runtime.remove(id)
                try? await services.images.unmountRoot(id)
                if container.state == .starting {
                    record.containers[name]?.state = .waiting(reason: "ContainerCreating", message: "", retryAt: services.clock())
                } else {
                    await ended(name, id, Ending(exitCode: 137, started: nil, finished: services.clock(), isOutOfMemory: false))
                }
            }
        }
        if case .ready = record.sandbox, await !services.sandboxes.exists(pod, folder) { record.lostSandbox(pod) }
        if record.sandbox == .starting { record.sandbox = .absent }
        if case .ready = record.sandbox, !pod.isBeingDeleted { services.spawn { await self.takeOverVolumes() } }
    }

    /// Volumes have to be known before they can be kept up to date.
    private func takeOverVolumes() async {
        shared = await services.sandboxes.confine(pod).pod
        do throws(VolumeError) { _ = try await services.volumes.prepare(pod, shared: shared) } catch {
            services.log.warning("volumes are not ready", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error.message)"])
        }
        await keepVolumes()
    }

    /// Notes the end of a container and takes away what is left of it, but its log.
    func ended(_ name: String, _ id: String, _ ending: Ending) async {
        guard let present = record.containers[name], Self.runtimeID(present) == id else { return }
        if present.state == .starting {
            // Its start is noted first, and its end then.
            if underWay.contains(where: { if case .start(name, _, _) = $0 { true } else { false } }) {
                early[id] = ending
                return
            }
        }
        guard present.isLive else { return }
        let words = LastWords.read(folder.lastWords(id), log: ContainerLogFiles(folder: services.logs, pod: pod, container: name).path(present.restartCount), container: spec(of: name) ?? [:], exitCode: ending.exitCode)
        let startedAt = ending.started ?? present.startedAt ?? ending.finished
        record.ended(
            name,
            ContainerExit(
                code: Int64(ending.exitCode), isOutOfMemory: ending.isOutOfMemory, message: words, startedAt: startedAt, finishedAt: ending.finished,
                containerID: present.containerID))
        bundles[name] = nil
        if let backOff = present.backOff, ending.exitCode != 0 || pod["spec"]?["restartPolicy"]?.string ?? "Always" == "Always", pod["spec"]?["restartPolicy"]?.string != "Never",
            !pod.isBeingDeleted, backOff.waits(after: ending.finished, now: services.clock())
        {
            tell("BackOff", "Back-off restarting failed container \(name) in pod \(pod.name)_\(pod.namespace)(\(uid))", isWarning: true)
        }
        save()
        do {
            try await services.runtime.remove(id)
            try await services.images.unmountRoot(id)
        } catch { services.log.error("what is left of a container cannot be removed", metadata: ["container": "\(id)", "error": "\(error)"]) }
        try? FileTree.remove(folder.lastWords(id))
        step()
    }
}
