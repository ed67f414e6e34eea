import JSONValue
import KubeModel
import NIOCore
import NIOEmbedded
import NIOHTTP1
import PolicyModel
import Testing

@testable import APIServer

@Suite("What a connection may cost")
struct ConnectionTests {
    private static let health = "GET /readyz HTTP/1.1\r\nhost: h\r\n\r\n"

    @Test("an answer to HEAD has the headers of GET and no body, and the next answer follows at once")
    func head() async throws {
        try await LiveServer.with { live in
            await live.grantConfigMaps()
            let connection = try await live.connect()
            await connection.send("HEAD /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: h\r\n\(LiveServer.token)\r\n" + Self.health)
            #expect(await connection.wait { $0.text.ranges(of: "HTTP/1.1 200").count == 2 && $0.text.hasSuffix("ok") })
            let first = connection.text.split(separator: "HTTP/1.1 ").first ?? ""
            #expect(!first.contains("content-length: 0\r\n") && first.contains("content-length: ") && first.hasSuffix("\r\n\r\n"), "\(first)")
        }
    }

    // MARK: Deadlines

    @Test("who says nothing, in the handshake or after it, is cut off", arguments: [nil, "http/1.1", "h2"])
    func silence(protocolName: String?) async throws {
        try await LiveServer.with { limits in
            limits.handshakeTime = .milliseconds(200)
            limits.headTime = .milliseconds(200)
        } _: { live in
            let connection = try await live.connect(protocolName)
            #expect(await connection.waitForEnd(), "\(protocolName ?? "no handshake")")
        }
    }

    @Test("who sends a request's head byte by byte is cut off, and who was answered may stand idle")
    func slowHead() async throws {
        try await LiveServer.with { $0.headTime = .milliseconds(500) } _: { live in
            var idle = try await live.connect()
            // On a busy machine this client may be the slow one.
            for _ in 0..<50 {
                await idle.send(Self.health)
                if await idle.wait(until: { $0.text.hasSuffix("ok") || $0.isClosed }), !idle.isClosed { break }
                idle = try await live.connect()
            }
            #expect(idle.text.hasSuffix("ok"))
            let slow = try await live.connect()
            await slow.send("GET /readyz HTTP/1.1\r\n")
            for _ in 0..<500 where !slow.isClosed {
                await slow.send("x: y\r\n")
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(slow.isClosed)
            #expect(!idle.isClosed)
            await idle.send(Self.health)
            #expect(await idle.wait { $0.text.ranges(of: "HTTP/1.1 200").count == 2 })
        }
    }

    @Test("who sends a body byte by byte gets 408")
    func slowBody() async throws {
        try await LiveServer.with { $0.requestTime = .milliseconds(300) } _: { live in
            let slow = try await live.connect()
            await slow.send("POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{")
            #expect(await slow.waitForEnd())
            #expect(slow.text.hasPrefix("HTTP/1.1 408"), "\(slow.text)")
        }
    }

    // MARK: Bodies

    private static func post(_ length: Int, _ credentials: String = "") -> String {
        "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n\(credentials)content-length: \(length)\r\n\r\n"
    }

    @Test(
        "a large body is refused before it is taken in when its sender may not send it",
        arguments: [
            ("", "HTTP/1.1 403"), ("authorization: Bearer wrong\r\n", "HTTP/1.1 401"), (LiveServer.token, "HTTP/1.1 403"),
        ])
    func refusedBody(credentials: String, status: String) async throws {
        try await LiveServer.with { live in
            let connection = try await live.connect()
            // 2 MiB are announced and 32 KiB sent: the answer comes without the rest.
            await connection.send(Self.post(2 << 20, credentials) + String(repeating: " ", count: 32 << 10))
            #expect(await connection.wait { $0.text.hasPrefix(status) }, "\(connection.text.prefix(200))")
        }
    }

    /// One request on a handler whose body budget the test holds.
    private final class Exchange {
        let channel = EmbeddedChannel()
        init(_ server: TestServer, _ limits: ListenerLimits, _ bodies: BodyBudget) throws {
            try channel.pipeline.syncOperations.addHandler(
                HTTPHandler(
                    path: server.server.path, limits: limits, bodies: bodies, underWay: RequestsUnderWay(), head: HeadDeadline(limits.headTime),
                    peer: PresentedChain(), use: ConnectionUse()))
            channel.pipeline.fireChannelActive()
        }
        func send(_ parts: HTTPServerRequestPart...) throws { for part in parts { _ = try channel.writeInbound(part) } }
        func status() throws -> HTTPResponseStatus? {
            var found: HTTPResponseStatus?
            while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) { if case .head(let head) = part { found = head.status } }
            return found
        }
    }
    private static func head(_ headers: HTTPHeaders) -> HTTPServerRequestPart {
        .head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/api/v1/namespaces/default/configmaps", headers: headers))
    }
    private static func body(_ count: Int) -> HTTPServerRequestPart { .body(ByteBuffer(repeating: 0x20, count: count)) }

