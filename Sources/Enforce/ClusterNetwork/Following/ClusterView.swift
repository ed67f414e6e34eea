import JSONValue
import KubeModel
import NetworkPolicy
import NodeNetwork
import PolicyModel
import ServiceRouting

/// The name of one policy object among all kinds.
struct PolicyKey: Hashable {
    var kind: ClusterKind
    var namespace: String
    var name: String
}

/// The cluster as one node sees it: turns events of objects into changes of its rules. Events that change nothing for
/// packets, such as most changes of a pod's status, end here.
struct ClusterView {
    /// What happened since the last look.
    struct Batch {
        var changes: [ClusterChange] = []
        var policies: Set<PolicyKey> = []
        var isEmpty: Bool { changes.isEmpty && policies.isEmpty }
    }

    private struct Policy {
        var object: JSON
        var traffic: TrafficPolicy
        var fault: PolicyReadError?
        /// Why the kernel did not take it.
        var refusal: String?
    }

    private struct Pod {
        var endpoint: PolicyEndpoint?
        var hostPorts: [HostPort] = []

        /// What decides about packets.
        var decisive: PolicyEndpoint? {
            var endpoint = endpoint
            endpoint?.revision = 0
            return endpoint
        }
    }

    private let node: String
    private let nodeAddresses: [IPAddress]
    private var namespaces: [String: [String: String]] = [:]
    private var accounts: [String: [String: String]] = [:]
    private var pods: [String: Pod] = [:]
    private var nodes: [String: PolicyEndpoint] = [:]
    private var policies: [PolicyKey: Policy] = [:]
    private var services: ServiceTable
    private var owners: [IPAddress: String] = [:]
    private var batch = Batch()

    init(node: String, nodeAddresses: [IPAddress]) {
        self.node = node
        self.nodeAddresses = nodeAddresses
        services = ServiceTable(node: node)
        set(node: node, ["metadata": ["name": .string(node)]])
    }

    var policyCount: Int { policies.count }
    var podCount: Int { pods.count }

    /// The pod, `namespace/name`, that has the address.
    func pod(at address: IPAddress) -> String? { owners[address] }

    /// What to tell the node's network, and of which policies it speaks.
    mutating func takeBatch() -> Batch {
        let (gone, new) = services.takeChanges()
        if !gone.isEmpty || !new.isEmpty { batch.changes.append(.services(gone: gone, new: new)) }
        defer { batch = Batch() }
        return batch
    }

    /// What was not taken, and is to be asked again. The node's network remembers the changes by itself.
    mutating func postpone(_ former: Batch) { batch.policies.formUnion(former.policies) }

    // MARK: Events

    mutating func take(_ kind: ClusterKind, _ event: ClusterFeed.Event) {
        switch event {
        case .put(let object): put(kind, object)
        case .removed(let object): remove(kind, key(kind, object))
        case .notServed: for key in keys(of: kind) { remove(kind, key) }
        case .replaced(let objects):
            var gone = keys(of: kind)
            for object in objects {
                gone.remove(key(kind, object))
                put(kind, object)
            }
            for key in gone { remove(kind, key) }
        }
    }

    private func key(_ kind: ClusterKind, _ object: JSON) -> String {
        object.namespace.isEmpty ? object.name : object.namespace + "/" + object.name
    }

    private func keys(of kind: ClusterKind) -> Set<String> {
        switch kind {
        case .namespaces: Set(namespaces.keys)
        case .pods: Set(pods.keys)
        case .serviceAccounts: Set(accounts.keys)
        case .nodes: Set(nodes.keys)
        case .services: services.serviceKeys
        case .endpointSlices: services.sliceKeys
        case .networkPolicies, .calicoPolicies, .calicoGlobalPolicies:
            Set(policies.keys.filter { $0.kind == kind }.map { $0.namespace.isEmpty ? $0.name : $0.namespace + "/" + $0.name })
        }
    }

    private mutating func put(_ kind: ClusterKind, _ object: JSON) {
        let labels = object.labels
        switch kind {
        case .namespaces:
            if namespaces.updateValue(labels, forKey: object.name) != labels {
                batch.changes.append(.namespace(object.name, labels: labels))
            }
        case .serviceAccounts:
            if accounts.updateValue(labels, forKey: key(kind, object)) != labels {
                batch.changes.append(.serviceAccount(namespace: object.namespace, name: object.name, labels: labels))
            }
        case .pods: put(pod: object)
        case .nodes: set(node: object.name, object)
        case .services: services.set(service: object)
        case .endpointSlices: services.set(slice: object)
        case .networkPolicies, .calicoPolicies, .calicoGlobalPolicies: put(policy: object, kind)
        }
    }

