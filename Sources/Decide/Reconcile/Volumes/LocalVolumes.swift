public import JSONValue
import KubeModel

/// Volumes that are folders on the node that the first pod of a claim runs on.
public enum LocalVolumes {
    /// The provisioner's name in classes.
    public static let provisioner = "kastell.dev/local-path"
    /// The class of a cluster that has nodes of its own.
    public static let className = "local-path"
    static let provisionedBy = "pv.kubernetes.io/provisioned-by"
    private static let folderKey = "path"

    /// The class, for whoever starts a node to make: controllers may not. It is the default one.
    ///
    /// - Parameter folder: where on each node the volumes are, absolute.
    /// - Returns: a StorageClass that waits for the first consumer and deletes its volumes.
    public static func storageClass(folder: String) -> JSON {
        [
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": ["name": .string(className), "annotations": ["storageclass.kubernetes.io/is-default-class": "true"]],
            "provisioner": .string(provisioner), "parameters": [folderKey: .string(folder)], "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        ]
    }

    /// Whether a volume was made here, and so goes by our word.
    static func isOurs(_ volume: JSON) -> Bool { volume.annotations[provisionedBy] == provisioner }

    enum Outcome: Hashable, Sendable {
        case volume(JSON)
        /// Why none can be made.
        case refused(String)
    }

    static func make(for claim: JSON, _ storageClass: JSON, node: JSON?) -> Outcome {
        guard let node else { return .refused("the volume is a folder on a node, and no node has been selected: set volumeBindingMode to WaitForFirstConsumer") }
        let folder = storageClass["parameters"]?[folderKey]?.string ?? ""
        guard folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else { return .refused("the class needs parameters.path, an absolute path") }
        if VolumeMatch.mode(claim) == "Block" { return .refused("volumeMode Block is not supported") }
        if claim["spec"]?["selector"]?.object != nil { return .refused("claim.spec.selector is not supported") }
        let modes = claim["spec"]?["accessModes"]?.strings ?? []
        guard modes.allSatisfy({ ["ReadWriteOnce", "ReadWriteOncePod"].contains($0) }) else {
            return .refused("only the access modes ReadWriteOnce and ReadWriteOncePod are supported")
        }
        // The name is made of the UID alone: nothing that a user writes becomes part of the path.
        let name = "pvc-" + claim.uid
        let host = node.labels["kubernetes.io/hostname"] ?? node.name
        let term: JSON = ["matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": [.string(host)]]]]
        var spec: JSON = [
            "capacity": ["storage": claim[path: "spec", "resources", "requests", "storage"] ?? "0"], "accessModes": JSON(modes),
            "persistentVolumeReclaimPolicy": storageClass["reclaimPolicy"] ?? "Delete", "storageClassName": .string(storageClass.name),
            "volumeMode": "Filesystem", "claimRef": VolumeClaims.reference(to: claim), "nodeAffinity": ["required": ["nodeSelectorTerms": [term]]],
        ]
        spec["hostPath"] = ["path": .string((folder.hasSuffix("/") ? String(folder.dropLast()) : folder) + "/" + name), "type": "DirectoryOrCreate"]
        spec["mountOptions"] = storageClass["mountOptions"]
        return .volume([
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": [
                "name": .string(name), "annotations": [provisionedBy: .string(provisioner)], "finalizers": [.string(VolumeProtection.volumeFinalizer)],
            ], "spec": spec,
        ])
    }
}
