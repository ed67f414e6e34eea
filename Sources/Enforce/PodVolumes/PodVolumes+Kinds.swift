import Confinement
import JSONValue
import KubeModel
import LinuxKernel
import Logging
import OCIModel
import VolumeContent

extension PodVolumes {
    /// Makes one volume ready and notes what it is.
    func makeReady(_ volume: JSON, _ name: String, _ pod: JSON, _ uid: String, _ use: VolumeUse, _ start: Timestamp) async throws(VolumeError) {
        let ownership = (pods[uid] ?? PodState()).ownership(name)
        if let plan = try Self.content(volume, name, pod) {
            try await write(plan, name, pod, uid, since: start, isFirst: true)
            note(uid, name, VolumeFacts(path: places.path(uid, ["content", name]), isReadOnly: true))
        } else if volume["emptyDir"]?.object != nil {
            let empty = try EmptyVolume(volume, pod: pod)
            let path = try await blocking(name) { [places] () throws(SystemError) in try empty.make(uid, places, ownership) }
            note(uid, name, VolumeFacts(path: path))
        } else if volume["hostPath"]?.object != nil {
            let host = HostPath(volume["hostPath"])
            try await check(host, name)
            note(uid, name, VolumeFacts(path: host.path, takesOwnership: false))
        } else if volume["persistentVolumeClaim"]?.object != nil || volume["ephemeral"]?.object != nil {
            try await claim(volume, name, pod, uid, use)
        } else {
            let kind = volume.object?.map(\.0).first { $0 != "name" } ?? "nothing"
            throw VolumeError(volume: name, "this node has no volumes of the kind \(kind)", isRetryable: false)
        }
    }

    private func note(_ uid: String, _ name: String, _ facts: VolumeFacts) { pods[uid]?.ready.volumes[name] = facts }

    private func check(_ host: HostPath, _ name: String) async throws(VolumeError) {
        let obstacle = try await blocking(name) { () throws(SystemError) in try host.obstacle() }
        if let obstacle { throw VolumeError(volume: name, obstacle) }
    }

    // MARK: Content

    static func content(_ volume: JSON, _ name: String, _ pod: JSON) throws(VolumeError) -> VolumeContentPlan? {
        do { return try VolumeContentPlan(volume, pod: pod) } catch {
            throw VolumeError(volume: name, error.description, isRetryable: error.isRetryable)
        }
    }

    /// Reads what a volume is filled from and writes it.
    ///
    /// - Parameter isFirst: whether there is nothing yet that a container reads.
    func write(
        _ plan: VolumeContentPlan, _ name: String, _ pod: JSON, _ uid: String, since: Timestamp, isFirst: Bool
    ) async throws(VolumeError) {
        let files: [String: VolumeFile]
        do throws(VolumeContentError) {
            var sources = VolumeContent.Sources()
            sources.allocatable = allocatable
            for reference in plan.objects {
                if let object = try await object(reference, since: since, isForNewPod: isFirst) { sources.objects[reference] = object }
            }
            for token in plan.tokens { sources.tokens[token] = try await self.token(token, name, pod, uid) }
            files = try VolumeContent.files(plan, pod: pod, sources: sources)
        } catch {
            throw VolumeError(volume: name, error.description, isRetryable: error.isRetryable)
        }
        let ownership = (pods[uid] ?? PodState()).ownership(name)
        let now = clock()
        let changed = try await blocking(name) { [places] () throws(SystemError) in
            let content = try places.content(uid)
            if try content.makeFolder(name) || isFirst {
                let folder = try content.open(beneath: name, following: .nothing)
                try folder.setOwner(user: ownership.root, group: ownership.group)
                try folder.setMode(ownership.readOnlyFolderMode)
            }
            return try ContentWriter(folder: try content.open(beneath: name, following: .nothing), ownership: ownership).write(files, now: now)
        }
        if changed, !isFirst { log.debug("volume content replaced", metadata: ["pod-uid": "\(uid)", "volume": "\(name)"]) }
    }

    private func object(_ reference: ObjectReference, since: Timestamp, isForNewPod: Bool) async throws(VolumeContentError) -> JSON? {
        if let known = objects.known(reference, since: since, isForNewPod: isForNewPod) { return known }
        let now = clock()
        let object = try await ObjectCache.read(reference, client)
        objects.note(reference, object, read: now)
        return object
    }

