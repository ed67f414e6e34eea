public import JSONValue
public import KubeModel

/// What the scheduler knows of the cluster, as one value.
///
/// It is changed by one object at a time, at the cost of what that object touches; the same objects in any order and
/// with any detours make the same snapshot. A copy is cheap, so that a decision can be replayed later.
public struct ClusterSnapshot: Hashable, Sendable {
    /// The nodes by name, with their pods.
    public private(set) var entries: [String: NodeEntry] = [:]
    /// How many nodes there are.
    public private(set) var nodeCount = 0
    /// Where each bound pod is.
    private(set) var places: [PodKey: String] = [:]
    /// Nodes with pods that have affinity or anti-affinity.
    private(set) var nodesWithAffinity: Set<String> = []
    /// Nodes with pods that have required anti-affinity.
    private(set) var nodesWithRequiredAntiAffinity: Set<String> = []
    /// How many nodes have an image, by its name.
    private(set) var imageNodes: [String: Int] = [:]
    /// The pods that wait for room on a node, by node.
    private(set) var nominated: [String: [PodKey: PodFacts]] = [:]
    private var nominations: [PodKey: String] = [:]
    /// The labels of each namespace.
    private(set) var namespaces: [String: [String: String]] = [:]
    /// The selectors of services, by namespace.
    private(set) var services: [String: [String: [String: String]]] = [:]
    /// The selectors of controllers, by the controller's uid.
    private(set) var controllers: [String: LabelSelector] = [:]
    /// The disruption budgets, by namespace.
    private(set) var budgets: [String: [String: DisruptionBudget]] = [:]
    /// Claims, volumes and classes.
    public var volumes = VolumeFacts()

    /// An empty cluster.
    public init() {}

    /// The node of this name with its pods; nil when there is no such node.
    public func entry(_ name: String) -> NodeEntry? {
        guard let entry = entries[name], entry.node != nil else { return nil }
        return entry
    }

    /// The nodes in the order of their names.
    var nodes: [(facts: NodeFacts, entry: NodeEntry)] {
        entries.values.compactMap { entry in entry.node.map { ($0, entry) } }.sorted { $0.facts.name < $1.facts.name }
    }

    /// The labels of a namespace; empty when it is not known.
    func labels(ofNamespace name: String) -> [String: String] { namespaces[name] ?? [:] }
}

extension ClusterSnapshot {
    /// Adds a node, or puts it in the place of the one of its name.
    public mutating func put(node: NodeFacts) {
        removeNode(node.name)
        nodeCount += 1
        entries[node.name, default: NodeEntry()].node = node
        for image in node.images.keys { imageNodes[image, default: 0] += 1 }
    }

    /// Removes a node; pods bound to it stay until they are removed.
    public mutating func removeNode(_ name: String) {
        guard let node = entries[name]?.node else { return }
        nodeCount -= 1
        entries[name]?.node = nil
        for image in node.images.keys { imageNodes.release(image) }
        dropIfEmpty(name)
    }

    /// Adds a pod, or puts it in the place of the one of its name: on its node when it is bound, among those that wait
    /// for a node when it is nominated, nowhere when it is finished or free.
    public mutating func put(pod: PodFacts) {
        remove(pod: pod.key)
        if pod.isFinished { return }
        if !pod.nodeName.isEmpty {
            let name = pod.nodeName
            places[pod.key] = name
            entries[name, default: NodeEntry()].add(pod)
            if pod.hasAffinity { nodesWithAffinity.insert(name) }
            if !pod.requiredAntiAffinity.isEmpty { nodesWithRequiredAntiAffinity.insert(name) }
        } else if !pod.nominatedNodeName.isEmpty {
            nominations[pod.key] = pod.nominatedNodeName
            nominated[pod.nominatedNodeName, default: [:]][pod.key] = pod
        }
    }

