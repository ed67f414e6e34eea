import Glibc
import NIOCore
import NIOPosix
import NetworkPolicy

/// Opens the sockets of a server.
enum Sockets {
    /// The sockets for datagrams of each address, among which the kernel spreads the clients.
    private static let datagramSockets = max(1, min(4, System.coreCount))
    /// How many datagrams are taken from the kernel at a time, and of which size; questions are short.
    private static let batch = 16
    private static let datagramBytes = 4096

    /// How often the kernel is asked for a port when any will do: one that is free for datagrams may be taken for connections.
    private static let choices = 20

    /// Opens all sockets, or none.
    ///
    /// - Returns: the sockets and their port, which is one for all.
    /// - Throws: `IOError` when an address cannot be bound.
    static func open(
        _ configuration: DNSServer.Configuration, _ answering: Answering, _ group: any EventLoopGroup
    ) async throws -> (channels: [any Channel], port: UInt16) {
        for _ in 1..<(configuration.port == 0 ? choices : 1) {
            do { return try await openAll(configuration, answering, group) } catch let error as IOError where error.errnoCode == EADDRINUSE {}
        }
        return try await openAll(configuration, answering, group)
    }

    private static func openAll(
        _ configuration: DNSServer.Configuration, _ answering: Answering, _ group: any EventLoopGroup
    ) async throws -> (channels: [any Channel], port: UInt16) {
        var channels: [any Channel] = []
        var port = configuration.port
        do {
            for address in configuration.addresses {
                for _ in 0..<datagramSockets {
                    let channel = try await datagrams(address, port, answering, group)
                    channels.append(channel)
                    if port == 0 { port = UInt16(clamping: channel.localAddress?.port ?? 0) }
                }
                channels.append(try await connections(address, port, configuration.limits, answering, group))
            }
            return (channels, port)
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
    }

    private static func datagrams(_ address: IPAddress, _ port: UInt16, _ answering: Answering, _ group: any EventLoopGroup) async throws -> any Channel {
        try await DatagramBootstrap(group: group)
            .channelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: batch * datagramBytes))
            .channelOption(.datagramVectorReadMessageCount, value: batch)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(DatagramHandler(answering)) }
            }
            .bind(to: SocketAddress(ipAddress: address.description, port: Int(port))).get()
    }

    private static func connections(
        _ address: IPAddress, _ port: UInt16, _ limits: DNSServer.Limits, _ answering: Answering, _ group: any EventLoopGroup
    ) async throws -> any Channel {
        let count = ConnectionCount(limits)
        let idle = TimeAmount(limits.idle)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                guard let client = channel.remoteAddress.flatMap({ IPAddress($0) }), answering.isAllowed(client), count.open(client) else {
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in count.close(client) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(answering, client: client, idle: idle))
                }
            }
            .bind(to: SocketAddress(ipAddress: address.description, port: Int(port))).get()
    }
}
