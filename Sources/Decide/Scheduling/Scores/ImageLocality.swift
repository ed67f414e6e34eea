/// The images of the pod are there already; an image that few nodes have counts less, so that its node is not flooded.
enum ImageLocality: NodeScore {
    static let name = "ImageLocality"
    static let weight: Int64 = 1
    private static let lowest: Int64 = 23 * 1024 * 1024
    private static let highestPerContainer: Int64 = 1000 * 1024 * 1024

    static func scores(_ pod: PodFacts, _ nodes: [(facts: NodeFacts, entry: NodeEntry)], _ snapshot: ClusterSnapshot) -> [Int64]? {
        let images = pod.images.map(normalized)
        let highest = highestPerContainer * Int64(max(images.count, 1))
        return nodes.map { node in
            var sum: Int64 = 0
            for image in images {
                guard let size = node.facts.images[image], snapshot.nodeCount > 0 else { continue }
                let spread = Double(snapshot.imageNodes[image] ?? 0) / Double(snapshot.nodeCount)
                // Held below the highest here, since sizes are the node's word and may be anything.
                sum += Int64(Double(min(max(size, 0), highest)) * spread)
            }
            return NodeScores.maximum * (min(max(sum, lowest), highest) - lowest) / (highest - lowest)
        }
    }

    /// The name with its tag, which is `latest` when none is written.
    static func normalized(_ image: String) -> String {
        guard let colon = image.lastIndex(of: ":") else { return image + ":latest" }
        if let slash = image.lastIndex(of: "/"), colon < slash { return image + ":latest" }
        return image
    }
}
