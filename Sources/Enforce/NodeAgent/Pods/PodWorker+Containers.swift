import Confinement
import ContainerRuntime
import Glibc
import JSONValue
import KubeModel
import PodLifecycle

/// What is done to one container: it is started, asked by its probes, and stopped with its grace.
extension PodWorker {
    func start(_ name: String) async {
        guard let container = spec(of: name), let present = record.containers[name] else { return }
        if shared == nil { shared = await services.sandboxes.confine(pod).pod }
        guard let shared else {
            record.failedToStart(name, reason: "CreateContainerConfigError", message: "the pod's security context no longer holds on this node", retryAt: soon(10))
            return
        }
        let id = Self.runtimeID(present)
        let start = ContainerStart(
            services: services, pod: pod, folder: folder, shared: shared, podIPs: podIPs, container: container, id: id, attempt: present.restartCount,
            target: await target(of: container), end: end)
        do throws(ContainerStartFailure) {
            let started = try await start.run()
            bundles[name] = ContainerBundle(id: id, process: started.process, stopSignal: started.stopSignal)
            // Its start has made them.
            if !isKeepingVolumes { services.spawn { await self.keepVolumes() } }
            if await postStart(name, container, id) {
                record.started(name, at: started.at, containerID: present.containerID, image: started.image, imageID: started.imageID)
            }
            if let ending = early.removeValue(forKey: id) { await ended(name, id, ending) }
        } catch {
            if let failure = error.podFailure { record.failure = failure }
            record.failedToStart(name, reason: error.reason, message: error.message, retryAt: soon(Self.pause(after: error.reason)))
        }
    }

    /// How long a container that could not be started waits, in seconds. What its image waits for is seldom there a moment later; only the
    /// first failure is soon followed by the word that the next pull waits.
    private static func pause(after reason: String) -> Int64 {
        switch reason {
        case "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName": 10
        case "ErrImagePull": 3
        default: 2
        }
    }

    func soon(_ seconds: Int64) -> Timestamp { services.clock().adding(seconds: seconds) }

    /// The process namespace that an ephemeral container looks at.
    private func target(of container: JSON) async -> String? {
        guard let name = container["targetContainerName"]?.string, let other = record.containers[name], other.isLive,
            case .running(let process, _)? = try? await services.runtime.state(Self.runtimeID(other))
        else { return nil }
        return "/proc/\(process)/ns/pid"
    }

    /// Calls the hook that belongs to the start; a container whose hook fails is ended, and started again as its policy says.
    private func postStart(_ name: String, _ container: JSON, _ id: String) async -> Bool {
        guard let hook = container["lifecycle"]?["postStart"], hook.object != nil, let subject = subject(name) else { return true }
        let answer = await services.prober.call(hook, subject, seconds: 3600)
        if answer.isGood { return true }
        tell("FailedPostStartHook", "PostStartHook failed: \(answer.text)", isWarning: true)
        record.containers[name]?.state = .running(startedAt: services.clock())
        try? await services.runtime.signal(id, SIGKILL)
        return false
    }

    private func subject(_ name: String) -> Prober.Subject? {
        guard let container = spec(of: name), let bundle = bundle(name) else { return nil }
        return Prober.Subject(address: podIPs.first ?? "127.0.0.1", id: bundle.id, container: container, process: bundle.process)
    }

    func bundle(_ name: String) -> ContainerBundle? {
        guard let present = record.containers[name] else { return nil }
        let id = Self.runtimeID(present)
        if let known = bundles[name], known.id == id { return known }
        guard let read = services.runtime.bundle(id) else { return nil }
        bundles[name] = read
        return read
    }

    func stop(_ name: String, _ grace: Int64, _ cause: StopCause) async {
        let container = spec(of: name) ?? [:]
        guard let present = record.containers[name] else { return }
        let id = Self.runtimeID(present)
        switch cause {
        case .probe(let kind): tell("Killing", "Container \(name) failed \(kind == .startup ? "startup" : "liveness") probe, will be restarted")
        case .deleted, .failed, .completed: tell("Killing", "Stopping container \(name)")
        }
        let end = ContinuousClock.now + .seconds(grace)
        if grace > 0, let hook = container["lifecycle"]?["preStop"], hook.object != nil, let subject = subject(name) {
            let answer = await services.prober.call(hook, subject, seconds: grace)
            if !answer.isGood { tell("FailedPreStopHook", "PreStopHook failed: \(answer.text)", isWarning: true) }
        }
        // As the kubelet does, two seconds at least after a hook that used up the grace.
        let left = max(grace > 0 ? .seconds(2) : .zero, ContinuousClock.now.duration(to: end))
        let signal = container["lifecycle"]?["stopSignal"]?.string ?? bundle(name)?.stopSignal ?? "SIGTERM"
        if grace > 0 {
            try? await services.runtime.signal(id, SignalNames.number(signal) ?? SIGTERM)
            later(Double(left.components.seconds) + Double(left.components.attoseconds) / 1e18) { await $0.kill(name, id) }
        } else {
            try? await services.runtime.signal(id, SIGKILL)
        }
    }

    private func kill(_ name: String, _ id: String) async {
        guard let present = record.containers[name], Self.runtimeID(present) == id, present.isLive else { return }
        try? await services.runtime.signal(id, SIGKILL)
    }

    func probe(_ key: ProbeKey) async {
        guard let probe = spec(of: key.container)?[key.kind.rawValue], let subject = subject(key.container) else { return }
        let answer = await services.prober.ask(probe, subject)
        // What ended meanwhile is not judged by an answer that it did not give.
        guard record.containers[key.container].map(Self.runtimeID) == subject.id else { return }
        record.answered(key, isGood: answer.isGood, probe: probe, at: services.clock())
        if !answer.isGood {
            let kind = key.kind == .startup ? "Startup" : key.kind == .liveness ? "Liveness" : "Readiness"
            tell("Unhealthy", "\(kind) probe failed: \(answer.text)", isWarning: true)
        }
    }
}
