public import JSONValue
import PolicyModel

/// Which nodes are related to an object: the pods bound to a node, and what these pods refer to.
///
/// A value; a change costs the size of the changed object, a question a few look-ups.
public struct NodeGraph: Sendable {
    /// The kinds of objects that nodes reach through their pods.
    public enum Kind: Hashable, Sendable {
        case pod, secret, configMap, persistentVolumeClaim, persistentVolume, serviceAccount, resourceClaim
        case volumeAttachment, resourceSlice
    }

    struct Object: Hashable, Sendable {
        var kind: Kind
        var namespace: String
        var name: String
    }

    private struct Pod: Sendable {
        var node: String
        var objects: Set<Object>
    }

    private struct Volume: Sendable {
        var claim: Object?
        var secrets: Set<Object>
    }

    private var pods: [Object: Pod] = [:]
    private var volumes: [String: Volume] = [:]
    /// For each object the nodes that reach it, and by how many pods.
    private var nodes: [Object: [String: Int]] = [:]
    /// The volumes whose driver needs a secret.
    private var volumesOfSecret: [Object: Set<String>] = [:]
    /// The node of an attachment or a slice.
    private var owners: [Object: String] = [:]

    /// A graph without objects, in which no node is related to anything.
    public init() {}

    /// Whether the node may see the object: it runs a pod that refers to it.
    public func isRelated(node: String, _ kind: Kind, namespace: String, name: String) -> Bool {
        let object = Object(kind: kind, namespace: namespace, name: name)
        switch kind {
        case .pod, .configMap, .persistentVolumeClaim, .serviceAccount, .resourceClaim:
            return reaches(node, object)
        case .secret:
            return reaches(node, object)
                || (volumesOfSecret[object] ?? []).contains { volumes[$0]?.claim.map { reaches(node, $0) } ?? false }
        case .persistentVolume:
            return volumes[name]?.claim.map { reaches(node, $0) } ?? false
        case .volumeAttachment, .resourceSlice:
            return owners[object] == node
        }
    }

    private func reaches(_ node: String, _ object: Object) -> Bool { nodes[object]?[node] != nil }

    // MARK: - Pods

    /// Takes a pod into the graph, in place of the one of the same name. One without a node reaches nothing.
    public mutating func upsertPod(_ pod: JSON) {
        let metadata = pod["metadata"] ?? [:]
        let namespace = metadata["namespace"]?.string ?? ""
        let name = metadata["name"]?.string ?? ""
        let key = Object(kind: .pod, namespace: namespace, name: name)
        let node = pod[path: "spec", "nodeName"]?.string ?? ""
        var objects: Set<Object> = [key]
        // A node makes its mirror pods itself, and so they must not open anything to it.
        let isMirror = metadata[path: "annotations", "kubernetes.io/config.mirror"] != nil
        if !isMirror { objects.formUnion(PodReferences.objects(of: pod, namespace: namespace, podName: name)) }
        let record = Pod(node: node, objects: objects)
        if let old = pods[key], old.node == node, old.objects == objects { return }
        removePod(namespace: namespace, name: name)
        guard !node.isEmpty else { return }
        pods[key] = record
        for object in objects { nodes[object, default: [:]][node, default: 0] += 1 }
    }

    /// Takes a pod, and what only it referred to, out of the graph.
    public mutating func removePod(namespace: String, name: String) {
        guard let old = pods.removeValue(forKey: Object(kind: .pod, namespace: namespace, name: name)) else { return }
        for object in old.objects {
            guard let count = nodes[object]?[old.node] else { continue }
            nodes[object]?[old.node] = count > 1 ? count - 1 : nil
            if nodes[object]?.isEmpty == true { nodes[object] = nil }
        }
    }

    // MARK: - Volumes, attachments, slices

    /// Takes a PersistentVolume into the graph: the claim it is bound to, and the secrets its driver needs.
    public mutating func upsertPersistentVolume(_ volume: JSON) {
        let name = volume[path: "metadata", "name"]?.string ?? ""
        removePersistentVolume(name: name)
        guard let claimRef = volume[path: "spec", "claimRef"], let claim = claimRef["name"]?.string else { return }
        let namespace = claimRef["namespace"]?.string ?? ""
        let secrets = PodReferences.secrets(ofVolume: volume, claimNamespace: namespace)
        volumes[name] = Volume(
            claim: Object(kind: .persistentVolumeClaim, namespace: namespace, name: claim), secrets: secrets)
        for secret in secrets { volumesOfSecret[secret, default: []].insert(name) }
    }

    /// Takes a PersistentVolume out of the graph.
    public mutating func removePersistentVolume(name: String) {
        guard let old = volumes.removeValue(forKey: name) else { return }
        for secret in old.secrets {
            volumesOfSecret[secret]?.remove(name)
            if volumesOfSecret[secret]?.isEmpty == true { volumesOfSecret[secret] = nil }
        }
    }

    /// Says which node an attachment (`spec.nodeName`) or a slice (`spec.nodeName`) belongs to.
    public mutating func upsertOwned(_ object: JSON, kind: Kind) {
        let key = Object(kind: kind, namespace: "", name: object[path: "metadata", "name"]?.string ?? "")
        let node = object[path: "spec", "nodeName"]?.string ?? ""
        owners[key] = node.isEmpty ? nil : node
    }

    /// Takes an attachment or slice out of the graph.
    public mutating func removeOwned(kind: Kind, name: String) {
        owners[Object(kind: kind, namespace: "", name: name)] = nil
    }
}