    /// Removes a pod.
    public mutating func remove(pod key: PodKey) {
        if let name = places.removeValue(forKey: key) {
            entries[name]?.remove(key)
            if entries[name]?.podsWithAffinity.isEmpty ?? true { nodesWithAffinity.remove(name) }
            if entries[name]?.podsWithRequiredAntiAffinity.isEmpty ?? true { nodesWithRequiredAntiAffinity.remove(name) }
            dropIfEmpty(name)
        }
        if let name = nominations.removeValue(forKey: key) {
            nominated[name]?[key] = nil
            if nominated[name]?.isEmpty ?? true { nominated[name] = nil }
        }
    }

    private mutating func dropIfEmpty(_ name: String) {
        if entries[name]?.isEmpty ?? true { entries[name] = nil }
    }
}

extension ClusterSnapshot {
    /// Sets the labels of a namespace; nil forgets it.
    public mutating func put(namespace: String, labels: [String: String]?) { namespaces[namespace] = labels }

    /// Sets the selector of a service; nil or an empty one forgets it.
    public mutating func put(service: PodKey, selector: [String: String]?) {
        services[service.namespace, default: [:]][service.name] = selector?.isEmpty ?? true ? nil : selector
        if services[service.namespace]?.isEmpty ?? true { services[service.namespace] = nil }
    }

    /// Sets the selector of a replica set, replication controller or stateful set, by its uid; nil forgets it.
    public mutating func put(controllerUID: String, selector: LabelSelector?) { controllers[controllerUID] = selector }

    /// Adds a disruption budget, or puts it in the place of the one of its name.
    public mutating func put(budget: DisruptionBudget) { budgets[budget.namespace, default: [:]][budget.name] = budget }

    /// Removes a disruption budget.
    public mutating func removeBudget(_ key: PodKey) {
        budgets[key.namespace]?[key.name] = nil
        if budgets[key.namespace]?.isEmpty ?? true { budgets[key.namespace] = nil }
    }

    /// Adds any object that scheduling looks at: pods, nodes, namespaces, services, controllers, disruption budgets,
    /// claims, volumes, storage classes and CSI nodes. Other kinds change nothing.
    public mutating func put(_ object: JSON) {
        let metadata = object["metadata"]
        let name = metadata?["name"]?.string ?? ""
        let key = PodKey(namespace: metadata?["namespace"]?.string ?? "default", name: name)
        switch object["kind"]?.string {
        case "Pod": put(pod: PodFacts(object))
        case "Node": put(node: NodeFacts(object))
        case "Namespace": put(namespace: name, labels: metadata?["labels"]?.stringMap ?? [:])
        case "Service": put(service: key, selector: object["spec"]?["selector"]?.stringMap)
        case "ReplicaSet", "StatefulSet":
            put(controllerUID: metadata?["uid"]?.string ?? "", selector: LabelSelector(object: object["spec"]?["selector"]))
        case "ReplicationController":
            let labels = object["spec"]?["selector"] ?? .null
            put(controllerUID: metadata?["uid"]?.string ?? "", selector: LabelSelector(object: ["matchLabels": labels]))
        case "PodDisruptionBudget": put(budget: DisruptionBudget(object))
        default: volumes.put(object)
        }
    }

    /// Removes what ``put(_:)`` added.
    public mutating func remove(_ object: JSON) {
        let metadata = object["metadata"]
        let name = metadata?["name"]?.string ?? ""
        let key = PodKey(namespace: metadata?["namespace"]?.string ?? "default", name: name)
        switch object["kind"]?.string {
        case "Pod": remove(pod: key)
        case "Node": removeNode(name)
        case "Namespace": put(namespace: name, labels: nil)
        case "Service": put(service: key, selector: nil)
        case "ReplicaSet", "StatefulSet", "ReplicationController": put(controllerUID: metadata?["uid"]?.string ?? "", selector: nil)
        case "PodDisruptionBudget": removeBudget(key)
        default: volumes.remove(object)
        }
    }
}
