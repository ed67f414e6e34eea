import CertificateAuthority
package import Confinement
package import JSONValue
package import KubeClient
package import KubeModel
import LinuxKernel
package import Logging
import OCIModel
import VolumeContent

/// Owns the volumes of pods below one folder: makes them, keeps their content up to date, and removes them.
///
/// What is in the folder, and what is mounted there, is the whole state: a new one on the same folder goes on with it. Calls for one pod wait for
/// each other; what blocks in the kernel has a thread of its own.
package actor PodVolumes {
    /// What is known of a pod since this process began.
    struct PodState: Sendable {
        var users: RuntimeIDMapping?
        var fsGroup: FSGroupPlan?
        var ready = PreparedVolumes()
        /// The tokens by volume.
        var tokens: [String: [TokenPlan: PodToken]] = [:]
        /// The claims that it uses.
        var claims: Set<String> = []

        func ownership(_ volume: String) -> VolumeOwnership {
            VolumeOwnership(users: users, volumeGroup: fsGroup.flatMap { $0.volumes.contains(volume) ? $0.nodeGroup : nil })
        }
    }

    let places: VolumePlaces
    let client: KubeClient
    let nodeName: String
    let allocatable: [String: String]
    let clock: @Sendable () -> Timestamp
    let log: Logger
    var pods: [String: PodState] = [:]
    var objects = ObjectCache()
    /// Who waits for a pod that is being worked on.
    private var busy: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// - Parameters:
    ///   - folder: the folder that this owns, 0700.
    ///   - client: with the identity of the node.
    ///   - allocatable: what `resourceFieldRef` says of a container without limits, by resource.
    package init(
        folder: String, client: KubeClient, nodeName: String, allocatable: [String: String] = [:],
        clock: @escaping @Sendable () -> Timestamp, log: Logger
    ) {
        places = VolumePlaces(folder: folder)
        self.client = client
        self.nodeName = nodeName
        self.allocatable = allocatable
        self.clock = clock
        self.log = log
    }

    // MARK: What a pod's worker asks for

    /// Makes ready every volume that a container of the pod uses. Idempotent; takes over what an earlier process made.
    ///
    /// - Parameter shared: what `Confinement.decide(pod:node:identity:)` said before there were volumes: its users own the files, and its
    ///   `fsGroup` gets them.
    /// - Throws: ``VolumeError`` of the first volume that is not ready; the others have been made ready all the same.
    package func prepare(_ pod: JSON, shared: ConfinedPod?) async throws(VolumeError) -> PreparedVolumes {
        let uid = try Self.uid(pod)
        await enter(uid)
        defer { leave(uid) }
        let start = clock()
        var state = pods[uid] ?? PodState()
        if let shared {
            state.users = shared.users
            state.fsGroup = shared.fsGroup
        }
        pods[uid] = state
        let use = VolumeUse(pod)
        var first: VolumeError?
        for volume in use.volumes(of: pod) {
            let name = volume["name"]?.string ?? ""
            if pods[uid]?.ready.has(name) == true { continue }
            do throws(VolumeError) {
                guard VolumePlaces.isName(name) else { throw VolumeError(volume: name, "this is no name of a volume", isRetryable: false) }
                try await makeReady(volume, name, pod, uid, use, start)
            } catch {
                if first == nil { first = error }
            }
        }
        if let first { throw first }
        return pods[uid]?.ready ?? PreparedVolumes()
    }

    /// Where the source of a mount is: the volume, or the part of it that the sub-path names, which is followed without leaving the volume and
    /// mounted on a private place. Missing folders are made, but not in a persistent volume that can only be read.
    package func source(of mount: VolumeMountPlan, container: String, pod: JSON) async throws(VolumeError) -> String {
        if mount.subPath.isEmpty { return mount.source }
        let uid = try Self.uid(pod)
        await enter(uid)
        defer { leave(uid) }
        guard VolumePlaces.isName(container), let number = VolumeUse.number(ofMountAt: mount.destination, container: container, pod: pod) else {
            throw VolumeError(volume: mount.volume, "the container \(goQuoted(container)) mounts nothing on \(mount.destination)", isRetryable: false)
        }
        let volume = (pod["spec"]?["volumes"]?.array ?? []).first { $0["name"]?.string == mount.volume }
        let isClaim = volume?["persistentVolumeClaim"]?.object != nil || volume?["ephemeral"]?.object != nil
        let spread: Mounts.Spread =
            switch mount.propagation {
            case .none: .nothing
            case .hostToContainer: .hears
            case .bidirectional: .shares
            }
        let isOfNode = isClaim || volume?["hostPath"]?.object != nil
        let part = SubPath(
            volume: mount.source, path: mount.subPath, makesFolders: !(isClaim && pods[uid]?.ready.volumes[mount.volume]?.isReadOnly == true),
            ownership: isOfNode && pods[uid]?.fsGroup?.volumes.contains(mount.volume) != true
                ? VolumeOwnership() : (pods[uid] ?? PodState()).ownership(mount.volume),
            spread: spread)
        return try await blocking(mount.volume, "failed to prepare subPath for volumeMount \(goQuoted(mount.volume)) of container \(goQuoted(container))") {
            [places] () throws(SystemError) in
            try part.mount(uid, container: container, number: number, places)
        }
    }

    /// Brings the content of ConfigMaps, Secrets, the pod's own fields and tokens up to date, each volume as a whole. One that cannot be brought
    /// up to date stays as it is.
    ///
    /// - Returns: when to look again; nil when nothing of the pod can change, or it is not known here.
    /// - Throws: ``VolumeError`` of the first volume that is out of date; the others are up to date all the same.
    package func refresh(_ pod: JSON, isAsked: Bool = false) async throws(VolumeError) -> Timestamp? {
        let uid = try Self.uid(pod)
        await enter(uid)
        defer { leave(uid) }
        // Those who ask want what there is now; one read a second answers all of them.
        let since = clock().adding(seconds: isAsked ? 0 : -Self.freshness)
        var next: Timestamp?
        var first: VolumeError?
        for volume in VolumeUse(pod).volumes(of: pod) {
            let name = volume["name"]?.string ?? ""
            guard pods[uid]?.ready.has(name) == true else { continue }
            do throws(VolumeError) {
                guard let plan = try Self.content(volume, name, pod) else { continue }
                try await write(plan, name, pod, uid, since: since, isFirst: false)
            } catch {
                if first == nil { first = error }
            }
            let renewal = pods[uid]?.tokens[name]?.values.map(\.renewal).min()
            let again = clock().adding(seconds: Self.period)
            next = min(next ?? again, max(min(renewal ?? again, again), clock().adding(seconds: 1)))
        }
        if let first { throw first }
        return next
    }

    /// The first `emptyDir` on the node's disk that holds more than its `sizeLimit`; nil when there is none. Walks what the pod wrote.
    package func excess(of pod: JSON) async throws(VolumeError) -> VolumeExcess? {
        let uid = try Self.uid(pod)
        await enter(uid)
        defer { leave(uid) }
        for volume in VolumeUse(pod).volumes(of: pod) where volume["emptyDir"]?.object != nil {
            let empty = try EmptyVolume(volume, pod: pod)
            guard !empty.isInMemory, empty.limit != nil, pods[uid]?.ready.has(empty.name) == true else { continue }
            let isOver = try await blocking(empty.name) { [places] () throws(SystemError) in try empty.isOverLimit(uid, places) }
            if isOver {
                return VolumeExcess(
                    volume: empty.name, message: "Usage of EmptyDir volume \(goQuoted(empty.name)) exceeds the limit \(goQuoted(empty.limitText)). ")
            }
        }
        return nil
    }

    /// Unmounts and removes all of a pod. Nothing when there is nothing. What is in a hostPath or persistent volume stays.
    package func remove(uid: String) async throws(VolumeError) {
        guard VolumePlaces.isName(uid) else { throw VolumeError(volume: "", "\(goQuoted(uid)) is no uid of a pod", isRetryable: false) }
        await enter(uid)
        defer { leave(uid) }
        try await blocking("", "the volumes of pod \(uid) could not be removed") { [places] () throws(SystemError) in
            let root = try places.root()
            try Mounts.detachAll(below: uid, of: root)
            try root.removeAll(uid)
        }
        pods[uid] = nil
    }

    /// The uids of pods that have folders here.
    package func all() throws -> [String] { try places.root().names().filter(VolumePlaces.isName) }

    // MARK: One pod at a time

    private func enter(_ uid: String) async {
        if busy[uid] == nil {
            busy[uid] = []
        } else {
            await withCheckedContinuation { busy[uid]?.append($0) }
        }
    }

    private func leave(_ uid: String) {
        guard let waiting = busy[uid], let next = waiting.first else {
            busy[uid] = nil
            return
        }
        busy[uid] = Array(waiting.dropFirst())
        next.resume()
    }

    private static func uid(_ pod: JSON) throws(VolumeError) -> String {
        let uid = pod["metadata"]?["uid"]?.string ?? ""
        guard VolumePlaces.isName(uid) else { throw VolumeError(volume: "", "the pod has no uid", isRetryable: false) }
        return uid
    }

    /// How old an object may be that a running pod's files are made of, in seconds.
    private static let freshness: Int64 = 30
    /// How often the content of a running pod is looked at, in seconds.
    private static let period: Int64 = 60
}

extension PreparedVolumes {
    func has(_ name: String) -> Bool { volumes[name] != nil || blockDevices[name] != nil }
}
