package import OCIModel

/// When images are removed to make room, as the kubelet does it.
package struct ImageCollectionPolicy: Hashable, Sendable {
    /// Collection begins when the file system is fuller than this, in percent. 100 turns it off.
    package var high: Int64 = 85
    /// And ends when it is no fuller than this.
    package var low: Int64 = 80
    /// Images younger than this are kept, in seconds.
    package var minimumAge: Int64 = 120
    /// Images that were not used for longer than this go, however full it is; in seconds, 0 for never.
    package var maximumAge: Int64 = 0

    package init() {}

    /// Which images go, in the order in which they do: those that were not used for the longest time first.
    ///
    /// Pure. An image has one size for all of its names, and goes with all of them or not at all.
    ///
    /// - Parameters:
    ///   - inUse: digests of configurations or manifests that containers are made of.
    ///   - now: seconds since 1970.
    package func victims(
        _ images: [ImageRecord], inUse: Set<ImageDigest>, free: Int64, total: Int64, now: Int64
    ) -> [ImageRecord] {
        var groups: [ImageDigest: [ImageRecord]] = [:]
        for image in images { groups[image.configuration, default: []].append(image) }
        let idle = groups.values.filter { group in
            !group.contains { $0.isPinned || inUse.contains($0.configuration) || inUse.contains($0.manifest) || inUse.contains($0.target.digest) }
                && group.allSatisfy { now - $0.added >= minimumAge }
        }.sorted { left, right in
            let (a, b) = (Self.key(left), Self.key(right))
            return (a.used, a.added, a.name) < (b.used, b.added, b.name)
        }
        var victims: [ImageRecord] = []
        var rest: [[ImageRecord]] = []
        for group in idle {
            let used = max(Self.key(group).used, Self.key(group).added)
            if maximumAge > 0, now - used > maximumAge { victims += group } else { rest.append(group) }
        }
        guard high < 100, total > 0 else { return victims }
        let used = total - max(0, min(free, total))
        guard used > total / 100 * high else { return victims }
        var excess = used - total / 100 * low - victims.reduce(0) { $0 &+ $1.size }
        for group in rest where excess > 0 {
            victims += group
            excess -= group.first?.size ?? 0
        }
        return victims
    }

    private static func key(_ group: [ImageRecord]) -> (used: Int64, added: Int64, name: String) {
        (group.map(\.lastUsed).max() ?? 0, group.map(\.added).max() ?? 0, group.map(\.name).min() ?? "")
    }
}
