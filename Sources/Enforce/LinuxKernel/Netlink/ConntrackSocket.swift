import CLinux
import Glibc
package import NetworkPolicy

/// A connection that the kernel tracks.
package struct TrackedConnection: Hashable, Sendable {
    /// The first packet as its receiver got it: from whom it came, and to whom it went after a service chose.
    package var packet: Packet
    /// The first packet as it was sent.
    package var original: Packet
    /// The kernel's name of the connection, by which it is deleted.
    var tuple: [UInt8]
    var id: [UInt8]
}

/// The connections that the kernel tracks in one network namespace: that of the thread that makes it.
package final class ConntrackSocket {
    private let socket: NetlinkSocket

    package init() throws(SystemError) { socket = try NetlinkSocket(NETLINK_NETFILTER) }

    private static func message(_ type: Int, _ flags: Int32, _ family: UInt8) -> NetlinkMessage {
        let kind = UInt16(NFNL_SUBSYS_CTNETLINK) << 8 | UInt16(type)
        return NetlinkMessage(type: kind, flags: UInt16(flags), [family, UInt8(NFNETLINK_V0), 0, 0])
    }

    /// All connections. The kernel walks one large table for all namespaces, some milliseconds whatever it finds; a
    /// namespace without connections is not asked.
    package func connections() throws(SystemError) -> [TrackedConnection] {
        if let count = try? Sysctl.read("net/netfilter/nf_conntrack_count"), count == "0" { return [] }
        let message = Self.message(Int(IPCTNL_MSG_CT_GET.rawValue), NLM_F_DUMP, UInt8(AF_UNSPEC))
        return try socket.ask("list connections", message, isDump: true).compactMap(Self.connection)
    }

    /// Forgets a connection: its next packet is judged as the first of a new one. False when it is gone already.
    @discardableResult
    package func delete(_ connection: TrackedConnection) throws(SystemError) -> Bool {
        let number = UInt8(connection.packet.source.family == .v4 ? AF_INET : AF_INET6)
        var message = Self.message(Int(IPCTNL_MSG_CT_DELETE.rawValue), 0, number)
        message.add(Int(CTA_TUPLE_ORIG.rawValue) | Int(NLA_F_NESTED), connection.tuple)
        message.add(Int(CTA_ID.rawValue), connection.id)
        do throws(SystemError) {
            try socket.perform("delete connection", message)
            return true
        } catch {
            if error.code == ENOENT { return false }
            throw error
        }
    }

    static func connection(_ reply: NetlinkReply) -> TrackedConnection? {
        let attributes = reply.content.from(4).attributes
        guard let original = attributes[Int(CTA_TUPLE_ORIG.rawValue)],
            let answer = attributes[Int(CTA_TUPLE_REPLY.rawValue)],
            let id = attributes[Int(CTA_ID.rawValue)], let sent = packet(original), let back = packet(answer)
        else { return nil }
        var packet = sent
        packet.destination = back.source
        packet.destinationPort = back.sourcePort
        return TrackedConnection(packet: packet, original: sent, tuple: Array(original.bytes), id: Array(id.bytes))
    }

    private static func packet(_ tuple: NetlinkBytes) -> Packet? {
        let parts = tuple.attributes
        guard let addresses = parts[Int(CTA_TUPLE_IP.rawValue)]?.attributes,
            let transport = parts[Int(CTA_TUPLE_PROTO.rawValue)]?.attributes,
            let number = transport[Int(CTA_PROTO_NUM.rawValue)]?.integer(0, as: UInt8.self),
            let source = (addresses[Int(CTA_IP_V4_SRC.rawValue)] ?? addresses[Int(CTA_IP_V6_SRC.rawValue)]).flatMap({
                IPAddress(bytes: $0.bytes)
            }),
            let destination = (addresses[Int(CTA_IP_V4_DST.rawValue)] ?? addresses[Int(CTA_IP_V6_DST.rawValue)])
                .flatMap({ IPAddress(bytes: $0.bytes) })
        else { return nil }
        var packet = Packet(
            source: source, destination: destination, transport: number,
            port: transport[Int(CTA_PROTO_DST_PORT.rawValue)]?.integer(0, bigEndian: true) ?? 0)
        packet.sourcePort = transport[Int(CTA_PROTO_SRC_PORT.rawValue)]?.integer(0, bigEndian: true) ?? 0
        let type: UInt8? =
            (transport[Int(CTA_PROTO_ICMP_TYPE.rawValue)] ?? transport[Int(CTA_PROTO_ICMPV6_TYPE.rawValue)])?.integer(0)
        let code: UInt8? =
            (transport[Int(CTA_PROTO_ICMP_CODE.rawValue)] ?? transport[Int(CTA_PROTO_ICMPV6_CODE.rawValue)])?.integer(0)
        if let type { packet.icmp = (type, code ?? 0) }
        return packet
    }
}