    private mutating func remove(_ kind: ClusterKind, _ key: String) {
        switch kind {
        case .namespaces:
            if namespaces.removeValue(forKey: key) != nil { batch.changes.append(.namespace(key, labels: nil)) }
        case .serviceAccounts:
            guard accounts.removeValue(forKey: key) != nil else { return }
            let (namespace, name) = Self.parts(key)
            batch.changes.append(.serviceAccount(namespace: namespace, name: name, labels: nil))
        case .pods:
            let (namespace, name) = Self.parts(key)
            set(pod: key, .pod(namespace: namespace, name: name), nil)
        case .nodes:
            // This node has its addresses for as long as it runs.
            if key == node { return set(node: node, ["metadata": ["name": .string(node)]]) }
            if nodes.removeValue(forKey: key) != nil { batch.changes.append(.endpointGone(.node(key))) }
        case .services: services.remove(service: key)
        case .endpointSlices: services.remove(slice: key)
        case .networkPolicies, .calicoPolicies, .calicoGlobalPolicies:
            let (namespace, name) = Self.parts(key)
            let key = PolicyKey(kind: kind, namespace: namespace, name: name)
            guard let former = policies.removeValue(forKey: key) else { return }
            batch.changes.append(.policyGone(former.traffic.object))
            batch.policies.insert(key)
        }
    }

    private static func parts(_ key: String) -> (namespace: String, name: String) {
        let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : ("", key)
    }

    // MARK: Pods and nodes

    private mutating func put(pod object: JSON) {
        let phase = object["status"]?["phase"]?.string
        let isOver = phase == "Succeeded" || phase == "Failed"
        var pod = Pod()
        // A pod on the host's network has no address of its own, and that of one that ended may be another's by now.
        if !isOver, object["spec"]?["hostNetwork"] != true {
            let endpoint = PolicyEndpoint(pod: object)
            pod.endpoint = endpoint
            if endpoint.node == node { pod.hostPorts = HostPort.all(of: object) }
        }
        set(pod: key(.pods, object), .pod(namespace: object.namespace, name: object.name), pod)
    }

    private mutating func set(pod key: String, _ id: EndpointID, _ pod: Pod?) {
        let former = pods[key]
        pods[key] = pod
        if former?.decisive == pod?.decisive, former?.hostPorts == pod?.hostPorts { return }
        for network in former?.endpoint?.networks ?? [] where owners[network.address] == key { owners[network.address] = nil }
        for network in pod?.endpoint?.networks ?? [] { owners[network.address] = key }
        if let endpoint = pod?.endpoint {
            if former?.decisive != pod?.decisive { batch.changes.append(.endpoint(endpoint)) }
        } else if former?.endpoint != nil {
            batch.changes.append(.endpointGone(id))
        }
        let ports = pod?.hostPorts ?? []
        if ports != former?.hostPorts ?? [] { batch.changes.append(.hostPorts(id, ports)) }
    }

    private mutating func set(node name: String, _ object: JSON) {
        var endpoint = PolicyEndpoint(node: object)
        if name == node {
            for address in nodeAddresses where !endpoint.networks.contains(IPNetwork(address)) {
                endpoint.networks.append(IPNetwork(address))
            }
        }
        if nodes.updateValue(endpoint, forKey: name) != endpoint { batch.changes.append(.endpoint(endpoint)) }
    }

    /// The nodes of the cluster.
    var nodeNames: Set<String> { Set(nodes.keys) }

    // MARK: Policies

    private mutating func put(policy object: JSON, _ kind: ClusterKind) {
        let key = PolicyKey(kind: kind, namespace: object.namespace, name: object.name)
        var slim = object
        slim["metadata"]?["managedFields"] = nil
        let former = policies[key]
        if let former, former.object["spec"] == object["spec"], former.object.uid == object.uid {
            // Nothing of it has to do with packets; what its status says is remembered.
            policies[key]?.object = slim
            return
        }
        let policy: Policy
        do throws(PolicyReadError) {
            let traffic = kind == .networkPolicies ? try KubernetesPolicy.read(object) : try CalicoPolicy.read(object)
            policy = Policy(object: slim, traffic: traffic)
        } catch {
            policy = Policy(object: slim, traffic: .closed(object, at: error.field), fault: error)
        }
        policies[key] = policy
        batch.policies.insert(key)
        batch.changes.append(.policy(policy.traffic))
    }

    /// The policies, as ones that deny whatever they may have denied. They stay so until their objects change.
    mutating func close(_ keys: Set<PolicyKey>, because reason: String) -> [ClusterChange] {
        keys.compactMap { key in
            guard let policy = policies[key] else { return nil }
            policies[key]?.refusal = reason
            return .policy(.closed(policy.object, at: "spec"))
        }
    }

    /// How a policy stands on this node, once its batch was sent.
    func standing(of key: PolicyKey) -> PolicyStanding {
        guard let policy = policies[key] else { return PolicyStanding(key: key, object: [:], state: .gone) }
        let state: PolicyStanding.State =
            if let reason = policy.refusal { .refused(reason) } else if let fault = policy.fault { .unreadable(fault) } else { .inForce }
        return PolicyStanding(key: key, object: policy.object, state: state)
    }
}
