public import JSONValue
import KubeModel

/// What scheduling reads of claims, volumes, storage classes and CSI nodes.
public struct VolumeFacts: Hashable, Sendable {
    /// A persistent volume claim.
    struct Claim: Hashable, Sendable {
        var key: PodKey
        var storageClass: String
        var volumeName: String
        var isBound: Bool
        var isLost: Bool
        var isTerminating: Bool
        var selectedNode: String?
        var storage: Int128
        var accessModes: Set<String>
        var volumeMode: String
        var selector: LabelSelector?
    }
    /// A persistent volume.
    struct Volume: Hashable, Sendable {
        var name: String
        var labels: [String: String]
        var storageClass: String
        var storage: Int128
        var accessModes: Set<String>
        var volumeMode: String
        /// The claim it is bound to or kept for.
        var claim: PodKey?
        var isAvailable: Bool
        /// Nil when it can be reached from everywhere.
        var nodeTerms: [NodeSelectorTerm]?
        /// The CSI driver and the volume's handle there.
        var driver: String?
        var handle: String
        func isReachable(from node: NodeFacts) -> Bool {
            nodeTerms?.contains { $0.matches(name: node.name, labels: node.labels) } ?? true
        }
    }
    /// A storage class.
    struct StorageClass: Hashable, Sendable {
        var waitsForConsumer: Bool
        var provisioner: String
        /// Each term is a map of label to values; empty means everywhere.
        var allowedTopologies: [[String: Set<String>]]
        func allows(_ node: NodeFacts) -> Bool {
            allowedTopologies.isEmpty
                || allowedTopologies.contains { term in term.allSatisfy { key, values in node.labels[key].map(values.contains) ?? false } }
        }
    }

    private(set) var claims: [PodKey: Claim] = [:]
    private(set) var volumes: [String: Volume] = [:]
    private(set) var classes: [String: StorageClass] = [:]
    /// How many volumes a driver attaches to a node, by node and driver.
    private(set) var attachLimits: [String: [String: Int64]] = [:]
    /// The volumes of a storage class by name, so that a claim looks at its own only.
    private(set) var volumesByClass: [String: Set<String>] = [:]

    /// Knows of no volume.
    public init() {}

    /// Adds a claim, volume, storage class or CSI node; other kinds change nothing.
    public mutating func put(_ object: JSON) {
        let name = object["metadata"]?["name"]?.string ?? ""
        remove(object)
        switch object["kind"]?.string {
        case "PersistentVolumeClaim":
            let claim = Self.claim(object)
            claims[claim.key] = claim
        case "PersistentVolume":
            let volume = Self.volume(object)
            volumes[name] = volume
            volumesByClass[volume.storageClass, default: []].insert(name)
        case "StorageClass": classes[name] = Self.storageClass(object)
        case "CSINode":
            var limits: [String: Int64] = [:]
            for driver in object["spec"]?["drivers"]?.array ?? [] {
                if let driverName = driver["name"]?.string, let count = driver["allocatable"]?["count"]?.int { limits[driverName] = count }
            }
            attachLimits[name] = limits.isEmpty ? nil : limits
        default: break
        }
    }

    /// Removes what ``put(_:)`` added.
    public mutating func remove(_ object: JSON) {
        let name = object["metadata"]?["name"]?.string ?? ""
        switch object["kind"]?.string {
        case "PersistentVolumeClaim":
            claims[PodKey(namespace: object["metadata"]?["namespace"]?.string ?? "default", name: name)] = nil
        case "PersistentVolume":
            guard let volume = volumes.removeValue(forKey: name) else { return }
            volumesByClass[volume.storageClass]?.remove(name)
            if volumesByClass[volume.storageClass]?.isEmpty ?? true { volumesByClass[volume.storageClass] = nil }
        case "StorageClass": classes[name] = nil
        case "CSINode": attachLimits[name] = nil
        default: break
        }
    }

    private static func claim(_ object: JSON) -> Claim {
        let metadata = object["metadata"]
        let spec = object["spec"]
        let annotations = metadata?["annotations"]
        let volumeName = spec?["volumeName"]?.string ?? ""
        let phase = object["status"]?["phase"]?.string
        return Claim(
            key: PodKey(namespace: metadata?["namespace"]?.string ?? "default", name: metadata?["name"]?.string ?? ""),
            storageClass: spec?["storageClassName"]?.string ?? "", volumeName: volumeName,
            isBound: !volumeName.isEmpty && (phase == "Bound" || annotations?["pv.kubernetes.io/bind-completed"] != nil),
            isLost: phase == "Lost", isTerminating: metadata?["deletionTimestamp"]?.string != nil,
            selectedNode: annotations?["volume.kubernetes.io/selected-node"]?.string,
            storage: ResourceAmounts(list: spec?["resources"]?["requests"])["storage"],
            accessModes: Set(spec?["accessModes"]?.strings ?? []), volumeMode: spec?["volumeMode"]?.string ?? "Filesystem",
            selector: spec?["selector"].map { LabelSelector(object: $0) })
    }

    private static func volume(_ object: JSON) -> Volume {
        let spec = object["spec"]
        let reference = spec?["claimRef"]
        let phase = object["status"]?["phase"]?.string
        return Volume(
            name: object["metadata"]?["name"]?.string ?? "", labels: object["metadata"]?["labels"]?.stringMap ?? [:],
            storageClass: spec?["storageClassName"]?.string ?? "",
            storage: ResourceAmounts(list: spec?["capacity"])["storage"], accessModes: Set(spec?["accessModes"]?.strings ?? []),
            volumeMode: spec?["volumeMode"]?.string ?? "Filesystem",
            claim: reference?["name"]?.string.map { PodKey(namespace: reference?["namespace"]?.string ?? "", name: $0) },
            isAvailable: (phase ?? "Available") == "Available" && object["metadata"]?["deletionTimestamp"]?.string == nil,
            nodeTerms: NodeSelectorTerm.terms(spec?[path: "nodeAffinity", "required"]),
            driver: spec?["csi"]?["driver"]?.string, handle: spec?["csi"]?["volumeHandle"]?.string ?? "")
    }

    private static func storageClass(_ object: JSON) -> StorageClass {
        let topologies = (object["allowedTopologies"]?.array ?? []).map { term in
            var labels: [String: Set<String>] = [:]
            for expression in term["matchLabelExpressions"]?.array ?? [] {
                labels[expression["key"]?.string ?? ""] = Set(expression["values"]?.strings ?? [])
            }
            return labels
        }
        return StorageClass(
            waitsForConsumer: object["volumeBindingMode"]?.string == "WaitForFirstConsumer",
            provisioner: object["provisioner"]?.string ?? "", allowedTopologies: topologies)
    }
}
