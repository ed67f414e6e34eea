import APIServer
import JSONValue
import KubeModel
import PolicyModel
import Testing

/// Ways around a right that were open once.
@Suite("ways around a right")
struct BypassTests {
    private static let bob = UserInfo(name: "bob", groups: [UserInfo.authenticatedGroup])

    /// Gives bob the rules in the namespace `default`.
    private func grant(_ server: TestServer, _ rules: JSON) async {
        _ = await server.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", body: ["metadata": ["name": "r"], "rules": rules])
        _ = await server.send(
            "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
            body: [
                "metadata": ["name": "b"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
                "subjects": [["kind": "User", "name": "bob", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
    }

    @Test(
        "a watch of the one secret that may be watched shows no other, whatever it selects",
        arguments: [
            "/api/v1/watch/namespaces/default/secrets/mine?fieldSelector=type%3DOpaque",
            "/api/v1/watch/namespaces/default/secrets/mine?fieldSelector=metadata.name%3Dother",
            "/api/v1/watch/namespaces/default/secrets/mine", "/api/v1/namespaces/default/secrets?watch=1&fieldSelector=metadata.name%3Dmine",
        ])
    func watchOfOne(_ uri: String) async throws {
        let server = try await TestServer()
        for name in ["mine", "other"] {
            _ = await server.send("POST", "/api/v1/namespaces/default/secrets", body: ["metadata": ["name": .string(name)]])
        }
        await grant(server, [["apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["watch", "list"]]])
        let answer = await server.send("GET", uri, as: Self.bob)
        if uri.contains("type") || uri.contains("Dother") {
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.watch == nil)
        } else {
            #expect(answer.status == 200)
            #expect(answer.eventTypes == ["ADDED mine"])
        }
        answer.watch?.close()
    }

    @Test("whoever may update and patch but not create makes no object by updating or applying one")
    func createByUpdate() async throws {
        let server = try await TestServer()
        await grant(server, [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["update", "patch", "get"]]])
        let object: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "new"], "data": ["a": "b"]]
        let put = await server.send("PUT", "/api/v1/namespaces/default/configmaps/new", as: Self.bob, body: object)
        let apply = await server.send(
            "PATCH", "/api/v1/namespaces/default/configmaps/new?fieldManager=m", as: Self.bob, body: object, contentType: "application/apply-patch+yaml")
        #expect(put.status == 404, "\(put.text)")
        #expect(apply.status == 403, "\(apply.text)")
        let found = await server.send("GET", "/api/v1/namespaces/default/configmaps/new")
        #expect(found.status == 404)
    }

    @Test("a JSON patch of copies of copies is refused before it has grown the document")
    func copyBomb() async throws {
        let server = try await TestServer()
        _ = await server.send(
            "POST", "/api/v1/namespaces/default/configmaps",
            body: ["metadata": ["name": "c"], "data": ["a": .string(String(repeating: "x", count: 1000))]])
        var patch: [JSON] = []
        for step in 0..<40 {
            patch.append(["op": "copy", "from": "/data", "path": .string("/data/k\(step)")])
        }
        let answer = await server.send(
            "PATCH", "/api/v1/namespaces/default/configmaps/c", body: .array(patch), contentType: "application/json-patch+json")
        #expect(answer.status == 422, "\(answer.text.prefix(300))")
    }
}
