package import NetworkPolicy

/// The addresses of a node's pods: each pod has the same place in every network of the pool, one of each family.
///
/// A place that became free is given out again as late as possible, so that nobody takes the new pod for the old one.
package struct AddressPool: Hashable, Sendable {
    /// There is no place left, or the one that is asked for is taken.
    package enum PoolError: Error, Hashable, Sendable { case exhausted, taken(UInt64) }

    /// The networks.
    package let networks: [IPNetwork]
    private let size: UInt64
    private var taken: Set<UInt64> = []
    private var last: UInt64 = 0

    /// A pool over at most one network of each family.
    package init(_ networks: [IPNetwork]) {
        self.networks = networks
        // A million pods are more than a node can have.
        size = networks.map { UInt64(1) << UInt64(min($0.address.family.width - $0.prefixLength, 20)) }.min() ?? 0
    }

    /// How many pods have a place.
    package var count: Int { taken.count }

    /// The addresses of a place.
    package func addresses(_ place: UInt64) -> [IPAddress] {
        networks.map { IPAddress(family: $0.address.family, high: $0.address.high, low: $0.address.low + place) }
    }

    /// A free place. The first and the last address of a network are never given out.
    package mutating func take() throws(PoolError) -> UInt64 {
        guard size > 2, UInt64(taken.count) < size - 2 else { throw .exhausted }
        repeat { last = last + 1 >= size - 1 ? 1 : last + 1 } while taken.contains(last)
        taken.insert(last)
        return last
    }

    /// Takes a place that is known to be in use, also one beyond the networks: they may have been larger before.
    package mutating func take(_ place: UInt64) throws(PoolError) {
        guard taken.insert(place).inserted else { throw .taken(place) }
        if place + 1 < size { last = max(last, place) }
    }

    /// Gives a place back.
    package mutating func release(_ place: UInt64) { taken.remove(place) }
}
