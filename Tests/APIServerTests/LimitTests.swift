import JSONValue
import KubeModel
import NIOCore
import NIOEmbedded
import NIOHTTP1
import PolicyModel
import Testing

@testable import APIServer

@Suite("Bounds of what a client may send")
struct LimitTests {
    @Test(
        "bodies that are no object of the kind are refused in words, and never trap",
        arguments: [
            ("", "unexpected end of JSON input (<empty>)"), ("{", "unexpected end of JSON input ({)"),
            ("not json", "invalid character 'o' in literal null (expecting 'u')"),
            ("[1,]", "invalid character ']' looking for beginning of value"), ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"), ("{} x", "invalid character 'x' after top-level value"),
            ("{\"a\":\"\u{1}\"}", "invalid character '\\x01' in string literal"), ("{\"a\":-}", "invalid character '}' in numeric literal"),
            ("{\"a\":1.}", "invalid character '}' after decimal point in numeric literal"), ("5", "cannot unmarshal number"),
            ("{\"kind\":[]}", "cannot unmarshal array into Go struct field .kind of type string"),
        ])
    func badBodies(body: String, words: String) async throws {
        let server = try await TestServer()
        let answer = await server.send(
            "POST", "/api/v1/namespaces/default/configmaps", origin: .inProcess(TestServer.administrator), body: Array(body.utf8),
            headers: ["content-type": "application/json"])
        #expect(answer.status == 400)
        #expect(answer.message.contains(words), "\(answer.message)")
    }

    @Test("a body that is nested without end is refused", arguments: ["[", "{\"a\":"])
    func depth(opening: String) async throws {
        let server = try await TestServer()
        let body = String(repeating: opening, count: 200_000)
        let answer = await server.send(
            "POST", "/api/v1/namespaces/default/configmaps", origin: .inProcess(TestServer.administrator), body: Array(body.utf8),
            headers: ["content-type": "application/json"])
        #expect(answer.status == 400)
        #expect(answer.message.contains("exceeded max depth"), "\(answer.message.suffix(200))")
    }

    /// Sends one request through the handler of a connection and answers the status line it writes.
    private static func status(
        limits: ListenerLimits, headers: HTTPHeaders = ["host": "h"], body: [[UInt8]] = []
    ) async throws -> HTTPResponseStatus? {
        let server = try await TestServer()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            HTTPHandler(
                path: server.server.path, limits: limits, bodies: BodyBudget(limits.allBodiesBytes),
                underWay: RequestsUnderWay(), head: HeadDeadline(limits.headTime), peer: PresentedChain(),
                use: ConnectionUse()))
        channel.pipeline.fireChannelActive()
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/version", headers: headers)
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        for part in body { _ = try? channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(bytes: part))) }
        _ = try? channel.writeInbound(HTTPServerRequestPart.end(nil))
        var found: HTTPResponseStatus?
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            if case .head(let head) = part, found == nil { found = head.status }
        }
        _ = try? channel.finish()
        return found
    }

    @Test("a body beyond the bound is refused as soon as it is beyond, and the connection closed")
    func bodySize() async throws {
        var limits = ListenerLimits()
        limits.bodyBytes = 10
        #expect(try await Self.status(limits: limits, body: [[1, 2, 3]]) == .ok)
        #expect(try await Self.status(limits: limits, body: [Array(repeating: 1, count: 8), [1, 2, 3]]) == .payloadTooLarge)
    }

    @Test("headers beyond the bound are refused before anything is done with them")
    func headerSize() async throws {
        var limits = ListenerLimits()
        limits.headerBytes = 100
        let headers: HTTPHeaders = ["host": "h", "x": String(repeating: "x", count: 200)]
        #expect(try await Self.status(limits: limits, headers: headers) == .requestHeaderFieldsTooLarge)
    }
}