    @Test("all bodies together stay within their budget, and each gives back what it took, however it ends")
    func budget() async throws {
        let live = try await LiveServer()
        await live.grantConfigMaps()
        var limits = ListenerLimits()
        limits.allBodiesBytes = 100_000
        let bodies = BodyBudget(limits.allBodiesBytes)
        let headers: HTTPHeaders = ["host": "h", "authorization": "Bearer secret", "content-type": "application/json"]
        let first = try Exchange(live.server, limits, bodies)
        try first.send(Self.head(headers), Self.body(60_000))
        #expect(!bodies.take(50_000))
        let second = try Exchange(live.server, limits, bodies)
        try second.send(Self.head(headers), Self.body(30_000), Self.body(30_000))
        #expect(try second.status() == .tooManyRequests)
        // The one is cut off, the other refused and ended.
        _ = try? first.channel.finish()
        try second.send(.end(nil))
        #expect(bodies.take(100_000))
        bodies.giveBack(100_000)
        // A body of one who may not send it takes nothing.
        let third = try Exchange(live.server, limits, bodies)
        try third.send(Self.head(["host": "h"]), Self.body(90_000))
        #expect(try third.status() == .forbidden)
        #expect(bodies.take(100_000))
        _ = try? second.channel.finish()
        _ = try? third.channel.finish()
        await live.stop()
    }

    // MARK: Floods

    @Test("who opens connections and leaves them idle keeps nobody out, and loses the oldest")
    func idleFlood() async throws {
        try await LiveServer.with { $0.connections = 32 } _: { live in
            await live.grantConfigMaps()
            let watch = try await live.connect()
            await watch.send("GET /api/v1/namespaces/default/configmaps?watch=1 HTTP/1.1\r\nhost: h\r\n\(LiveServer.token)\r\n")
            #expect(await watch.wait { $0.text.hasPrefix("HTTP/1.1 200") })
            var flood: [LiveConnection] = []
            // Without a handshake every other time.
            for index in 0..<100 { flood.append(try await live.connect(index % 2 == 0 ? "http/1.1" : nil)) }
            let late = try await live.connect()
            await late.send(Self.health)
            #expect(await late.wait { $0.text.hasSuffix("ok") })
            #expect(await flood[0].waitForEnd())
            #expect(flood.count { !$0.isClosed } < 40)
            #expect(!watch.isClosed, "what is being answered is not idle")
            for connection in flood + [watch, late] { connection.close() }
        }
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(type: 4, stream: 0, [])
    private static func frame(type: UInt8, flags: UInt8 = 0, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
    }

    @Test(
        "a flood of pings, of settings or of empty frames ends its connection and no other",
        arguments: [
            ("pings", frame(type: 6, stream: 0, Array(repeating: 0, count: 8))), ("settings", frame(type: 4, stream: 0, [])),
            ("empty headers without end", frame(type: 1, stream: 1, []) + Array(repeating: frame(type: 9, stream: 1, []), count: 50).joined()),
        ])
    func frameFlood(name: String, frame: [UInt8]) async throws {
        try await LiveServer.with { $0.controlFrames = 500 } _: { live in
            let other = try await live.connect()
            let flooder = try await live.connect("h2")
            await flooder.send(Self.preface)
            for _ in 0..<200 where !flooder.isClosed { await flooder.send(Array(Array(repeating: frame, count: 50).joined())) }
            #expect(await flooder.waitForEnd(), "\(name)")
            await other.send(Self.health)
            #expect(await other.wait { $0.text.hasSuffix("ok") })
        }
    }

    @Test("pings as a client sends them are answered")
    func pings() async throws {
        try await LiveServer.with { live in
            let client = try await live.connect("h2")
            await client.send(Self.preface)
            for _ in 0..<300 { await client.send(Self.frame(type: 6, stream: 0, Array(repeating: 7, count: 8))) }
            #expect(await client.wait { $0.received.count(where: { $0 == 7 }) >= 2400 })
            #expect(!client.isClosed)
        }
    }
}
