import CLinux
import Glibc
package import NetworkPolicy

/// A network interface.
package struct NetworkLink: Hashable, Sendable {
    /// Its number, of this namespace.
    package var index: Int32
    package var name: String
    /// A text that its owner gave it.
    package var alias: String
    package var isUp: Bool
    /// Whether it is up, its other end too, and the kernel sends by it: before that, packets are dropped unseen.
    package var isRunning: Bool
    /// The hardware address.
    package var hardware: [UInt8]
    /// The largest packet.
    package var mtu: UInt32
}

/// Interfaces, addresses, routes and neighbours of one network namespace: that of the thread that makes it.
package final class RouteSocket {
    private let socket: NetlinkSocket

    package init() throws(SystemError) { socket = try NetlinkSocket(NETLINK_ROUTE) }

    // MARK: Interfaces

    /// All interfaces.
    package func links() throws(SystemError) -> [NetworkLink] {
        let message = NetlinkMessage(
            type: UInt16(RTM_GETLINK), flags: UInt16(NLM_F_DUMP), Self.linkHeader(0, flags: 0, change: 0))
        return try socket.ask("list links", message, isDump: true).compactMap(Self.link)
    }

    /// The interface of a name; nil when there is none.
    package func link(_ name: String) throws(SystemError) -> NetworkLink? {
        var message = NetlinkMessage(type: UInt16(RTM_GETLINK), flags: 0, Self.linkHeader(0, flags: 0, change: 0))
        message.add(IFLA_IFNAME, name)
        do throws(SystemError) {
            return try socket.ask("look up \(name)", message, isDump: false).compactMap(Self.link).first
        } catch {
            if error.code == ENODEV { return nil }
            throw error
        }
    }

    private static func link(_ reply: NetlinkReply) -> NetworkLink? {
        guard reply.type == UInt16(RTM_NEWLINK), let index = reply.content.integer(4, as: Int32.self),
            let flags = reply.content.integer(8, as: UInt32.self)
        else { return nil }
        let attributes = reply.content.from(16).attributes
        return NetworkLink(
            index: index, name: attributes[IFLA_IFNAME]?.text ?? "", alias: attributes[IFLA_IFALIAS]?.text ?? "",
            isUp: flags & UInt32(IFF_UP) != 0, isRunning: flags & UInt32(IFF_RUNNING) != 0,
            hardware: (attributes[IFLA_ADDRESS]?.bytes).map { Array($0) } ?? [],
            mtu: attributes[IFLA_MTU]?.integer(0) ?? 0)
    }

    /// Makes a pair of interfaces, both down: `name` here, and `peer` in another namespace.
    package func addPair(
        _ name: String, hardware: [UInt8], peer: String, peerHardware: [UInt8], in namespace: NetworkNamespace,
        mtu: UInt32
    ) throws(SystemError) {
        var message = NetlinkMessage(
            type: UInt16(RTM_NEWLINK), flags: UInt16(NLM_F_CREATE | NLM_F_EXCL), Self.linkHeader(0, flags: 0, change: 0)
        )
        message.add(IFLA_IFNAME, name)
        message.add(IFLA_MTU, mtu)
        message.add(IFLA_ADDRESS, hardware)
        message.nest(IFLA_LINKINFO) { info in
            info.add(IFLA_INFO_KIND, "veth")
            info.nest(IFLA_INFO_DATA) { data in
                data.nest(Int(VETH_INFO_PEER), Self.linkHeader(0, flags: 0, change: 0)) { end in
                    end.add(IFLA_IFNAME, peer)
                    end.add(IFLA_MTU, mtu)
                    end.add(IFLA_ADDRESS, peerHardware)
                    end.add(IFLA_NET_NS_FD, UInt32(namespace.number))
                }
            }
        }
        try socket.perform("create link \(name)", message)
    }

    /// Sets an interface up or down.
    package func setUp(_ link: NetworkLink, _ isUp: Bool = true) throws(SystemError) {
        let up = UInt32(IFF_UP)
        let message = NetlinkMessage(
            type: UInt16(RTM_NEWLINK), flags: 0, Self.linkHeader(link.index, flags: isUp ? up : 0, change: up))
        try socket.perform("set \(link.name) \(isUp ? "up" : "down")", message)
    }

    /// Waits until packets can be sent by an interface, for at most about a second.
    package func awaitRunning(_ name: String) throws(SystemError) {
        // The kernel activates both ends a moment after the second one is set up, later on a busy machine.
        for _ in 0..<1000 {
            if try link(name)?.isRunning == true { return }
            usleep(1000)
        }
        throw SystemError("wait for \(name)", ETIMEDOUT)
    }

    /// Lets TCP hand segments of up to `bytes` to an interface and take them from it, in both families, which the kernel cuts where
    /// they leave the machine ("BIG TCP", Linux 6.3).
    package func setSegmentSize(_ link: NetworkLink, _ bytes: UInt32) throws(SystemError) {
        var message = NetlinkMessage(type: UInt16(RTM_NEWLINK), flags: 0, Self.linkHeader(link.index, flags: 0, change: 0))
        for attribute in [IFLA_GSO_MAX_SIZE, Int(KST_GRO_MAX_SIZE), Int(KST_GSO_IPV4_MAX_SIZE), Int(KST_GRO_IPV4_MAX_SIZE)] { message.add(attribute, bytes) }
        try socket.perform("set the size of segments on \(link.name)", message)
    }

    /// Gives an interface a text to know it by.
    package func setAlias(_ link: NetworkLink, _ alias: String) throws(SystemError) {
        var message = NetlinkMessage(
            type: UInt16(RTM_NEWLINK), flags: 0, Self.linkHeader(link.index, flags: 0, change: 0))
        message.add(IFLA_IFALIAS, Array(alias.utf8.prefix(255)))
        try socket.perform("name \(link.name)", message)
    }

    /// Moves an interface to another namespace.
    package func move(_ link: NetworkLink, to namespace: NetworkNamespace) throws(SystemError) {
        var message = NetlinkMessage(
            type: UInt16(RTM_NEWLINK), flags: 0, Self.linkHeader(link.index, flags: 0, change: 0))
        message.add(IFLA_NET_NS_FD, UInt32(namespace.number))
        try socket.perform("move \(link.name)", message)
    }

    /// Removes an interface, and with it its other end, its addresses and its routes.
    package func delete(_ link: NetworkLink) throws(SystemError) {
        let message = NetlinkMessage(
            type: UInt16(RTM_DELLINK), flags: 0, Self.linkHeader(link.index, flags: 0, change: 0))
        try socket.perform("delete link \(link.name)", message)
    }

    private static func linkHeader(_ index: Int32, flags: UInt32, change: UInt32) -> [UInt8] {
        [0, 0, 0, 0] + NetlinkMessage.native(index) + NetlinkMessage.native(flags) + NetlinkMessage.native(change)
    }

    // MARK: Addresses, neighbours and routes

    /// Gives an interface an address. Without a route to the others of the network, and for IPv6 at once: nobody else
    /// can have it.
    package func addAddress(_ network: IPNetwork, _ address: IPAddress, to link: NetworkLink) throws(SystemError) {
        let flags = UInt32(IFA_F_NODAD) | UInt32(IFA_F_NOPREFIXROUTE)
        let header: [UInt8] =
            [Self.family(address), UInt8(network.prefixLength), 0, 0] + NetlinkMessage.native(link.index)
        var message = NetlinkMessage(type: UInt16(RTM_NEWADDR), flags: UInt16(NLM_F_CREATE | NLM_F_REPLACE), header)
        message.add(IFA_LOCAL, address)
        message.add(IFA_ADDRESS, address)
        message.add(IFA_FLAGS, flags)
        try socket.perform("add address \(address) to \(link.name)", message)
    }

    /// Waits until packets to an address of this namespace are taken in, for at most about a second.
    ///
    /// The kernel takes an IPv6 address at once and makes the route to it later, in a queue that is as long as there is work on any link
    /// of the machine. Until then what comes for the address is dropped.
    package func awaitLocal(_ address: IPAddress) throws(SystemError) {
        let bits = UInt8(IPNetwork(address).prefixLength)
        var message = NetlinkMessage(type: UInt16(RTM_GETROUTE), flags: 0, [Self.family(address), bits] + [UInt8](repeating: 0, count: 10))
        message.add(Int(RTA_DST.rawValue), address)
        for _ in 0..<1000 {
            // Without any route to it the question fails.
            let replies = (try? socket.ask("look up \(address)", message, isDump: false)) ?? []
            if replies.contains(where: { $0.type == UInt16(RTM_NEWROUTE) && $0.content.integer(7, as: UInt8.self) == UInt8(RTN_LOCAL) }) { return }
            usleep(1000)
        }
        throw SystemError("wait for \(address)", ETIMEDOUT)
    }

    /// Takes an address from an interface.
    package func deleteAddress(_ network: IPNetwork, _ address: IPAddress, from link: NetworkLink) throws(SystemError) {
        let header: [UInt8] =
            [Self.family(address), UInt8(network.prefixLength), 0, 0] + NetlinkMessage.native(link.index)
        var message = NetlinkMessage(type: UInt16(RTM_DELADDR), flags: 0, header)
        message.add(IFA_LOCAL, address)
        try socket.perform("delete address \(address) from \(link.name)", message)
    }

    /// Says for good which hardware has an address: what a neighbour claims about it changes nothing.
    package func setNeighbour(_ address: IPAddress, _ hardware: [UInt8], on link: NetworkLink) throws(SystemError) {
        let header: [UInt8] =
            [Self.family(address), 0, 0, 0] + NetlinkMessage.native(link.index)
            + NetlinkMessage.native(UInt16(NUD_PERMANENT)) + [0, 0]
        var message = NetlinkMessage(type: UInt16(RTM_NEWNEIGH), flags: UInt16(NLM_F_CREATE | NLM_F_REPLACE), header)
        message.add(NDA_DST, address)
        message.add(NDA_LLADDR, hardware)
        try socket.perform("set neighbour \(address) of \(link.name)", message)
    }

    /// The hardware that the kernel has for each neighbour on an interface.
    package func neighbours(on link: NetworkLink) throws(SystemError) -> [IPAddress: [UInt8]] {
        let message = NetlinkMessage(
            type: UInt16(RTM_GETNEIGH), flags: UInt16(NLM_F_DUMP), [UInt8](repeating: 0, count: 12))
        var found: [IPAddress: [UInt8]] = [:]
        for reply in try socket.ask("list neighbours", message, isDump: true) {
            guard reply.type == UInt16(RTM_NEWNEIGH), reply.content.integer(4, as: Int32.self) == link.index else {
                continue
            }
            let attributes = reply.content.from(12).attributes
            guard let address = attributes[NDA_DST].flatMap({ IPAddress(bytes: $0.bytes) }) else { continue }
            found[address] = (attributes[NDA_LLADDR]?.bytes).map { Array($0) } ?? []
        }
        return found
    }

    /// Makes packets for a network leave by an interface, by way of a router when there is one; replaces a route for the
    /// same network.
    package func addRoute(_ network: IPNetwork, by router: IPAddress? = nil, on link: NetworkLink) throws(SystemError) {
        var message = NetlinkMessage(
            type: UInt16(RTM_NEWROUTE), flags: UInt16(NLM_F_CREATE | NLM_F_REPLACE),
            Self.routeHeader(network, hasRouter: router != nil))
        message.add(Int(RTA_OIF.rawValue), UInt32(bitPattern: link.index))
        if network.prefixLength > 0 { message.add(Int(RTA_DST.rawValue), network.address) }
        if let router { message.add(Int(RTA_GATEWAY.rawValue), router) }
        try socket.perform("route \(network) by \(link.name)", message)
    }

    /// The networks whose packets leave by an interface, as far as somebody set them.
    package func routes(on link: NetworkLink) throws(SystemError) -> [IPNetwork] {
        let message = NetlinkMessage(
            type: UInt16(RTM_GETROUTE), flags: UInt16(NLM_F_DUMP), [UInt8](repeating: 0, count: 12))
        return try socket.ask("list routes", message, isDump: true).compactMap { reply in
            guard reply.type == UInt16(RTM_NEWROUTE), let length = reply.content.integer(1, as: UInt8.self),
                reply.content.integer(5, as: UInt8.self) == UInt8(RTPROT_STATIC)
            else { return nil }
            let attributes = reply.content.from(12).attributes
            guard attributes[Int(RTA_OIF.rawValue)]?.integer(0, as: Int32.self) == link.index,
                let address = attributes[Int(RTA_DST.rawValue)].flatMap({ IPAddress(bytes: $0.bytes) })
            else { return nil }
            return IPNetwork(address, prefixLength: Int(length))
        }
    }

    /// Takes the route for a network away.
    package func deleteRoute(_ network: IPNetwork, on link: NetworkLink) throws(SystemError) {
        var message = NetlinkMessage(
            type: UInt16(RTM_DELROUTE), flags: 0, Self.routeHeader(network, hasRouter: false, isDeleted: true))
        message.add(Int(RTA_OIF.rawValue), UInt32(bitPattern: link.index))
        if network.prefixLength > 0 { message.add(Int(RTA_DST.rawValue), network.address) }
        try socket.perform("delete route \(network)", message)
    }

    private static func routeHeader(_ network: IPNetwork, hasRouter: Bool, isDeleted: Bool = false) -> [UInt8] {
        // A router that is on no network of ours is reached all the same: it is the other end of the link.
        let flags = hasRouter ? UInt32(RTNH_F_ONLINK) : 0
        // IPv4 wants to know how far a destination is.
        let scope: UInt8 =
            isDeleted
            ? UInt8(RT_SCOPE_NOWHERE.rawValue)
            : hasRouter || network.address.family == .v6 ? 0 : UInt8(RT_SCOPE_LINK.rawValue)
        let header: [UInt8] = [
            family(network.address), UInt8(network.prefixLength), 0, 0, UInt8(RT_TABLE_MAIN.rawValue),
            UInt8(RTPROT_STATIC), scope,
            isDeleted ? 0 : UInt8(RTN_UNICAST),
        ]
        return header + NetlinkMessage.native(flags)
    }

    /// Adds a rule that sends packets from a network to another routing table, or takes it away.
    package func setRule(from network: IPNetwork, table: UInt32, priority: UInt32, isThere: Bool) throws(SystemError) {
        let header: [UInt8] = [
            Self.family(network.address), 0, UInt8(network.prefixLength), 0, 0, UInt8(RTPROT_STATIC), 0, 1, 0, 0, 0, 0,
        ]
        var message = NetlinkMessage(
            type: UInt16(isThere ? RTM_NEWRULE : RTM_DELRULE), flags: isThere ? UInt16(NLM_F_CREATE | NLM_F_EXCL) : 0,
            header)
        if network.prefixLength > 0 { message.add(2, network.address) }  // FRA_SRC
        message.add(15, table)  // FRA_TABLE
        message.add(6, priority)  // FRA_PRIORITY
        try socket.perform("rule from \(network)", message)
    }

    private static func family(_ address: IPAddress) -> UInt8 { UInt8(address.family == .v4 ? AF_INET : AF_INET6) }
}
