import Confinement
import ContainerRuntime
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import OCIModel
import PodLifecycle
import PodVolumes

/// Owns one pod of the node: asks `PodLifecycle` what is next, does it, and says of it what the API shows.
///
/// All that is remembered is in the pod's folder; a new agent on the same folder goes on where this one was.
actor PodWorker {
    let uid: String
    let folder: PodFolder
    let services: PodServices
    /// Whether a file asks for the pod: the API has a mirror of it then, which is another object.
    private let isStatic: Bool
    /// The mirror; nil for a pod of the API, and when there is none.
    private var mirror: JSON?
    /// Told once, when nothing of the pod is left on the node.
    private let finished: @Sendable (String) async -> Void

    private(set) var pod: JSON
    private(set) var record: PodRecord
    private var saved: (pod: JSON, record: PodRecord)?
    private var underWay: Set<PodAction> = []
    private var shared: ConfinedPod?
    /// What containers run by, as their bundles say.
    private var bundles: [String: ContainerBundle] = [:]
    /// Containers that ended before their start was noted.
    private var early: [String: Ending] = [:]
    private var nextLook: Timestamp?
    private var isObjectGone = false
    private var isFinished = false
    private var status = PodStatusSender()

    /// - Parameter record: what an earlier agent knew; nil for a pod that is new here.
    init(_ pod: JSON, record: PodRecord?, isStatic: Bool, services: PodServices, finished: @escaping @Sendable (String) async -> Void) {
        uid = pod.uid
        self.pod = pod
        self.isStatic = isStatic
        self.services = services
        self.finished = finished
        folder = PodFolder(pods: services.pods, uid: pod.uid)
        self.record = record ?? PodRecord(resuming: pod, now: services.clock())
        self.record.hostIPs = services.hostIPs
    }

    private func tell(_ reason: String, _ message: String, isWarning: Bool = false) {
        services.events.record([Notice(isWarning: isWarning, reason: reason, message: message)], about: pod)
    }

    func spec(of name: String) -> JSON? {
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            if let found = pod["spec"]?[list]?.array?.first(where: { $0["name"]?.string == name }) { return found }
        }
        return nil
    }

    // MARK: What happens

    /// Begins, or goes on after a restart of the agent.
    func begin() async {
        do { try folder.prepare() } catch { services.log.error("the pod's folder cannot be made", metadata: ["pod": "\(uid)", "error": "\(error)"]) }
        await recover()
        step()
    }

    /// Another version of the object.
    func update(_ object: JSON) {
        guard object.uid == uid, !isFinished else { return }
        pod = object
        step()
    }

    /// The object by which the API shows a static pod, as it is now; nil when there is none.
    func follow(mirror object: JSON?) {
        guard isStatic, !isFinished else { return }
        if object?.uid != mirror?.uid { status = PodStatusSender() }
        mirror = object
        step()
    }

    /// The file no longer asks for the pod: it ends, with its grace.
    func endStatic() {
        guard isStatic, !pod.isBeingDeleted else { return }
        pod["metadata"]?["deletionTimestamp"] = .string(services.clock().description)
        let grace = pod["spec"]?["terminationGracePeriodSeconds"] ?? 30
        pod["metadata"]?["deletionGracePeriodSeconds"] = grace
        step()
    }

    /// The object was removed by somebody else: the pod ends as if it had been deleted without grace.
    func lostObject() {
        leaveNode()
    }

    /// The node stops: the pod ends here, and its object stays for the node that comes back.
    func leaveNode() {
        isObjectGone = true
        pod["metadata"]?["deletionTimestamp"] = .string(services.clock().description)
        pod["metadata"]?["deletionGracePeriodSeconds"] = .int(1)
        step()
    }

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

    static let scheme = "kastell://"
    static func runtimeID(_ record: ContainerRecord) -> String { String(record.containerID.dropFirst(scheme.count)) }

    /// Finds out what became of the containers while no agent ran.
    private func recover() async {
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
        await refreshVolumes()
    }

    // MARK: Deciding

    private func step() {
        guard !isFinished else { return }
        let step = PodLifecycle.step(pod: pod, record: record, now: services.clock())
        record.isInitialized = step.isInitialized
        record.failure = step.failure
        for action in step.actions where !underWay.contains(action) {
            underWay.insert(action)
            record.began(action)
            if case .start(let name, _, _) = action {
                record.containers[name]?.containerID = Self.scheme + Self.newID()
            }
            services.spawn { await self.perform(action) }
        }
        save()
        // What was begun shows already.
        show(step.actions.isEmpty ? step.status : PodLifecycle.step(pod: pod, record: record, now: services.clock()).status)
        arm(step.nextLook)
    }

    private static func newID() -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<64).map { _ in digits[Int.random(in: 0..<16)] })
    }

    private func save() {
        if let saved, saved.record == record, saved.pod == pod { return }
        do {
            try folder.save(pod, record)
            saved = (pod, record)
        } catch { services.log.error("the state of a pod is not written", metadata: ["pod": "\(uid)", "error": "\(error)"]) }
    }

    /// Looks again at the moment; a clock that was set back or forward is noticed after ten seconds.
    private func arm(_ moment: Timestamp?) {
        guard let moment else { return }
        let now = services.clock()
        if let nextLook, nextLook > now, nextLook <= moment { return }
        let wait = min(max(0.02, Double(moment.seconds - now.seconds) + Double(moment.nanoseconds - now.nanoseconds) / 1e9), 10)
        nextLook = moment
        services.spawn {
            try? await Task.sleep(for: .seconds(wait))
            await self.look(moment)
        }
    }

    private func look(_ moment: Timestamp) {
        if nextLook == moment { nextLook = nil }
        step()
    }

    private func later(_ seconds: Double, _ body: @escaping @Sendable (PodWorker) async -> Void) {
        services.spawn {
            try? await Task.sleep(for: .seconds(seconds))
            if !Task.isCancelled { await body(self) }
        }
    }

    // MARK: Doing

    private func perform(_ action: PodAction) async {
        switch action {
        case .makeSandbox: await makeSandbox()
        case .start(let name, _, _): await start(name)
        case .stop(let name, let grace, let cause): await stop(name, grace, cause)
        case .probe(let key): await probe(key)
        case .removeSandbox: await removeSandbox()
        case .removeObject: await removeObject()
        }
        underWay.remove(action)
        step()
    }

    private func makeSandbox() async {
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
                services.spawn { await self.refreshVolumes() }
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

    private var podIPs: [String] {
        switch record.sandbox {
        case .ready(let addresses): addresses
        case .absent, .starting: []
        }
    }

    private func start(_ name: String) async {
        guard let container = spec(of: name), let present = record.containers[name] else { return }
        if shared == nil { shared = await services.sandboxes.confine(pod).pod }
        guard let shared else {
            record.failedToStart(name, reason: "CreateContainerConfigError", message: "the pod's security context no longer holds on this node", retryAt: soon(10))
            return
        }
        let id = Self.runtimeID(present)
        let start = ContainerStart(
            services: services, pod: pod, folder: folder, shared: shared, podIPs: podIPs, container: container, id: id, attempt: present.restartCount,
            target: await target(of: container))
        do throws(ContainerStartFailure) {
            let started = try await start.run()
            bundles[name] = ContainerBundle(id: id, process: started.process, stopSignal: started.stopSignal)
            if await postStart(name, container, id) {
                record.started(name, at: started.at, containerID: present.containerID, image: started.image, imageID: started.imageID)
            }
            if let ending = early.removeValue(forKey: id) { await ended(name, id, ending) }
        } catch {
            if let failure = error.podFailure { record.failure = failure }
            record.failedToStart(name, reason: error.reason, message: error.message, retryAt: soon(error.reason.hasPrefix("ErrImage") || error.reason == "ImagePullBackOff" ? 10 : 2))
        }
    }

    private func soon(_ seconds: Int64) -> Timestamp { services.clock().adding(seconds: seconds) }

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

    private func stop(_ name: String, _ grace: Int64, _ cause: StopCause) async {
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

    /// Notes the end of a container and takes away what is left of it, but its log.
    private func ended(_ name: String, _ id: String, _ ending: Ending) async {
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

    private func probe(_ key: ProbeKey) async {
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

    private func removeSandbox() async {
        do {
            try await services.sandboxes.remove(pod, folder)
            try await services.volumes.remove(uid: uid)
            record.sandbox = .absent
        } catch {
            services.log.error("a sandbox cannot be removed", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error)"])
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func removeObject() async {
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

    private func refreshVolumes() async {
        while case .ready = record.sandbox, !isFinished, !Task.isCancelled {
            var next: Timestamp?
            do throws(VolumeError) { next = try await services.volumes.refresh(pod) } catch {
                services.log.warning("volumes are not up to date", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error.message)"])
                next = soon(10)
            }
            guard let next else { return }
            try? await Task.sleep(for: .seconds(max(1, min(60, next.seconds - services.clock().seconds))))
        }
    }

    // MARK: Showing

    /// The object whose status tells of the pod.
    private var shown: JSON? { isStatic ? mirror : pod }

    private func show(_ wanted: JSON) {
        guard !isObjectGone, !isFinished else { return }
        // Moments of transition are kept in the pod's own status, whatever becomes of the mirror.
        if isStatic { pod["status"] = wanted }
        guard let shown else { return }
        if status.wants(wanted, over: shown["status"]) { services.spawn { await self.sendStatus(to: shown.uid) } }
    }

    private func sendStatus(to object: String) async {
        while let shown, shown.uid == object, let next = status.take() {
            let outcome = await PodStatusSender.send(next, shown, services)
            // Another mirror has taken its place, with a sender of its own.
            guard self.shown?.uid == object else { return }
            status.sent(next, outcome)
            if outcome == .later { try? await Task.sleep(for: .seconds(1)) }
            if outcome == .gone || isFinished { return }
        }
    }
}

extension ContainerRecord {
    /// It is being started, runs, or is being stopped.
    var isLive: Bool {
        switch state {
        case .starting, .running, .stopping: true
        case .absent, .waiting, .exited: false
        }
    }
    var isRunning: Bool {
        switch state {
        case .running, .stopping: true
        case .starting, .absent, .waiting, .exited: false
        }
    }
    var startedAt: Timestamp? {
        switch state {
        case .running(let startedAt), .stopping(let startedAt): startedAt
        case .starting, .absent, .waiting, .exited: nil
        }
    }
}
