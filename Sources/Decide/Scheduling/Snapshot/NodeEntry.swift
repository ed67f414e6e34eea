/// A node with the pods on it, and what they take together.
///
/// Every change costs what the one pod or node holds, whatever else is there.
public struct NodeEntry: Hashable, Sendable {
    /// The node; nil while only pods that are bound to it are known.
    public internal(set) var node: NodeFacts?
    /// The pods that are bound to it and not finished.
    public private(set) var pods: [PodKey: PodFacts] = [:]
    /// What they take.
    public private(set) var requested = ResourceAmounts()
    /// The same with assumed amounts for containers that ask for none.
    public private(set) var scoredRequested = ResourceAmounts()
    /// How many pods hold each host port: at most one, unless they were bound past the scheduler.
    private(set) var hostPorts: [HostPort: Int] = [:]
    /// Pods with any affinity or anti-affinity.
    private(set) var podsWithAffinity: Set<PodKey> = []
    /// Pods with required anti-affinity.
    private(set) var podsWithRequiredAntiAffinity: Set<PodKey> = []
    /// How many pods use each claim.
    private(set) var claims: [PodKey: Int] = [:]

    var isEmpty: Bool { node == nil && pods.isEmpty }

    mutating func add(_ pod: PodFacts) {
        pods[pod.key] = pod
        requested += pod.requests
        scoredRequested += pod.scoredRequests
        for port in pod.hostPorts { hostPorts[port, default: 0] += 1 }
        for claim in pod.claims { claims[PodKey(namespace: pod.key.namespace, name: claim), default: 0] += 1 }
        if pod.hasAffinity { podsWithAffinity.insert(pod.key) }
        if !pod.requiredAntiAffinity.isEmpty { podsWithRequiredAntiAffinity.insert(pod.key) }
    }

    @discardableResult mutating func remove(_ key: PodKey) -> PodFacts? {
        guard let pod = pods.removeValue(forKey: key) else { return nil }
        requested -= pod.requests
        scoredRequested -= pod.scoredRequests
        for port in pod.hostPorts { hostPorts.release(port) }
        for claim in pod.claims { claims.release(PodKey(namespace: pod.key.namespace, name: claim)) }
        podsWithAffinity.remove(key)
        podsWithRequiredAntiAffinity.remove(key)
        return pod
    }
}

extension Dictionary where Value == Int {
    /// Counts one less, and forgets what is counted no more.
    mutating func release(_ key: Key) {
        guard let count = self[key] else { return }
        self[key] = count > 1 ? count - 1 : nil
    }
}
