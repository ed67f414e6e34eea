import CLinux
import Glibc
package import NetworkPolicy

/// A packet that a rule sent to the log.
package struct LoggedPacket: Hashable, Sendable {
    /// What the rule wrote before it.
    package var prefix: String
    /// The packet; nil when its headers are cut off or broken.
    package var packet: Packet?
}

/// Reads one group of the kernel's packet log in one network namespace: that of the thread that makes it.
package final class PacketLogSocket {
    private let socket: NetlinkSocket

    /// Binds the group; only one reader may have it.
    package init(group: UInt16, timeout: Int32 = 200) throws(SystemError) {
        socket = try NetlinkSocket(NETLINK_NETFILTER, buffer: 2 << 20, timeout: timeout)
        try configure("bind log group \(group)", group) { message in
            message.add(Int(NFULA_CFG_CMD.rawValue), UInt8(NFULNL_CFG_CMD_BIND.rawValue))
        }
        try configure("set up log group \(group)", group) { message in
            message.add(Int(NFULA_CFG_MODE.rawValue), [0, 0, 0, 96, UInt8(NFULNL_COPY_PACKET), 0])
            // Messages wait for each other for at most two hundredths of a second.
            message.add(Int(NFULA_CFG_TIMEOUT.rawValue), [0, 0, 0, 2])
            message.add(Int(NFULA_CFG_QTHRESH.rawValue), [0, 0, 0, 16])
        }
    }

    private func configure(_ action: String, _ group: UInt16, _ body: (inout NetlinkMessage) -> Void)
        throws(SystemError)
    {
        let kind = UInt16(NFNL_SUBSYS_ULOG) << 8 | UInt16(NFULNL_MSG_CONFIG.rawValue)
        var message = NetlinkMessage(
            type: kind, flags: 0, [0, UInt8(NFNETLINK_V0), UInt8(group >> 8), UInt8(group & 0xFF)])
        body(&message)
        try socket.perform(action, message)
    }

    /// What the log has, or nothing after a while. Nil when messages were lost since nobody read them in time.
    package func read() throws(SystemError) -> [LoggedPacket]? {
        let datagram: ArraySlice<UInt8>
        do throws(SystemError) {
            datagram = try socket.receive("read the packet log")
        } catch {
            if error.code == EAGAIN { return [] }
            if error.code == ENOBUFS { return nil }
            throw error
        }
        return NetlinkReply.all(in: datagram).compactMap { reply in
            guard reply.type == UInt16(NFNL_SUBSYS_ULOG) << 8 | UInt16(NFULNL_MSG_PACKET.rawValue) else { return nil }
            let attributes = reply.content.from(4).attributes
            return LoggedPacket(
                prefix: attributes[Int(NFULA_PREFIX.rawValue)]?.text ?? "",
                packet: attributes[Int(NFULA_PAYLOAD.rawValue)].flatMap { Self.packet($0) })
        }
    }

    /// Reads the headers of a packet.
    static func packet(_ bytes: NetlinkBytes) -> Packet? {
        guard let first = bytes.integer(0, as: UInt8.self) else { return nil }
        var packet: Packet
        let rest: NetlinkBytes
        switch first >> 4 {
        case 4:
            let length = Int(first & 15) * 4
            guard length >= 20, bytes.count >= length, let transport = bytes.integer(9, as: UInt8.self),
                let source = IPAddress(bytes: bytes.from(12).bytes.prefix(4)),
                let destination = IPAddress(bytes: bytes.from(16).bytes.prefix(4))
            else { return nil }
            packet = Packet(source: source, destination: destination, transport: transport)
            rest = bytes.from(length)
        case 6:
            guard bytes.count >= 40, let transport = bytes.integer(6, as: UInt8.self),
                let source = IPAddress(bytes: bytes.from(8).bytes.prefix(16)),
                let destination = IPAddress(bytes: bytes.from(24).bytes.prefix(16))
            else { return nil }
            packet = Packet(source: source, destination: destination, transport: transport)
            rest = bytes.from(40)
        default: return nil
        }
        switch packet.transport {
        case 6, 17, 132, 136:
            packet.sourcePort = rest.integer(0, bigEndian: true) ?? 0
            packet.destinationPort = rest.integer(2, bigEndian: true) ?? 0
        case 1, 58:
            if let type = rest.integer(0, as: UInt8.self) { packet.icmp = (type, rest.integer(1) ?? 0) }
        default: break
        }
        return packet
    }
}

extension PacketLogSocket {
    /// Reads a group of a namespace's log on a thread of its own, until `take` answers false. It gets what was read, at
    /// least a few times a second, and nil when messages were lost.
    package static func read(
        group: UInt16, in namespace: NetworkNamespace, _ take: @escaping @Sendable ([LoggedPacket]?) -> Bool
    ) throws(SystemError) {
        // Opened before this returns: no packet after it is missed.
        let log = try namespace.run { () throws(SystemError) in LogHandle(try PacketLogSocket(group: group)) }
        try OneTimeThread.start {
            while true {
                do throws(SystemError) {
                    if !take(try log.socket.read()) { return }
                } catch {
                    return
                }
            }
        }
    }

    // Made on one thread and then used on one other.
    private final class LogHandle: @unchecked Sendable {
        let socket: PacketLogSocket
        init(_ socket: PacketLogSocket) { self.socket = socket }
    }
}
