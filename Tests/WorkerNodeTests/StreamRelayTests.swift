import LinuxKernel
import NIOCore
import NIOPosix
import NetworkPolicy
import Testing

@testable import WorkerNode

@Suite("the relay between a node's network and the machine's", .timeLimit(.minutes(1)))
struct StreamRelayTests {
    private static let group = MultiThreadedEventLoopGroup.singleton
    private static func path() -> String { "/tmp/kst-relay-" + String(UInt32.random(in: 0 ... .max), radix: 36) }

    /// Hears a client to its end, and then says how much that was and says all of it again.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var heard = ByteBuffer()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard.writeImmutableBuffer(unwrapInboundIn(data)) }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
            var answer = ByteBuffer(string: "\(heard.readableBytes):")
            answer.writeImmutableBuffer(heard)
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.value.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in context.value.close(promise: nil) }
        }
    }

    private static func echo(at path: String) async throws -> any Channel {
        try await ServerBootstrap(group: group).childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) } }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
    }

    /// Sends, closes its half, and hears the other one to the end.
    private static func exchange(_ path: String, _ bytes: [UInt8]) async throws -> [UInt8] {
        try await exchange(try SocketAddress(unixDomainSocketPath: path), bytes)
    }

    private static func exchange(_ address: SocketAddress, _ bytes: [UInt8]) async throws -> [UInt8] {
        let client = try await ClientBootstrap(group: group).channelOption(.allowRemoteHalfClosure, value: true).connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            outbound.finish()
            var heard: [UInt8] = []
            for try await buffer in inbound { heard += buffer.readableBytesView }
            return heard
        }
    }

    @Test("bytes go both ways, and a half that is closed lets the other go on", arguments: [0, 1, 100_000, 3_000_000])
    func bothWays(count: Int) async throws {
        let (front, back) = (Self.path(), Self.path())
        defer { for path in [front, back] { try? FileTree.remove(path) } }
        let server = try await Self.echo(at: back)
        let relay = try await StreamRelay.start([.unix(path: front)], to: .unix(path: back))
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let heard = try await Self.exchange(front, sent)
        #expect(heard == Array("\(count):".utf8) + sent)
        await relay.close()
        try await server.close()
    }

    @Test("many connections at a time do not mix")
    func many() async throws {
        let (front, back) = (Self.path(), Self.path())
        defer { for path in [front, back] { try? FileTree.remove(path) } }
        let server = try await Self.echo(at: back)
        let relay = try await StreamRelay.start([.unix(path: front)], to: .unix(path: back))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<40 {
                group.addTask {
                    let sent = [UInt8](repeating: UInt8(index), count: 1000 * index)
                    return try await Self.exchange(front, sent) == Array("\(sent.count):".utf8) + sent
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
        await relay.close()
        try await server.close()
    }

    @Test("without a destination a client is closed, and the relay serves the next one")
    func absent() async throws {
        let (front, back) = (Self.path(), Self.path())
        defer { for path in [front, back] { try? FileTree.remove(path) } }
        let relay = try await StreamRelay.start([.unix(path: front)], to: .unix(path: back))
        // It may be closed before or after the client has written.
        let heard = try? await Self.exchange(front, [1, 2, 3])
        #expect(heard == nil || heard == [])
        let server = try await Self.echo(at: back)
        #expect(try await Self.exchange(front, [0x61]) == Array("1:a".utf8))
        await relay.close()
        try await server.close()
    }

    @Test("who is in none of the networks that it serves finds nobody")
    func networks() async throws {
        let back = Self.path()
        defer { try? FileTree.remove(back) }
        let server = try await Self.echo(at: back)
        for (network, isServed) in [("127.0.0.0/8", true), ("192.0.2.0/24", false)] {
            // A port that the kernel chooses: one that was free a moment ago may be another program's.
            let relay = try await StreamRelay.start([.tcp(host: "127.0.0.1", port: 0)], to: .unix(path: back), from: [try #require(IPNetwork(network))])
            let port = try #require(relay.addresses.first?.port)
            let heard = try? await Self.exchange(try SocketAddress(ipAddress: "127.0.0.1", port: port), Array("a".utf8))
            #expect((heard == Array("1:a".utf8)) == isServed)
            await relay.close()
        }
        try await server.close()
    }
}
