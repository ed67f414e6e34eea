public import JSONValue

/// What scheduling reads of a node, read once.
public struct NodeFacts: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The labels.
    public let labels: [String: String]
    /// The taints in order.
    public let taints: [Taint]
    /// Whether it is cordoned.
    public let isUnschedulable: Bool
    /// What pods may take of it.
    public let allocatable: ResourceAmounts
    /// The size in bytes of each image that is on it, by every name of the image.
    public let images: [String: Int64]

    /// Reads a `Node`.
    public init(_ node: JSON) {
        name = node["metadata"]?["name"]?.string ?? ""
        labels = node["metadata"]?["labels"]?.stringMap ?? [:]
        taints = (node["spec"]?["taints"]?.array ?? []).map { Taint($0) }
        isUnschedulable = node["spec"]?["unschedulable"]?.bool ?? false
        allocatable = ResourceAmounts(list: node["status"]?["allocatable"])
        var images: [String: Int64] = [:]
        for image in node["status"]?["images"]?.array ?? [] {
            for name in image["names"]?.strings ?? [] { images[name] = image["sizeBytes"]?.int ?? 0 }
        }
        self.images = images
    }
}
