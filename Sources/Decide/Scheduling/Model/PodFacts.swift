public import JSONValue
public import KubeModel

/// A pod's namespace and name.
public struct PodKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The namespace.
    public var namespace: String
    /// The name.
    public var name: String
    /// A key.
    public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }
    /// `namespace/name`.
    public var description: String { "\(namespace)/\(name)" }
    /// By namespace, then by name.
    public static func < (left: PodKey, right: PodKey) -> Bool { (left.namespace, left.name) < (right.namespace, right.name) }
}

/// A port of the node that a pod takes.
public struct HostPort: Hashable, Sendable {
    /// The node's address; `0.0.0.0` is all of them.
    public var address: String
    /// `TCP`, `UDP` or `SCTP`.
    public var transport: String
    /// The port.
    public var port: Int64

    /// Whether two pods cannot have both.
    func conflicts(with other: HostPort) -> Bool {
        transport == other.transport && port == other.port
            && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
    }
}

/// What scheduling reads of a pod, read once.
public struct PodFacts: Hashable, Sendable {
    /// Namespace and name.
    public let key: PodKey
    /// The identifier; empty before the API server gave one.
    public let uid: String
    /// The labels.
    public let labels: [String: String]
    /// The identifier of the controller that owns it; nil when it stands alone.
    public let controllerUID: String?
    /// Whether any owner is named: pods of one owner spread by default.
    public let hasOwner: Bool
    /// The node it is bound to, or asks for; empty when it is free.
    public let nodeName: String
    /// The node that preemption makes room on for it; empty when none.
    public let nominatedNodeName: String
    /// Its scheduler; `default-scheduler` when it names none.
    public let schedulerName: String
    /// The priority; 0 when it has none.
    public let priority: Int64
    /// Whether it must not drive other pods away.
    public let neverPreempts: Bool
    /// The gates that hold it back.
    public let schedulingGates: [String]
    /// Its tolerations.
    public let tolerations: [Toleration]
    /// `spec.nodeSelector`.
    public let nodeSelector: [String: String]
    /// The terms of its required node affinity, of which one must match; nil when it has none.
    public let requiredNodeTerms: [NodeSelectorTerm]?
    /// The terms of its preferred node affinity.
    public let preferredNodeTerms: [WeightedNodeTerm]
    /// Required pod affinity.
    public let requiredAffinity: [PodAffinityTerm]
    /// Preferred pod affinity.
    public let preferredAffinity: [WeightedPodAffinityTerm]
    /// Required pod anti-affinity.
    public let requiredAntiAffinity: [PodAffinityTerm]
    /// Preferred pod anti-affinity.
    public let preferredAntiAffinity: [WeightedPodAffinityTerm]
    /// The topology spread constraints.
    public let spreadConstraints: [SpreadConstraint]
    /// What it takes of a node.
    public let requests: ResourceAmounts
    /// The same for scores, with assumed amounts for containers that ask for none.
    public let scoredRequests: ResourceAmounts
    /// The ports of the node that it takes.
    public let hostPorts: [HostPort]
    /// The images of its containers and image volumes, in order.
    public let images: [String]
    /// The names of the claims it mounts.
    public let claims: [String]
    /// Whether deletion was asked for.
    public let isTerminating: Bool
    /// Whether it has run to its end and takes nothing more.
    public let isFinished: Bool
    /// Whether the scheduler is driving it away.
    public let isBeingPreempted: Bool
    /// When it was started.
    public let startTime: Timestamp?

    /// A preferred term on nodes with its weight.
    public struct WeightedNodeTerm: Hashable, Sendable {
        /// The term.
        public var term: NodeSelectorTerm
        /// From 1 to 100.
        public var weight: Int64
    }

