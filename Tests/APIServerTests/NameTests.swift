import APIServer
import JSONValue
import KubeModel
import PolicyModel
import Testing

/// Names that look the same and are not: RBAC names are path segments of any script.
@Suite("names that differ in normalisation only")
struct NameTests {
    /// `é` in one scalar, and `e` with an accent after it: equal as Swift strings.
    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"
    private static let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    private static let jane = UserInfo(name: "jane", groups: [UserInfo.authenticatedGroup])

    private static func path(_ name: String) -> String {
        roles + "/" + name.utf8.map { $0 < 0x80 ? String(Character(UnicodeScalar($0))) : "%" + String($0, radix: 16) }.joined()
    }
    private static func role(_ name: String, _ verb: String) -> JSON {
        ["metadata": ["name": .string(name)], "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": [.string(verb)]]]]
    }
    private static func verb(_ answer: TestResponse) -> String? { answer.json["rules"]?[at: 0]?["verbs"]?[at: 0]?.string }

    /// A server with both roles.
    private func server() async throws -> TestServer {
        let server = try await TestServer()
        for (name, verb) in [(Self.composed, "get"), (Self.decomposed, "list")] {
            #expect(await server.send("POST", Self.roles, body: Self.role(name, verb)).status == 201)
        }
        return server
    }

    @Test("are two objects, each read, listed, changed and deleted by itself")
    func twoObjects() async throws {
        #expect(Self.composed == Self.decomposed)
        let server = try await server()
        #expect(await Self.verb(server.send("GET", Self.path(Self.composed))) == "get")
        #expect(await Self.verb(server.send("GET", Self.path(Self.decomposed))) == "list")
        let listed = await server.send("GET", Self.roles).json["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } ?? []
        #expect(listed.filter { $0 == Self.composed }.count == 2)
        let selected = await server.send("GET", Self.roles + "?fieldSelector=metadata.name%3Dcaf%C3%A9")
        #expect(selected.json["items"]?.array?.count == 1)
        #expect(await server.send("DELETE", Self.path(Self.composed)).status == 200)
        #expect(await server.send("GET", Self.path(Self.composed)).status == 404)
        #expect(await Self.verb(server.send("GET", Self.path(Self.decomposed))) == "list")
        // The same after the store was read anew.
        server.stop()
        let again = try await TestServer(folder: server.folder)
        #expect(await again.send("GET", Self.path(Self.composed)).status == 404)
        #expect(await Self.verb(again.send("GET", Self.path(Self.decomposed))) == "list")
    }

    @Test("are not taken for each other between the path and the body of a write", arguments: ["PUT", "PATCH"])
    func pathAndBody(method: String) async throws {
        let server = try await server()
        let answer = await server.send(
            method, Self.path(Self.composed), body: Self.role(Self.decomposed, "delete"),
            contentType: method == "PUT" ? "application/json" : "application/merge-patch+json")
        #expect(answer.status == 400, "\(answer.text)")
        #expect(await Self.verb(server.send("GET", Self.path(Self.composed))) == "get")
        #expect(await Self.verb(server.send("GET", Self.path(Self.decomposed))) == "list")
    }

    @Test("are two names to a rule with resource names")
    func resourceNames() async throws {
        let server = try await server()
        let rule: JSON = [
            "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": ["get", "list", "watch"],
            "resourceNames": [.string(Self.composed)],
        ]
        _ = await server.send("POST", Self.roles, body: ["metadata": ["name": "reader"], "rules": [rule]])
        _ = await server.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            body: [
                "metadata": ["name": "reader"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"],
                "subjects": [["kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
        #expect(await server.send("GET", Self.path(Self.composed), as: Self.jane).status == 200)
        #expect(await server.send("GET", Self.path(Self.decomposed), as: Self.jane).status == 403)
        let one = await server.send("GET", Self.roles + "?watch=1&fieldSelector=metadata.name%3Dcaf%C3%A9", as: Self.jane)
        #expect(one.events.count == 1)
        one.watch?.close()
        #expect(await server.send("GET", Self.roles + "?fieldSelector=metadata.name%3Dcafe%CC%81", as: Self.jane).status == 403)
    }

    @Test("lists go on page by page where names begin with a combining mark")
    func pages() async throws {
        let server = try await TestServer()
        let names = ["\u{301}a", "\u{301}b", "\u{E9}", "e\u{301}"]
        for name in names { #expect(await server.send("POST", Self.roles, body: Self.role(name, "get")).status == 201) }
        var found: [[UInt8]] = []
        var uri = Self.roles + "?limit=1"
        for _ in 0..<1000 {
            let page = await server.send("GET", uri)
            found += page.json["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string.map { Array($0.utf8) } } ?? []
            guard let token = page.json["metadata"]?["continue"]?.string else { break }
            uri = Self.roles + "?limit=1&continue=" + token
        }
        let whole = await server.send("GET", Self.roles).json["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } ?? []
        #expect(found == whole.map { Array($0.utf8) })
    }
}
