import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Keeps a claim that is deleted until no pod uses it.
struct ClaimProtectionController: Controller {
    static let identity = "pvc-protection-controller"
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.volumeClaims.onChange { _, new in if let new { context.queue.add(Informer.key(new)) } }
        informers.pods.onChange { old, new in
            guard new.map(ReplicaSets.isFinished) ?? true, let pod = old else { return }
            for name in Informers.claims(of: pod) { context.queue.add(Informer.key(pod.namespace, name)) }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let claim = informers.volumeClaims[key] else { return nil }
        let pods = informers.pods.find(Informers.usingClaim(key))
        guard let change = VolumeProtection.plan(claim: claim, pods: pods) else { return nil }
        if claim.isBeingDeleted {
            // What the informer has not seen yet may use it: this cannot be taken back.
            let present = try await context.client.list(ReplicaSets.pods, namespace: claim.namespace).items
            if VolumeProtection.plan(claim: claim, pods: present.filter { Informers.claims(of: $0).contains(claim.name) }) == nil { return .seconds(1) }
        }
        try await write(change, seenBy: [informers.volumeClaims])
        return nil
    }
}

/// Keeps a volume that is deleted until it is not bound.
struct VolumeProtectionController: Controller {
    static let identity = "pv-protection-controller"
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.volumes.onChange { _, new in if let new { context.queue.add(new.name) } }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let volume = informers.volumes[key], let change = VolumeProtection.plan(volume: volume) else { return nil }
        try await write(change, seenBy: [informers.volumes])
        return nil
    }
}
