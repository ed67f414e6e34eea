import JSONValue
import KubeClient
import KubeModel
import OCIModel
import Scheduling

/// The PersistentVolume behind a claim of a pod, as the API tells of it.
///
/// Source: Kubernetes documentation, "Persistent Volumes", "Ephemeral Volumes".
struct ClaimVolume: Sendable {
    /// What is mounted.
    enum Origin: Sendable {
        /// A folder or device of this node.
        case local(path: String)
        /// A path of whatever node the pod runs on.
        case host(HostPath)
    }

    var origin: Origin
    var isBlock: Bool
    var isReadOnly: Bool
    /// Whether only one pod at a time may use it.
    var isForOnePod: Bool
    /// The claim, as `namespace/name`.
    var claim: String

    /// - Throws: what is not there yet, and what this node cannot mount.
    static func read(_ volume: JSON, pod: JSON, node: String, _ client: KubeClient) async throws(VolumeError) -> ClaimVolume {
        let name = volume["name"]?.string ?? ""
        let metadata = pod["metadata"]
        let namespace = metadata?["namespace"]?.string ?? ""
        let isEphemeral = volume["ephemeral"]?.object != nil
        let source = volume["persistentVolumeClaim"]
        let claimName = isEphemeral ? "\(metadata?["name"]?.string ?? "")-\(name)" : source?["claimName"]?.string ?? ""
        let claim = try await get("persistentvolumeclaims", namespace, claimName, volume: name, client)
        func fail(_ message: String, isRetryable: Bool = true) -> VolumeError { VolumeError(volume: name, message, isRetryable: isRetryable) }
        if isEphemeral, !isOwned(claim, by: metadata?["uid"]?.string ?? "") {
            throw fail("PVC \(namespace)/\(claimName) was not created for pod \(namespace)/\(metadata?["name"]?.string ?? "") (pod is not owner)")
        }
        if claim["metadata"]?["deletionTimestamp"] != nil, !isEphemeral { throw fail("PVC \(namespace)/\(claimName) is being deleted") }
        let volumeName = claim["spec"]?["volumeName"]?.string ?? ""
        guard claim["status"]?["phase"] == "Bound", !volumeName.isEmpty else {
            throw fail("error processing PVC \(namespace)/\(claimName): PVC is not bound")
        }
        let persistent = try await get("persistentvolumes", "", volumeName, volume: name, client)
        let spec = persistent["spec"] ?? [:]
        guard let owner = spec["claimRef"]?["uid"]?.string, owner == claim["metadata"]?["uid"]?.string else {
            throw fail("error processing PVC \(namespace)/\(claimName): the volume \(volumeName) is bound to another claim")
        }
        try await checkNode(spec, node, volume: name, client)
        let modes = claim["spec"]?["accessModes"]?.strings ?? []
        let isReadable = !modes.isEmpty && modes.allSatisfy { $0 == "ReadOnlyMany" }
        return ClaimVolume(
            origin: try origin(spec, name, volumeName), isBlock: spec["volumeMode"] == "Block",
            isReadOnly: source?["readOnly"]?.bool == true || isReadable, isForOnePod: modes.contains("ReadWriteOncePod"),
            claim: "\(namespace)/\(claimName)")
    }

    private static func get(
        _ resource: String, _ namespace: String, _ name: String, volume: String, _ client: KubeClient
    ) async throws(VolumeError) -> JSON {
        do {
            return try await client.get(GroupVersionResource("v1", resource), namespace: namespace, name: name)
        } catch {
            throw VolumeError(volume: volume, "failed to fetch \(resource == "persistentvolumes" ? "PV" : "PVC") from API server: \(error)")
        }
    }

    private static func isOwned(_ claim: JSON, by pod: String) -> Bool {
        (claim["metadata"]?["ownerReferences"]?.array ?? []).contains { $0["controller"] == true && $0["uid"]?.string == pod }
    }

    private static func origin(_ spec: JSON, _ volume: String, _ name: String) throws(VolumeError) -> Origin {
        if let path = spec["local"]?["path"]?.string { return .local(path: path) }
        if spec["hostPath"]?.object != nil { return .host(HostPath(spec["hostPath"])) }
        let common: Set<String> = [
            "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName",
            "volumeAttributesClassName", "volumeMode",
        ]
        let kind = spec.object?.map(\.0).first { !common.contains($0) } ?? "nothing"
        throw VolumeError(volume: volume, "this node does not mount \(kind), which the volume \(name) is of", isRetryable: false)
    }

    /// A volume may be on some nodes only.
    private static func checkNode(_ spec: JSON, _ node: String, volume: String, _ client: KubeClient) async throws(VolumeError) {
        guard let terms = spec["nodeAffinity"]?["required"]?["nodeSelectorTerms"]?.array else { return }
        let object = try await get("nodes", "", node, volume: volume, client)
        let labels = object["metadata"]?["labels"]?.stringMap ?? [:]
        if terms.contains(where: { NodeSelectorTerm($0).matches(name: node, labels: labels) }) { return }
        throw VolumeError(volume: volume, "storage node affinity check failed: no matching NodeSelectorTerms", isRetryable: false)
    }
}
