import KubeModel

/// Each claim of the pod is bound to a volume that the node reaches, or can be bound to one there.
///
/// It knows what the snapshot was told; storage capacity objects are not looked at.
struct VolumeBinding: NodeFilter {
    static let name = "VolumeBinding"
    let volumes: VolumeFacts
    let claims: [VolumeFacts.Claim]

    init(pod: PodFacts, snapshot: ClusterSnapshot) {
        volumes = snapshot.volumes
        claims = pod.claims.compactMap { snapshot.volumes.claims[PodKey(namespace: pod.key.namespace, name: $0)] }
    }

    /// What keeps the pod from every node.
    static func obstacle(of pod: PodFacts, snapshot: ClusterSnapshot) -> String? {
        var hasUnboundImmediate = false
        for name in pod.claims {
            guard let claim = snapshot.volumes.claims[PodKey(namespace: pod.key.namespace, name: name)] else {
                return "persistentvolumeclaim \"\(name)\" not found"
            }
            if claim.isLost { return "persistentvolumeclaim \"\(name)\" bound to non-existent persistentvolume \"\(claim.volumeName)\"" }
            if claim.isTerminating { return "persistentvolumeclaim \"\(name)\" is being deleted" }
            if !claim.isBound, !(snapshot.volumes.classes[claim.storageClass]?.waitsForConsumer ?? false) { hasUnboundImmediate = true }
        }
        return hasUnboundImmediate ? "pod has unbound immediate PersistentVolumeClaims" : nil
    }

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        var reasons: [String] = []
        for claim in claims where claim.isBound {
            if let volume = volumes.volumes[claim.volumeName] {
                if !volume.isReachable(from: node) { reasons.append("node(s) didn't match PersistentVolume's node affinity") }
            } else {
                reasons.append("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
            }
        }
        if plan(on: node) == nil { reasons.append("node(s) didn't find available persistent volumes to bind") }
        if reasons.isEmpty { return nil }
        let distinct = reasons.enumerated().filter { !reasons[..<$0.offset].contains($0.element) }.map(\.element)
        return NodeRejection(
            Self.name, distinct, isResolvable: false,
            remedy: "create a PersistentVolume for the pod's claims that node \(node.name) reaches")
    }

    /// How the claims that wait for a node are bound on this one; nil when they cannot be.
    func plan(on node: NodeFacts) -> [VolumePlan]? {
        var plans: [VolumePlan] = []
        var taken: Set<String> = []
        // The smallest claim first, so that it does not take the volume that only a larger one needs.
        for claim in claims.filter({ !$0.isBound }).sorted(by: { ($0.storage, $0.key) < ($1.storage, $1.key) }) {
            if let selected = claim.selectedNode {
                if selected != node.name { return nil }
                plans.append(VolumePlan(claim: claim.key, volume: nil))
                continue
            }
            if let volume = smallestFit(claim, on: node, without: taken) {
                taken.insert(volume)
                plans.append(VolumePlan(claim: claim.key, volume: volume))
                continue
            }
            guard let storageClass = volumes.classes[claim.storageClass], storageClass.provisioner != "kubernetes.io/no-provisioner",
                !storageClass.provisioner.isEmpty, storageClass.allows(node), claim.volumeName.isEmpty
            else { return nil }
            plans.append(VolumePlan(claim: claim.key, volume: nil))
        }
        return plans
    }

    private func smallestFit(_ claim: VolumeFacts.Claim, on node: NodeFacts, without taken: Set<String>) -> String? {
        (volumes.volumesByClass[claim.storageClass] ?? []).compactMap { volumes.volumes[$0] }.filter { volume in
            if taken.contains(volume.name) || volume.storage < claim.storage || volume.volumeMode != claim.volumeMode { return false }
            if !claim.accessModes.isSubset(of: volume.accessModes) || !volume.isReachable(from: node) { return false }
            if !claim.volumeName.isEmpty, claim.volumeName != volume.name { return false }
            if let reserved = volume.claim { return reserved == claim.key }
            return volume.isAvailable && (claim.selector?.matches(volume.labels) ?? true)
        }
        .min { ($0.claim == nil ? 1 : 0, $0.storage, $0.name) < ($1.claim == nil ? 1 : 0, $1.storage, $1.name) }?.name
    }
}

/// What binding a pod to a node means for one of its claims.
public struct VolumePlan: Hashable, Sendable {
    /// The claim.
    public var claim: PodKey
    /// The volume to bind it to; nil when one is to be provisioned for the node.
    public var volume: String?
}

/// A volume of a zone is used in that zone.
struct VolumeZone: NodeFilter {
    static let name = "VolumeZone"
    static let keys = [
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    ]
    let volumes: [VolumeFacts.Volume]

    init(pod: PodFacts, snapshot: ClusterSnapshot) {
        volumes = pod.claims.compactMap {
            snapshot.volumes.claims[PodKey(namespace: pod.key.namespace, name: $0)].flatMap { snapshot.volumes.volumes[$0.volumeName] }
        }
    }

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        // A node that says nothing of zones is in a cluster without them.
        if !Self.keys.contains(where: { node.labels[$0] != nil }) { return nil }
        for volume in volumes {
            for key in Self.keys {
                guard let zones = volume.labels[key] else { continue }
                let allowed = zones.split(separator: "__").map(String.init)
                // The beta label and its successor say the same.
                let found = node.labels[key] ?? node.labels[Self.successor(of: key)]
                if found.map(allowed.contains) ?? false { continue }
                return Self.reject(
                    "node(s) had no available volume zone", isResolvable: false, remedy: "use a volume of the zone of node \(node.name)")
            }
        }
        return nil
    }

    private static func successor(of key: String) -> String {
        key.hasSuffix("zone") ? keys[key == keys[0] ? 2 : 0] : keys[key == keys[1] ? 3 : 1]
    }
}

/// A node attaches no more volumes of a driver than it can.
struct NodeVolumeLimits: NodeFilter {
    static let name = "NodeVolumeLimits"
    let pod: PodFacts
    let volumes: VolumeFacts

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        guard !pod.claims.isEmpty, let limits = volumes.attachLimits[node.name] else { return nil }
        let wanted = handles(pod.claims.map { PodKey(namespace: pod.key.namespace, name: $0) })
        let present = handles(Array(entry.claims.keys))
        for (driver, new) in wanted {
            guard let limit = limits[driver] else { continue }
            let attached = present[driver] ?? []
            let more = new.subtracting(attached).count
            if more > 0, Int64(attached.count + more) > limit {
                return Self.reject(
                    "node(s) exceed max volume count", isResolvable: true,
                    remedy: "delete pods of node \(node.name) that use volumes of \(driver)")
            }
        }
        return nil
    }

    /// The volumes of claims by driver, each once.
    private func handles(_ claims: [PodKey]) -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        for key in claims {
            guard let claim = volumes.claims[key], let volume = volumes.volumes[claim.volumeName], let driver = volume.driver else { continue }
            result[driver, default: []].insert(volume.handle)
        }
        return result
    }
}
