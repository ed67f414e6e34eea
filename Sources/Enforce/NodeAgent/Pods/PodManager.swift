import CertificateAuthority
import ContainerRuntime
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import NodeTunnel
import OCIModel
import PodLifecycle

/// Gives every pod that is bound to the node a worker, and keeps the workers informed.
actor PodManager {
    let services: PodServices
    let informer: Informer
    let manifests: ManifestFolder
    private(set) var workers: [String: PodWorker] = [:]
    /// Which pod has a name now. Another one of the same name waits until nothing is left of it.
    private(set) var names: [String: String] = [:]
    var waiting: [String: JSON] = [:]
    private(set) var hasTakenOver = false
    /// The pods that the node's files ask for, by `namespace/name`; nil before the files were read.
    var statics: [String: JSON]?
    /// Wakes whoever keeps the mirrors of static pods.
    let mirrorWakes: (stream: AsyncStream<Void>, input: AsyncStream<Void>.Continuation)

    /// - Parameters:
    ///   - informer: of the pods that are bound to this node.
    ///   - manifests: where the files of static pods are.
    init(services: PodServices, informer: Informer, manifests: ManifestFolder) {
        self.services = services
        self.informer = informer
        self.manifests = manifests
        let (stream, input) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        mirrorWakes = (stream, input)
    }

    // MARK: Following

    /// Runs until cancelled.
    ///
    /// - Parameter nodeUID: the uid of the Node.
    func run(nodeUID: String) async {
        let (changes, input) = AsyncStream.makeStream(of: (JSON?, JSON?).self)
        informer.onChange { old, new in input.yield((old, new)) }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.informer.run() }
            group.addTask { await self.followEndings() }
            group.addTask { await self.manifests.follow { await self.take(statics: $0) } }
            group.addTask { await self.keepMirrors(nodeUID: nodeUID) }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(10))
                    await self.checkAll()
                }
            }
            group.addTask {
                while await !self.knowsPods, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
                await self.takeOver()
                for await (old, new) in changes { await self.take(old, new) }
            }
        }
    }

    /// Whether both the API server and the node's files have said what is to run here.
    private var knowsPods: Bool { informer.isSynced && statics != nil }

    private nonisolated func followEndings() async {
        for await _ in services.runtime.endings {
            guard let ids = try? services.runtime.ended(), !ids.isEmpty else { continue }
            for worker in await all { await worker.check(Set(ids)) }
        }
    }

    private var all: [PodWorker] { Array(workers.values) }

    private func checkAll() async { for worker in all { await worker.checkAll() } }

    /// Goes on with the pods that an earlier agent left, the ones that are gone from the API included.
    private func takeOver() async {
        for uid in (try? FileTree.names(services.pods)) ?? [] where PodFolder.isName(uid) {
            let folder = PodFolder(pods: services.pods, uid: uid)
            guard let (pod, record) = folder.load() else {
                // Nothing was made before the first state was written.
                try? folder.remove()
                continue
            }
            let key = Informer.key(pod)
            let present = StaticManifest.isStatic(uid: uid) ? statics?[key] : informer[key]
            let isThere = present?.uid == uid
            let worker = await add(isThere ? present ?? pod : pod, record: record)
            if !isThere { await worker.lostObject() }
        }
        hasTakenOver = true
        for pod in Array((statics ?? [:]).values) + informer.all where workers[pod.uid] == nil { await consider(pod) }
        mirrorWakes.input.yield()
    }

    private func take(_ old: JSON?, _ new: JSON?) async {
        if let new {
            if let old, old.uid != new.uid { await lose(old) }
            if MirrorPod.isMirror(new) { return await mirrorChanged(new, nil) }
            if let worker = workers[new.uid] { await worker.update(new) } else { await consider(new) }
        } else if let old {
            await lose(old)
        }
    }

    private func lose(_ pod: JSON) async {
        if MirrorPod.isMirror(pod) { return await mirrorChanged(nil, pod) }
        let key = Informer.key(pod)
        if waiting[key]?.uid == pod.uid { waiting[key] = nil }
        await workers[pod.uid]?.lostObject()
    }

    /// Takes a pod that has no worker.
    func consider(_ pod: JSON) async {
        if MirrorPod.isMirror(pod) { return }
        let key = Informer.key(pod)
        guard names[key] == nil else {
            waiting[key] = pod
            return
        }
        let phase = pod["status"]?["phase"]?.string
        if phase == "Succeeded" || phase == "Failed" {
            // It has had its life, of which nothing is left here.
            if pod.isBeingDeleted { try? await removeObject(pod) }
            return
        }
        await add(pod, record: nil)
    }

    @discardableResult
    private func add(_ pod: JSON, record: PodRecord?) async -> PodWorker {
        let worker = PodWorker(pod, record: record, isStatic: StaticManifest.isStatic(uid: pod.uid), services: services) { await self.finished($0) }
        workers[pod.uid] = worker
        names[Informer.key(pod)] = pod.uid
        await worker.begin()
        // The mirror may be there before its pod: the one before it had the name until now.
        if let mirror = informer[Informer.key(pod)], MirrorPod.isMirror(mirror) { await mirrorChanged(mirror, nil) }
        return worker
    }

    private func finished(_ uid: String) async {
        guard let worker = workers.removeValue(forKey: uid) else { return }
        let key = Informer.key(await worker.pod)
        if names[key] == uid { names[key] = nil }
        mirrorWakes.input.yield()
        guard let next = waiting.removeValue(forKey: key) else { return }
        await consider(StaticManifest.isStatic(uid: next.uid) ? next : informer[key] ?? next)
    }

    /// Removes an object at once, of which nothing is left on the node.
    func removeObject(_ pod: JSON) async throws {
        let options: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "preconditions": ["uid": .string(pod.uid)]]
        try await services.client.delete(PodStatusSender.pods, namespace: pod.namespace, name: pod.name, options: options)
    }

    /// Ends every pod without touching its object: the node stops.
    func stopAll(seconds: Int64) async {
        for worker in all { await worker.leaveNode() }
        let end = ContinuousClock.now + .seconds(seconds)
        while !workers.isEmpty, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// The worker of a pod of the node.
    func worker(namespace: String, name: String, uid: String) -> PodWorker? {
        let key = Informer.key(namespace, name)
        guard let present = names[key], uid.isEmpty || uid == present || isMirror(uid, of: present, key) else { return nil }
        return workers[present]
    }

    /// Waits until the pods are known that an earlier agent left: a new one is asked for them before it has found them.
    func waitForTakeOver() async throws {
        let end = ContinuousClock.now + .seconds(10)
        while !hasTakenOver {
            guard ContinuousClock.now < end else {
                throw StatusError(code: 503, reason: "ServiceUnavailable", message: "the node has begun and does not know its pods yet; try again in a moment")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// How many pods the node has.
    var count: Int { workers.count }
}

// MARK: - What the tunnel asks

/// Answers the tunnel's questions about the pods of the node.
struct PodDirectory: PodLocator {
    let manager: PodManager

    func container(_ reference: ContainerReference) async throws -> LocatedContainer {
        try await manager.waitForTakeOver()
        guard let worker = await manager.worker(namespace: reference.namespace, name: reference.pod, uid: reference.uid) else {
            throw StatusError.noSuchPod(reference.pod)
        }
        return try await worker.locate(reference)
    }

    func networkNamespace(namespace: String, pod: String, uid: String) async throws -> NetworkNamespace {
        try await manager.waitForTakeOver()
        guard let worker = await manager.worker(namespace: namespace, name: pod, uid: uid) else { throw StatusError.noSuchPod(pod) }
        return try await worker.networkNamespace()
    }
}

extension PodWorker {
    /// Finds a container of the pod for the tunnel.
    func locate(_ reference: ContainerReference) throws -> LocatedContainer {
        guard let spec = spec(of: reference.container) else {
            throw StatusError.badRequest("container \(reference.container) is not valid for pod \(reference.pod)")
        }
        let container = record.containers[reference.container] ?? ContainerRecord()
        let log = ContainerLogFiles(folder: services.logs, pod: pod, container: reference.container)
        // Nothing can be run in what has ended.
        let empty = RuntimeProcess(arguments: [])
        if reference.isPrevious {
            let path = log.path(container.restartCount - 1)
            guard container.restartCount > 0, SystemFile.exists(path) else { throw StatusError.noPrevious(reference) }
            return LocatedContainer(runtimeID: "", log: path, process: empty, hasInput: false, hasTerminal: false, state: .ended)
        }
        let path = log.path(container.restartCount)
        switch container.state {
        case .running, .stopping:
            guard let bundle = bundle(reference.container) else { throw StatusError.waiting(reference, "ContainerCreating") }
            return LocatedContainer(
                runtimeID: bundle.id, log: path, process: bundle.process, hasInput: spec["stdin"]?.bool == true, hasTerminal: spec["tty"]?.bool == true,
                state: .running)
        case .absent, .starting, .waiting, .exited:
            // What ran before can still be read while the next run is waited for.
            for attempt in [container.restartCount, container.restartCount - 1] where attempt >= 0 && SystemFile.exists(log.path(attempt)) {
                return LocatedContainer(runtimeID: "", log: log.path(attempt), process: empty, hasInput: false, hasTerminal: false, state: .ended)
            }
            if case .waiting(let reason, _, _) = container.state { throw StatusError.waiting(reference, reason) }
            throw StatusError.waiting(reference, "ContainerCreating")
        }
    }

    /// The network namespace of the pod.
    func networkNamespace() throws -> NetworkNamespace {
        if pod["spec"]?["hostNetwork"]?.bool == true { return try NetworkNamespace(path: "/proc/self/ns/net") }
        guard case .ready = record.sandbox else { throw StatusError.badRequest("pod \(pod.name) has no network yet, or no longer") }
        return try NetworkNamespace(path: folder.namespaces + "/net")
    }
}
