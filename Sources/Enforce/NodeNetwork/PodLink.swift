import LinuxKernel
import NetworkPolicy

/// The link between a node and one pod: a pair of interfaces, routed and not bridged, so that everything passes the
/// node's rules. Nobody learns an address from what the other end says: each end is told the other's hardware.
package struct PodLink: Sendable {
    /// What all nodes' ends are named by.
    static let prefix = "kst"
    /// What stands before the pod's name in the alias of a node's end.
    static let aliasPrefix = "kastell pod "
    /// The router of every pod: the node's end of its link.
    static let router4 = IPAddress(family: .v4, high: 0, low: 0xA9FE_0101)
    static let router6 = IPAddress(family: .v6, high: 0xFE80_0000_0000_0000, low: 1)

    /// The place of the pod in the node's pool.
    let place: UInt64
    let addresses: [IPAddress]
    let namespace: String
    let name: String

    /// The name of the node's end: what exists on the node says which places are taken.
    var interface: String { Self.prefix + String(place, radix: 16) }
    var alias: String { Self.aliasPrefix + namespace + "/" + name }

    // Addresses of our own choice ("locally administered"), so that the same pod has the same after a restart.
    private func hardware(_ end: UInt8) -> [UInt8] {
        [0x0A, end] + (0..<4).map { UInt8(truncatingIfNeeded: place >> UInt64(24 - 8 * $0)) }
    }
    var nodeHardware: [UInt8] { hardware(0x58) }
    var podHardware: [UInt8] { hardware(0x59) }

    /// The place and the pod of a node's end; nil for an interface that is none.
    static func read(_ link: NetworkLink) -> (place: UInt64, namespace: String, name: String)? {
        guard link.name.hasPrefix(prefix), let place = UInt64(link.name.dropFirst(prefix.count), radix: 16),
            link.alias.hasPrefix(aliasPrefix)
        else { return nil }
        let parts = link.alias.dropFirst(aliasPrefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return (place, String(parts[0]), String(parts[1]))
    }

    /// Makes the link and sets it up, the pod's end last: rules for it have to be in force before.
    func create(_ route: RouteSocket, pod: NetworkNamespace, podInterface: String, mtu: UInt32) throws(SystemError) {
        try route.addPair(
            interface, hardware: nodeHardware, peer: podInterface, peerHardware: podHardware, in: pod, mtu: mtu)
        guard let link = try route.link(interface) else { throw SystemError("look up \(interface)", 19) }
        do throws(SystemError) {
            try setUpNodeEnd(route, link)
            let (addresses, hardware) = (addresses, nodeHardware)
            try pod.run { () throws(SystemError) in try Self.setUpPodEnd(podInterface, addresses, hardware) }
            try route.awaitRunning(interface)
        } catch {
            try? route.delete(link)
            throw error
        }
    }

    /// What a stream between pods of a node moves through two links at a time; the second link costs less by it. Kernels that do
    /// not know it keep 64 KiB.
    package static let segmentSize: UInt32 = 192 << 10

    private func setUpNodeEnd(_ route: RouteSocket, _ link: NetworkLink) throws(SystemError) {
        try route.setAlias(link, alias)
        try? route.setSegmentSize(link, Self.segmentSize)
        let (old, new) = ("net/ipv4/conf/\(interface)/", "net/ipv6/conf/\(interface)/")
        // The pod is no router and cannot tell us about any; our own address there is the one that we give.
        let settings = [
            (old + "accept_redirects", "0"), (old + "send_redirects", "0"), (old + "secure_redirects", "0"),
            (new + "accept_ra", "0"),
            (new + "accept_redirects", "0"), (new + "addr_gen_mode", "1"),
        ]
        for (name, value) in settings { try Self.set(name, value) }
        let has = Set(addresses.map(\.family))
        if has.contains(.v4) { try route.addAddress(IPNetwork(Self.router4), Self.router4, to: link) }
        if has.contains(.v6) { try route.addAddress(IPNetwork(Self.router6, prefixLength: 64), Self.router6, to: link) }
        try route.setUp(link)
        for address in addresses {
            try route.setNeighbour(address, podHardware, on: link)
            try route.addRoute(IPNetwork(address), on: link)
        }
    }

    private static func setUpPodEnd(_ name: String, _ addresses: [IPAddress], _ router: [UInt8]) throws(SystemError) {
        let route = try RouteSocket()
        if let loopback = try route.link("lo") { try route.setUp(loopback) }
        guard let link = try route.link(name) else { throw SystemError("look up \(name)", 19) }
        try set("net/ipv6/conf/\(name)/accept_ra", "0")
        try? route.setSegmentSize(link, segmentSize)
        for address in addresses { try route.addAddress(IPNetwork(address), address, to: link) }
        try route.setUp(link)
        for address in addresses {
            let gateway = address.family == .v4 ? router4 : router6
            try route.setNeighbour(gateway, router, on: link)
            if address.family == .v4 { try route.addRoute(IPNetwork(router4), on: link) }
            try route.addRoute(
                IPNetwork(IPAddress(family: address.family, high: 0, low: 0), prefixLength: 0), by: gateway, on: link)
        }
        try route.awaitRunning(name)
        for address in addresses { try route.awaitLocal(address) }
    }

    /// A kernel without one of the families has no settings for it.
    private static func set(_ name: String, _ value: String) throws(SystemError) {
        do throws(SystemError) { try Sysctl.write(name, value) } catch { if error.code != 2 { throw error } }
    }
}
