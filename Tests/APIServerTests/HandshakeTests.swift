import JSONValue
import KubeModel
import NIOHTTP1
import PolicyModel
import Testing

@testable import APIServer

@Suite("upgrades and streams")
struct HandshakeTests {
    private static let protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io"]

    private static func handshake(_ headers: [(String, String)], isNameNeeded: Bool = false) throws -> Handshake {
        try Handshake(HTTPHeaders(headers), spdy: protocols, webSocket: ["v5.channel.k8s.io"], isNameNeeded: isNameNeeded)
    }

    @Test("the client's first protocol that is known is taken, in either form of several", arguments: [
        [("connection", "Upgrade"), ("upgrade", "SPDY/3.1"), ("x-stream-protocol-version", "v9"), ("x-stream-protocol-version", "v4.channel.k8s.io")],
        [("connection", "keep-alive, upgrade"), ("upgrade", "spdy/3.1"), ("x-stream-protocol-version", "v9, v4.channel.k8s.io, v3.channel.k8s.io")],
    ])
    func spdy(_ headers: [(String, String)]) throws {
        let found = try Self.handshake(headers)
        #expect(found.protocolName == "v4.channel.k8s.io")
        #expect(found.headers.map(\.1) == ["SPDY/3.1", "v4.channel.k8s.io"])
    }

    @Test("a WebSocket's key is answered")
    func webSocket() throws {
        let found = try Self.handshake([
            ("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "x, v5.channel.k8s.io"),
        ])
        #expect(found.headers.map(\.1) == ["websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "v5.channel.k8s.io"])
    }

    @Test("what asks for nothing, or for nothing that is known, is refused", arguments: [
        ([], 400), ([("connection", "Upgrade")], 400), ([("upgrade", "SPDY/3.1")], 400), ([("connection", "Upgrade"), ("upgrade", "h2c")], 400),
        ([("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"), ("sec-websocket-key", "short")], 400),
        ([("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "8"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")], 400),
        ([("connection", "Upgrade"), ("upgrade", "SPDY/3.1"), ("x-stream-protocol-version", "v9.channel.k8s.io")], 403),
        ([("connection", "Upgrade"), ("upgrade", "SPDY/3.1")], 403),
    ] as [([(String, String)], Int)])
    func refused(_ headers: [(String, String)], _ code: Int) throws {
        #expect { try Self.handshake(headers, isNameNeeded: true) } throws: { ($0 as? StatusError)?.code == code }
    }

    @Test("names of proxied objects", arguments: [
        ("p", "http p "), ("p:80", "http p 80"), ("https:p:web", "https p web"), (":p:80", "http p 80"), ("ftp:p:80", nil), ("a:b:c:d", nil), (":80", nil),
    ] as [(String, String?)])
    func targets(_ text: String, _ expected: String?) {
        let target = try? NodeProxy.Target(text)
        #expect(target.map { "\($0.scheme) \($0.name) \($0.port)" } == expected)
    }

    @Test("a node may open its own tunnel and nobody else's, and no other may", arguments: [
        ("system:node:a", ["system:nodes"], "a", true), ("system:node:b", ["system:nodes"], "a", false), ("system:node:a", ["people"], "a", false),
        ("eve", ["system:nodes"], "a", false), ("system:node:", ["system:nodes"], "", false),
    ])
    func tunnels(_ name: String, _ groups: [String], _ node: String, _ isAllowed: Bool) async throws {
        let server = try await TestServer()
        defer { server.stop() }
        let user = UserInfo(name: name, groups: groups + [UserInfo.authenticatedGroup])
        let answer = await server.send("GET", "/apis/kastell.dev/v1/nodes/\(node)/tunnel", as: user)
        // In this process nobody shows a certificate: who is allowed is refused for that, with other words.
        #expect(answer.status == 403 || node.isEmpty)
        #expect(answer.message.contains("with its own certificate") == isAllowed, "\(answer.message)")
    }

    @Test("what cannot be streamed says why", arguments: [
        ("POST", "bound/exec", 400, "you must specify at least 1 command for the container"),
        ("POST", "bound/exec?command=x&stdout=false", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("POST", "bound/exec?command=x&container=y", 400, "container y is not valid for pod bound"),
        ("POST", "bound/exec?command=x", 400, "Upgrade request required"), ("POST", "bound/attach", 400, "Upgrade request required"),
        ("POST", "free/exec?command=x", 400, "pod free does not have a host assigned"),
        ("POST", "bound/portforward", 503, "the node \"n\" is not connected to this API server"),
        ("GET", "bound/log", 503, "the node \"n\" is not connected to this API server"), ("GET", "free/log", 204, ""),
        ("GET", "bound/log?container=y", 400, "container y is not valid for pod bound"),
        ("GET", "lost/log", 404, "pods \"gone\" not found"), ("POST", "lost/exec?command=x", 404, "pods \"gone\" not found"),
        ("GET", "bound/proxy", 400, "address not allowed"), ("GET", "bound/proxy/", 400, "address not allowed"), ("GET", "none/log", 404, "pods \"none\" not found"),
    ])
    func streams(_ method: String, _ path: String, _ status: Int, _ message: String) async throws {
        let server = try await TestServer()
        defer { server.stop() }
        await server.namespace("x")
        _ = await server.send("POST", "/api/v1/nodes", body: ["metadata": ["name": "n"]])
        _ = await server.send("POST", "/api/v1/namespaces/x/pods", body: TestServer.pod("free"))
        _ = await server.send("POST", "/api/v1/namespaces/x/pods", body: TestServer.pod("lost", ["nodeName": "gone"]))
        _ = await server.send("POST", "/api/v1/namespaces/x/pods", body: TestServer.pod("bound", ["nodeName": "n"]))
        let answer = await server.send(method, "/api/v1/namespaces/x/pods/" + path)
        #expect(answer.status == status, "\(answer.text)")
        #expect(message.isEmpty || answer.message.contains(message), "\(answer.message)")
    }
}
