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
    private let services: PodServices
    private let informer: Informer
    private var workers: [String: PodWorker] = [:]
    /// Which pod has a name now. Another one of the same name waits until nothing is left of it.
    private var names: [String: String] = [:]
    private var waiting: [String: JSON] = [:]
    private var hasTakenOver = false

    /// - Parameter informer: of the pods that are bound to this node.
    init(services: PodServices, informer: Informer) {
        self.services = services
        self.informer = informer
    }

    // MARK: Following

    /// Runs until cancelled.
    func run() async {
        let (changes, input) = AsyncStream.makeStream(of: (JSON?, JSON?).self)
        informer.onChange { old, new in input.yield((old, new)) }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.informer.run() }
            group.addTask { await self.followEndings() }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(10))
                    await self.checkAll()
                }
            }
            group.addTask {
                while !self.informer.isSynced, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
                await self.takeOver()
                for await (old, new) in changes { await self.take(old, new) }
            }
        }
    }

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
            let present = informer[Informer.key(pod)]
            let isThere = present?.uid == uid
            let worker = await add(isThere ? present ?? pod : pod, record: record)
            if !isThere { await worker.lostObject() }
        }
        hasTakenOver = true
        for pod in informer.all where workers[pod.uid] == nil { await consider(pod) }
    }

    private func take(_ old: JSON?, _ new: JSON?) async {
        if let new {
            if let old, old.uid != new.uid { await lose(old) }
            if let worker = workers[new.uid] { await worker.update(new) } else { await consider(new) }
        } else if let old {
            await lose(old)
        }
    }

    private func lose(_ pod: JSON) async {
        let key = Informer.key(pod)
        if waiting[key]?.uid == pod.uid { waiting[key] = nil }
        await workers[pod.uid]?.lostObject()
    }

    /// Takes a pod that has no worker.
    private func consider(_ pod: JSON) async {
        let key = Informer.key(pod)
        guard names[key] == nil else {
            waiting[key] = pod
            return
        }
        let phase = pod["status"]?["phase"]?.string
        if phase == "Succeeded" || phase == "Failed" {
            // It has had its life, of which nothing is left here.
            if pod.isBeingDeleted { await removeObject(pod) }
            return
        }
        await add(pod, record: nil)
    }

    @discardableResult
    private func add(_ pod: JSON, record: PodRecord?) async -> PodWorker {
        let worker = PodWorker(pod, record: record, isStatic: false, services: services) { await self.finished($0) }
        workers[pod.uid] = worker
        names[Informer.key(pod)] = pod.uid
        await worker.begin()
        return worker
    }

    private func finished(_ uid: String) async {
        guard let worker = workers.removeValue(forKey: uid) else { return }
        let key = Informer.key(await worker.pod)
        if names[key] == uid { names[key] = nil }
        if let next = waiting.removeValue(forKey: key) { await consider(informer[key] ?? next) }
    }

    private func removeObject(_ pod: JSON) async {
        let options: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "preconditions": ["uid": .string(pod.uid)]]
        _ = try? await services.client.delete(PodStatusSender.pods, namespace: pod.namespace, name: pod.name, options: options)
    }

    /// Ends every pod without touching its object: the node stops.
    func stopAll(seconds: Int64) async {
        for worker in all { await worker.leaveNode() }
        let end = ContinuousClock.now + .seconds(seconds)
        while !workers.isEmpty, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// The worker of a pod of the node.
    func worker(namespace: String, name: String, uid: String) -> PodWorker? {
        guard let present = names[Informer.key(namespace, name)], uid.isEmpty || uid == present else { return nil }
        return workers[present]
    }

    /// How many pods the node has.
    var count: Int { workers.count }
}

// MARK: - What the tunnel asks

/// Answers the tunnel's questions about the pods of the node.
struct PodDirectory: PodLocator {
    let manager: PodManager

    func container(_ reference: ContainerReference) async throws -> LocatedContainer {
        guard let worker = await manager.worker(namespace: reference.namespace, name: reference.pod, uid: reference.uid) else {
            throw StatusError.noSuchPod(reference.pod)
        }
        return try await worker.locate(reference)
    }

    func networkNamespace(namespace: String, pod: String, uid: String) async throws -> NetworkNamespace {
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
