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

    // MARK: PodSecurityPolicy

    /// A server that enforces policies, with one that bob may use, and a pod of bob's that it allowed.
    private func withPolicy() async throws -> TestServer {
        let server = try await TestServer(plugins: TestServer.plugins.subtracting(["PodSecurity"]).union(["PodSecurityPolicy"]))
        _ = await server.send("POST", "/api/v1/namespaces/default/serviceaccounts", body: ["metadata": ["name": "default"]])
        let any: JSON = ["rule": "RunAsAny"]
        let policy: JSON = [
            "metadata": [
                "name": "restricted",
                "annotations": [
                    "apparmor.security.beta.kubernetes.io/allowedProfileNames": "runtime/default",
                    "apparmor.security.beta.kubernetes.io/defaultProfileName": "runtime/default",
                    "seccomp.security.alpha.kubernetes.io/allowedProfileNames": "runtime/default",
                ],
            ],
            "spec": [
                "privileged": false, "seLinux": any, "supplementalGroups": any, "runAsUser": any, "fsGroup": any, "volumes": ["configMap", "projected"],
                "allowPrivilegeEscalation": false,
            ],
        ]
        #expect(await server.send("POST", "/apis/policy/v1beta1/podsecuritypolicies", body: policy).status == 201)
        await grant(
            server,
            [
                ["apiGroups": ["policy"], "resources": ["podsecuritypolicies"], "verbs": ["use"], "resourceNames": ["restricted"]],
                ["apiGroups": [""], "resources": ["pods", "pods/ephemeralcontainers", "pods/resize", "pods/status"], "verbs": ["create", "get", "update", "patch"]],
            ])
        var pod = TestServer.pod("p")
        pod[path: "metadata", "annotations"] = [
            "container.apparmor.security.beta.kubernetes.io/c": "runtime/default", "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
        ]
        let created = await server.send("POST", "/api/v1/namespaces/default/pods", as: Self.bob, body: pod)
        #expect(created.status == 201, "\(created.text)")
        return server
    }

    private static let patches: [(path: String, patch: JSON)] = [
        ("", ["metadata": ["annotations": ["container.apparmor.security.beta.kubernetes.io/c": "unconfined"]]]),
        ("", ["metadata": ["annotations": ["seccomp.security.alpha.kubernetes.io/pod": "unconfined"]]]),
        ("", ["spec": ["containers": [["name": "c", "image": "i", "securityContext": ["privileged": true]]]]]),
        ("", ["spec": ["hostPID": true]]), ("", ["spec": ["hostNetwork": true]]),
        ("", ["spec": ["volumes": [["name": "h", "hostPath": ["path": "/"]]]]]),
        ("", ["spec": ["ephemeralContainers": [["name": "d", "image": "i", "securityContext": ["privileged": true]]]]]),
        ("/resize", ["spec": ["hostPID": true]]),
        ("/resize", ["spec": ["containers": [["name": "c", "image": "i", "securityContext": ["privileged": true]]]]]),
        ("/status", ["spec": ["hostPID": true]]),
        ("/ephemeralcontainers", ["spec": ["ephemeralContainers": [["name": "d", "image": "i", "securityContext": ["privileged": true]]]]]),
        ("/ephemeralcontainers", ["spec": ["ephemeralContainers": [["name": "d", "image": "i", "securityContext": ["allowPrivilegeEscalation": true]]]]]),
        (
            "/ephemeralcontainers",
            ["spec": ["ephemeralContainers": [["name": "d", "image": "i", "securityContext": ["capabilities": ["add": ["SYS_ADMIN"]]]]]]]
        ),
        ("/ephemeralcontainers", ["spec": ["hostPID": true, "ephemeralContainers": [["name": "d", "image": "i"]]]]),
    ]

    @Test("a pod that a policy allowed is not changed into one that it forbids", arguments: ["strategic-merge", "merge", "apply", "put"])
    func changedPod(way: String) async throws {
        let server = try await withPolicy()
        for (subresource, patch) in Self.patches { await change(server, way, subresource, patch) }
        server.stop()
    }

    private func change(_ server: TestServer, _ way: String, _ subresource: String, _ patch: JSON) async {
        let path = "/api/v1/namespaces/default/pods/p"
        var before = await server.send("GET", path).json
        let answer: TestResponse
        switch way {
        case "apply":
            var object = patch
            object["apiVersion"] = "v1"
            object["kind"] = "Pod"
            object[path: "metadata", "name"] = "p"
            answer = await server.send(
                "PATCH", path + subresource + "?fieldManager=m&force=true", as: Self.bob, body: object, contentType: "application/apply-patch+yaml")
        case "put":
            var object = before
            for (key, value) in patch["metadata"]?["annotations"]?.object ?? [:] { object[path: "metadata", "annotations", key] = value }
            for (key, value) in patch["spec"]?.object ?? [:] { object[path: "spec", key] = value }
            answer = await server.send("PUT", path + subresource, as: Self.bob, body: object)
        default:
            answer = await server.send("PATCH", path + subresource, as: Self.bob, body: patch, contentType: "application/\(way)-patch+json")
        }
        var after = await server.send("GET", path).json
        // What is not refused must have changed nothing of what the policy speaks of.
        for object in [before, after] {
            let spec = object["spec"]
            let containers = (spec?["containers"]?.array ?? []) + (spec?["ephemeralContainers"]?.array ?? [])
            #expect(spec?["hostPID"]?.bool != true && spec?["hostNetwork"]?.bool != true, "\(answer.text)")
            #expect(!(spec?["volumes"]?.array ?? []).contains { $0["hostPath"] != nil }, "\(answer.text)")
            #expect(
                containers.allSatisfy {
                    $0["securityContext"]?["privileged"]?.bool != true && $0["securityContext"]?["allowPrivilegeEscalation"]?.bool != true
                        && $0["securityContext"]?["capabilities"]?["add"] == nil
                }, "\(answer.text)")
            #expect(object["metadata"]?["annotations"]?.stringMap.values.contains("unconfined") == false, "\(answer.text)")
        }
        if answer.status >= 400 {
            for field in ["managedFields", "resourceVersion"] {
                before["metadata"]?[field] = nil
                after["metadata"]?[field] = nil
            }
            #expect(before == after)
        }
    }

    @Test("an ephemeral container that the policy allows is added, with the policy's defaults")
    func allowedEphemeralContainer() async throws {
        let server = try await withPolicy()
        let patch: JSON = ["spec": ["ephemeralContainers": [["name": "d", "image": "i"]]]]
        let answer = await server.send(
            "PATCH", "/api/v1/namespaces/default/pods/p/ephemeralcontainers", as: Self.bob, body: patch, contentType: "application/strategic-merge-patch+json")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json["spec"]?["ephemeralContainers"]?[at: 0]?["securityContext"]?["allowPrivilegeEscalation"] == false)
    }
}
