import JSONValue
import KubeModel

/// What is said of persistent volumes, claims, and the volume plugins that are gone.
enum VolumeWarnings {
    /// The plugins that do nothing any more, in the order in which they are looked at.
    static let gone: [(field: String, message: String)] = [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    /// How a plugin's field is spelled in messages.
    static func spelling(_ field: String) -> String { field == "storageos" ? "storageOS" : field }

    static func of(volume: JSON) -> [String] {
        let annotations = volume["metadata"]?["annotations"]
        let spec = volume["spec"]
        var warnings: [String] = []
        for (index, term) in (spec?[path: "nodeAffinity", "required", "nodeSelectorTerms"]?.array ?? []).enumerated() {
            warnings += NodeWarnings.of(term: term, at: "spec.nodeAffinity.required.nodeSelectorTerms[\(index)]")
        }
        for (key, message) in [
            ("volume.beta.kubernetes.io/storage-class", "deprecated since v1.8; use \"storageClassName\" attribute instead"),
            ("volume.beta.kubernetes.io/mount-options", "deprecated since v1.31; use \"mountOptions\" attribute instead"),
        ] where annotations?[key] != nil {
            warnings.append("metadata.annotations[\(key)]: \(message)")
        }
        if spec?["persistentVolumeReclaimPolicy"]?.string == "Recycle" {
            warnings.append(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
            )
        }
        for (field, message) in gone where spec?[field]?.object != nil { warnings.append("spec.\(spelling(field)): \(message)") }
        return warnings
    }

    static func of(claim: JSON) -> [String] {
        let key = "volume.beta.kubernetes.io/storage-class"
        var warnings: [String] = []
        if claim["metadata"]?["annotations"]?[key] != nil {
            warnings.append("metadata.annotations[\(key)]: deprecated since v1.8; use \"storageClassName\" attribute instead")
        }
        return warnings + of(claimSpec: claim["spec"], at: "spec")
    }

    static func of(claimSpec: JSON?, at path: String) -> [String] {
        let resources = claimSpec?["resources"]
        return ObjectWarnings.fraction(resources?["requests"]?["storage"], at: "\(path).resources.requests[storage]")
            + ObjectWarnings.fraction(resources?["limits"]?["storage"], at: "\(path).resources.limits[storage]")
    }
}
