import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Binds claims and volumes to each other, and makes and takes back those that are folders on nodes.
struct VolumeBinderController: Controller {
    static let identity = "persistent-volume-binder"
    // Two claims that look for a volume at the same time would want the same one.
    static let workers = 1
    let context: ControllerContext
    private let informers: Informers
    private let provisions: Bool
    private static let claimKey = "claim:"
    private static let volumeKey = "volume:"

    init(_ context: ControllerContext, _ informers: Informers) { self.init(context, informers, provisions: false) }

    /// - Parameter provisions: whether volumes are made for claims of the local class.
    init(_ context: ControllerContext, _ informers: Informers, provisions: Bool) {
        self.context = context
        self.informers = informers
        self.provisions = provisions
        @Sendable func wakeUnbound(_ className: String) {
            for claim in informers.volumeClaims.find(Informers.unbound(className)) { context.queue.add(Self.claimKey + Informer.key(claim)) }
        }
        informers.volumeClaims.onChange { old, new in
            guard let claim = new ?? old else { return }
            context.queue.add(Self.claimKey + Informer.key(claim))
            if let name = claim["spec"]?["volumeName"]?.string { context.queue.add(Self.volumeKey + name) }
            if new == nil || old?.uid != new?.uid {
                for volume in informers.volumes.find(Informers.forClaim(Informer.key(claim))) { context.queue.add(Self.volumeKey + volume.name) }
            }
        }
        informers.volumes.onChange { old, new in
            guard let volume = new ?? old else { return }
            context.queue.add(Self.volumeKey + volume.name)
            for claim in informers.volumeClaims.find(Informers.ofVolume(volume.name)) { context.queue.add(Self.claimKey + Informer.key(claim)) }
            if let key = Volumes.claimKey(volume) { context.queue.add(Self.claimKey + key) } else { wakeUnbound(VolumeClaims.className(volume)) }
        }
        informers.classes.onChange { old, new in if let new { wakeUnbound(new.name) } }
    }

    func pass(_ key: String) async throws -> Duration? {
        let seers = [informers.volumes, informers.volumeClaims]
        if key.hasPrefix(Self.volumeKey) {
            guard let volume = informers.volumes[String(key.dropFirst(Self.volumeKey.count))] else { return nil }
            let plan = Volumes.plan(volume, claim: try await claim(of: volume))
            return try await carryOut(plan, about: volume, seenBy: seers)
        }
        guard let claim = informers.volumeClaims[String(key.dropFirst(Self.claimKey.count))] else { return nil }
        let className = VolumeClaims.className(claim)
        let plan = VolumeClaims.plan(
            claim, named: informers.volumes[claim["spec"]?["volumeName"]?.string ?? ""],
            candidates: { informers.volumes.find(Informers.inClass(className)) }, storageClass: informers.classes[className],
            node: { informers.nodes[$0] }, provisions: provisions)
        do {
            return try await carryOut(plan, about: claim, seenBy: seers)
        } catch let error as StatusError where error.reason == "AlreadyExists" {
            return nil  // made by an earlier pass: its event will come
        }
    }

    /// The claim that a volume is for: one that the informer has not seen must not lose its volume.
    private func claim(of volume: JSON) async throws -> JSON? {
        guard let key = Volumes.claimKey(volume), let reference = volume["spec"]?["claimRef"] else { return nil }
        if let claim = informers.volumeClaims[key] { return claim }
        do {
            return try await context.client.get(
                VolumeClaims.resource, namespace: reference["namespace"]?.string ?? "", name: reference["name"]?.string ?? "")
        } catch let error as StatusError where error.code == 404 {
            return nil
        }
    }
}
