import JSONValue
import KubeModel
import NIOCore
import NIOHTTP1
import PolicyModel
import Testing

@testable import APIServer

/// Alice comes with a static token, is in the group `dev`, and tries to be somebody else.
@Suite("impersonation without rights")
struct ImpersonationBypassTests {
    private static let who = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

    private func ask(
        _ server: TestServer, _ headers: [(String, String)], token: String? = "secret", _ method: String = "POST", _ uri: String = who
    ) async -> TestResponse {
        var fields = HTTPHeaders(headers)
        if let token { fields.add(name: "authorization", value: "Bearer " + token) }
        fields.add(name: "content-type", value: "application/json")
        let body: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]
        let request = APIRequest(
            method: method, uri: uri, headers: fields, body: method == "POST" ? body.bytes : [],
            origin: .network(peer: nil, remoteAddress: "127.0.0.1"))
        let response: APIResponse =
            switch server.server.path.respond(to: request) {
            case .now(let response): response
            case .later(let work): await work()
            }
        guard case .bytes(let buffer) = response.body else { return TestResponse(status: response.status, headers: [], contentType: "", body: []) }
        return TestResponse(status: response.status, headers: response.headers, contentType: response.contentType, body: Array(buffer.readableBytesView))
    }

    private func grant(_ server: TestServer, _ rules: JSON, to user: String = "alice") async {
        let root = "/apis/rbac.authorization.k8s.io/v1/"
        _ = await server.send("POST", root + "clusterroles", body: ["metadata": ["name": "imp"], "rules": rules])
        _ = await server.send(
            "POST", root + "clusterrolebindings",
            body: [
                "metadata": ["name": "imp"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "imp"],
                "subjects": [["kind": "User", "name": .string(user), "apiGroup": "rbac.authorization.k8s.io"]],
            ])
    }

    static let attempts: [(headers: [(String, String)], status: Int)] = [
        ([("Impersonate-User", "admin")], 403),
        ([("impersonate-user", "alice")], 403),
        ([("IMPERSONATE-USER", "system:anonymous")], 403),
        ([("Impersonate-User", "alice"), ("Impersonate-Group", "system:masters")], 403),
        ([("Impersonate-Group", "system:masters")], 400),
        ([("Impersonate-Uid", "1")], 400),
        ([("Impersonate-Extra-scopes", "all")], 400),
        ([("Impersonate-User", ""), ("Impersonate-Group", "system:masters")], 400),
        ([("Impersonate-User", "system:serviceaccount:kube-system:default")], 403),
        ([("Impersonate-User", "system:node:n1"), ("Impersonate-Group", "system:nodes")], 403),
        ([("Impersonate-User", "system:apiserver")], 403),
        // Another spelling of a header is another header.
        ([("Impersonate_User", "admin")], 201), ([("X-Remote-User", "admin"), ("X-Remote-Group", "system:masters")], 201),
    ]

    @Test("makes nobody somebody else, whatever the headers", arguments: attempts.indices)
    func attempt(index: Int) async throws {
        let server = try await TestServer()
        let (headers, status) = Self.attempts[index]
        let answer = await ask(server, headers)
        #expect(answer.status == status, "\(headers): \(answer.text)")
        if status == 201 { #expect(answer.json["status"]?["userInfo"]?["username"]?.string == "alice") }
        // Nor does anonymous become anybody.
        #expect(await ask(server, [("Impersonate-User", "admin")], token: nil).status == 403)
        #expect(await ask(server, [("Impersonate-User", "admin")], token: "wrong").status == 401)
    }

    @Test("a right to be bob is one to be bob, without groups, and what bob may not do stays forbidden")
    func narrow() async throws {
        let server = try await TestServer()
        await grant(server, [["apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": ["bob", "caf\u{E9}"]]])
        let bob = await ask(server, [("Impersonate-User", "bob")])
        #expect(bob.json["status"]?["userInfo"]?["username"]?.string == "bob")
        #expect(bob.json["status"]?["userInfo"]?["groups"]?.strings == ["system:authenticated"], "alice's groups are not bob's")
        for more in [("Impersonate-Group", "system:masters"), ("Impersonate-Group", "dev"), ("Impersonate-Uid", "1"), ("Impersonate-Extra-a", "b")] {
            #expect(await ask(server, [("Impersonate-User", "bob"), more]).status == 403, "\(more)")
        }
        #expect(await ask(server, [("Impersonate-User", "bob")], "GET", "/api/v1/secrets").status == 403)
        #expect(await ask(server, [("Impersonate-User", "cafe\u{301}")]).status == 403, "another name that looks the same")
        // The second of two headers is not the one that was allowed, nor the one that counts.
        let both = await ask(server, [("Impersonate-User", "bob"), ("Impersonate-User", "admin")])
        #expect(both.json["status"]?["userInfo"]?["username"]?.string == "bob")
        #expect(await ask(server, [("Impersonate-User", "admin"), ("Impersonate-User", "bob")]).status == 403)
    }

    @Test("a right that bob has does not become alice's by asking for it before a body is taken in")
    func beforeTheBody() async throws {
        let server = try await TestServer()
        await grant(server, [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]]], to: "bob")
        let request = APIRequest(
            method: "POST", uri: "/api/v1/namespaces/default/configmaps",
            headers: ["authorization": "Bearer secret", "impersonate-user": "bob"], origin: .network(peer: nil, remoteAddress: ""))
        #expect(server.server.path.refusal(of: request)?.status == 403)
    }
}