    /// The token that is in use, or a new one when it is due. One that could not be replaced is used as long as it lives.
    private func token(_ plan: TokenPlan, _ volume: String, _ pod: JSON, _ uid: String) async throws(VolumeContentError) -> [UInt8] {
        let present = pods[uid]?.tokens[volume]?[plan]
        let now = clock()
        if let present, now < present.renewal { return present.bytes }
        do throws(VolumeContentError) {
            let new = try await PodToken.request(plan, pod: pod, client, now: now)
            pods[uid]?.tokens[volume, default: [:]][plan] = new
            return new.bytes
        } catch {
            guard let present, now < present.expires else { throw error }
            log.warning("token could not be renewed", metadata: ["pod-uid": "\(uid)", "volume": "\(volume)", "error": "\(error)"])
            return present.bytes
        }
    }

    // MARK: Claims

    private func claim(_ volume: JSON, _ name: String, _ pod: JSON, _ uid: String, _ use: VolumeUse) async throws(VolumeError) {
        let claim = try await ClaimVolume.read(volume, pod: pod, node: nodeName, client)
        if claim.isBlock, use.mounted.contains(name) {
            throw VolumeError(volume: name, "volume \(name) has volumeMode Block, but is specified in volumeMounts", isRetryable: false)
        }
        if !claim.isBlock, use.devices.contains(name) {
            throw VolumeError(volume: name, "volume \(name) has volumeMode Filesystem, but is specified in volumeDevices", isRetryable: false)
        }
        if claim.isForOnePod, pods.contains(where: { $0.key != uid && $0.value.claims.contains(claim.claim) }) {
            throw VolumeError(volume: name, "volume uses the ReadWriteOncePod access mode and is already in use by another pod")
        }
        // No await between the look and the note: a second pod cannot slip in.
        pods[uid]?.claims.insert(claim.claim)
        let path: String
        let takesOwnership: Bool
        switch claim.origin {
        case .local(let local): (path, takesOwnership) = (local, !claim.isReadOnly && !claim.isBlock)
        case .host(let host):
            try await check(host, name)
            (path, takesOwnership) = (host.path, false)
        }
        if claim.isBlock {
            pods[uid]?.ready.blockDevices[name] = try await device(path, name)
            return
        }
        if case .local = claim.origin { try await checkLocal(path, name) }
        if takesOwnership { try await giveToGroup(path, name, uid) }
        note(uid, name, VolumeFacts(path: path, isReadOnly: claim.isReadOnly, takesOwnership: takesOwnership))
    }

    private func checkLocal(_ path: String, _ name: String) async throws(VolumeError) {
        let kind = try await blocking(name) { () throws(SystemError) in try HeldFile(path).facts().kind }
        if kind.isBlockDevice { throw VolumeError(volume: name, "this node makes no filesystem on the device \(path)", isRetryable: false) }
        if kind != .folder { throw VolumeError(volume: name, "path \(goQuoted(path)) is not a directory") }
    }

    private func device(_ path: String, _ name: String) async throws(VolumeError) -> RuntimeDevice {
        do throws(VolumeError) {
            let facts = try await blocking(name) { () throws(SystemError) in try HeldFile(path).facts() }
            guard case .blockDevice(let major, let minor) = facts.kind else { throw VolumeError(volume: name, "\(path) is not a block device") }
            return RuntimeDevice(path: path, kind: .block, major: Int64(major), minor: Int64(minor), fileMode: 0o660)
        } catch {
            var error = error
            error.reason = .failedMapVolume
            throw error
        }
    }

    /// Carries out `fsGroup` once in the life of a pod.
    private func giveToGroup(_ path: String, _ name: String, _ uid: String) async throws(VolumeError) {
        guard let plan = pods[uid]?.fsGroup, plan.volumes.contains(name) else { return }
        try await blocking(name, "applyFSGroup failed for vol \(name)") { [places] () throws(SystemError) in
            let done = try places.place(uid, ["owned"])
            if (try? done.facts(of: name)) != nil { return }
            try GroupOwnership(group: plan.nodeGroup, policy: plan.policy).apply(to: try HeldFile(path))
            _ = try done.makeFile(name)
        }
    }

    // MARK: The kernel

    /// Runs what may block on a thread of its own; a failure of the kernel may pass.
    func blocking<Value: Sendable>(
        _ volume: String, _ what: String = "", _ body: @escaping @Sendable () throws(SystemError) -> Value
    ) async throws(VolumeError) -> Value {
        do throws(SystemError) { return try await KernelCall.blocking(body) } catch {
            throw VolumeError(volume: volume, what.isEmpty ? error.description : "\(what): \(error.description)")
        }
    }
}