    /// Reads a `Pod`.
    public init(_ pod: JSON) {
        let metadata = pod["metadata"]
        let spec = pod["spec"]
        let status = pod["status"]
        let affinity = spec?["affinity"]
        let namespace = metadata?["namespace"]?.string ?? "default"
        let labels = metadata?["labels"]?.stringMap ?? [:]
        let name = metadata?["name"]?.string ?? ""
        key = PodKey(namespace: namespace, name: name)
        uid = metadata?["uid"]?.string ?? ""
        self.labels = labels
        let owners = metadata?["ownerReferences"]?.array ?? []
        hasOwner = !owners.isEmpty
        controllerUID = owners.first { $0["controller"]?.bool == true }?["uid"]?.string
        nodeName = spec?["nodeName"]?.string ?? ""
        nominatedNodeName = status?["nominatedNodeName"]?.string ?? ""
        schedulerName = spec?["schedulerName"]?.string ?? "default-scheduler"
        priority = spec?["priority"]?.int ?? 0
        neverPreempts = spec?["preemptionPolicy"]?.string == "Never"
        schedulingGates = (spec?["schedulingGates"]?.array ?? []).compactMap { $0["name"]?.string }
        tolerations = (spec?["tolerations"]?.array ?? []).map(Toleration.init)
        nodeSelector = spec?["nodeSelector"]?.stringMap ?? [:]
        requiredNodeTerms = NodeSelectorTerm.terms(affinity?[path: "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"])
        preferredNodeTerms = (affinity?[path: "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).map {
            WeightedNodeTerm(term: NodeSelectorTerm($0["preference"] ?? .null), weight: Self.weight($0))
        }
        func required(_ kind: String) -> [PodAffinityTerm] {
            (affinity?[path: kind, "requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).map {
                PodAffinityTerm($0, namespace: namespace, labels: labels)
            }
        }
        func preferred(_ kind: String) -> [WeightedPodAffinityTerm] {
            (affinity?[path: kind, "preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).map {
                let term = PodAffinityTerm($0["podAffinityTerm"] ?? .null, namespace: namespace, labels: labels)
                return WeightedPodAffinityTerm(term: term, weight: Self.weight($0))
            }
        }
        requiredAffinity = required("podAffinity")
        preferredAffinity = preferred("podAffinity")
        requiredAntiAffinity = required("podAntiAffinity")
        preferredAntiAffinity = preferred("podAntiAffinity")
        spreadConstraints = (spec?["topologySpreadConstraints"]?.array ?? []).map { SpreadConstraint($0, labels: labels) }
        requests = PodRequests.exact(pod)
        scoredRequests = PodRequests.nonZero(pod)
        hostPorts = Self.hostPorts(spec)
        images = Self.images(spec)
        claims = Self.claims(spec, pod: name)
        isTerminating = metadata?["deletionTimestamp"]?.string != nil
        isFinished = ["Succeeded", "Failed"].contains(status?["phase"]?.string ?? "")
        let disruption = status?["conditions"]?.array?.first { $0["type"] == "DisruptionTarget" }
        isBeingPreempted = isTerminating && disruption?["status"] == "True" && disruption?["reason"] == "PreemptionByScheduler"
        startTime = status?["startTime"]?.string.flatMap { Timestamp($0) }
    }

    /// Whether the pod's node selector and required node affinity admit the node.
    func requiresNode(_ node: NodeFacts) -> Bool {
        guard nodeSelector.allSatisfy({ node.labels[$0.key] == $0.value }) else { return false }
        return requiredNodeTerms?.contains { $0.matches(name: node.name, labels: node.labels) } ?? true
    }

    /// Whether a term of this pod, or of another, can concern other pods.
    var hasAffinity: Bool {
        !(requiredAffinity.isEmpty && preferredAffinity.isEmpty && requiredAntiAffinity.isEmpty && preferredAntiAffinity.isEmpty)
    }

    /// Weights are bounded by the API; what is not stays small enough to be summed.
    private static func weight(_ object: JSON) -> Int64 { min(max(object["weight"]?.int ?? 0, 0), 100) }
}
