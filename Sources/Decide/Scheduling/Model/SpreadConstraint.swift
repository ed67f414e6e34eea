public import JSONValue
public import KubeModel

/// One topology spread constraint.
///
/// Source: Kubernetes documentation, "Pod Topology Spread Constraints"; KEP-895, KEP-3022, KEP-3094, KEP-3243.
public struct SpreadConstraint: Hashable, Sendable {
    /// How far the fullest domain may be above the emptiest.
    public var maxSkew: Int
    /// The node label whose values are the domains.
    public var topologyKey: String
    /// The pods that are counted.
    public var selector: LabelSelector
    /// With fewer domains than this, the emptiest counts as empty.
    public var minDomains: Int
    /// Whether nodes that the pod's selector and affinity exclude are left out.
    public var honorsNodeAffinity: Bool
    /// Whether nodes with a taint that the pod does not tolerate are left out.
    public var honorsNodeTaints: Bool
    /// Whether it must hold; otherwise it only scores.
    public var isRequired: Bool

    /// A constraint that only scores.
    init(preferred topologyKey: String, maxSkew: Int, selector: LabelSelector) {
        self.maxSkew = maxSkew
        self.topologyKey = topologyKey
        self.selector = selector
        minDomains = 1
        honorsNodeAffinity = true
        honorsNodeTaints = false
        isRequired = false
    }

    /// Reads a `TopologySpreadConstraint` of a pod with `labels`.
    public init(_ constraint: JSON, labels: [String: String]) {
        maxSkew = Int(clamping: min(constraint["maxSkew"]?.int ?? 1, Int64(Int32.max)))
        topologyKey = constraint["topologyKey"]?.string ?? ""
        selector = LabelSelector(object: constraint["labelSelector"])
        selector.merge(keys: constraint["matchLabelKeys"]?.strings ?? [], of: labels, matching: true)
        minDomains = Int(clamping: constraint["minDomains"]?.int ?? 1)
        honorsNodeAffinity = constraint["nodeAffinityPolicy"]?.string != "Ignore"
        honorsNodeTaints = constraint["nodeTaintsPolicy"]?.string == "Honor"
        isRequired = constraint["whenUnsatisfiable"]?.string != "ScheduleAnyway"
    }

    /// Whether pods on `node` are counted when `pod` is placed.
    func includes(_ node: NodeFacts, for pod: PodFacts) -> Bool {
        if honorsNodeAffinity, !pod.requiresNode(node) { return false }
        if honorsNodeTaints, pod.tolerations.firstUntolerated(node.taints, effects: [.noSchedule, .noExecute]) != nil { return false }
        return true
    }
}
