import JSONValue
import KubeModel
import PolicyModel
import Testing

/// Admission webhooks and policies: nobody can be asked yet, so `failurePolicy` decides.
@Suite("registered admission controls")
struct RegisteredControlTests {
    private static let root = "/apis/admissionregistration.k8s.io/v1/"

    private static func webhook(_ failurePolicy: String, _ more: JSON = [:], resources: [String] = ["configmaps"]) -> JSON {
        var hook: JSON = [
            "name": "h.example.com", "clientConfig": ["url": "https://127.0.0.1:1/h"], "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "failurePolicy": .string(failurePolicy),
            "rules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": JSON(resources)]],
        ]
        for (key, value) in more.object ?? [:] { hook[key] = value }
        return ["metadata": ["name": "w"], "webhooks": [hook]]
    }

    @Test(
        "what a webhook would judge is refused, unless its failure policy lets it through or it selects something else",
        arguments: [
            (webhook("Fail"), false), (webhook("Ignore"), true), (webhook("Fail", resources: ["secrets"]), true),
            (webhook("Fail", resources: ["*"]), false), (webhook("Fail", resources: ["configmaps/status"]), true),
            (webhook("Fail", ["objectSelector": ["matchLabels": ["a": "b"]]]), true),
            (webhook("Fail", ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "default"]]]), false),
            (webhook("Fail", ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "other"]]]), true),
            (webhook("Fail", ["matchConditions": [["name": "c", "expression": "false"]]]), false),
        ], ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"])
    func webhooks(_ example: (configuration: JSON, passes: Bool), _ resource: String) async throws {
        let server = try await TestServer()
        let registered = await server.send("POST", Self.root + resource, body: example.configuration)
        #expect(registered.status == 201, "\(registered.text)")
        let answer = await server.send("POST", "/api/v1/namespaces/default/configmaps", body: TestServer.configMap("c"))
        #expect((answer.status == 201) == example.passes, "\(answer.text)")
        if !example.passes { #expect(answer.message.contains("failed calling webhook \"h.example.com\"")) }
        // A wrong registration can be taken back.
        #expect(await server.send("DELETE", Self.root + resource + "/w").status == 200)
        #expect(await server.send("POST", "/api/v1/namespaces/default/configmaps", body: TestServer.configMap("d")).status == 201)
    }

    @Test("a control over everything, which nobody can ask, does not keep the server from starting, and can be taken back")
    func overEverything() async throws {
        let folder = TemporaryFolder()
        do {
            let server = try await TestServer(folder: folder)
            var configuration = Self.webhook("Fail", resources: ["*/*"])
            var hook = configuration["webhooks"]?[at: 0] ?? [:]
            hook["rules"] = [["apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]]]
            configuration["webhooks"] = [hook]
            #expect(await server.send("POST", Self.root + "validatingwebhookconfigurations", body: configuration).status == 201)
            #expect(await server.send("POST", "/api/v1/namespaces/default/configmaps", body: TestServer.configMap("c")).status == 500)
            // The name of the server's own identity is not enough: its groups belong to it.
            let claimed = await server.send(
                "POST", "/api/v1/namespaces/default/configmaps", as: UserInfo(name: "system:apiserver", groups: ["system:masters"]),
                body: TestServer.configMap("c"))
            #expect(claimed.status == 500)
            server.stop()
        }
        let server = try await TestServer(folder: folder)
        #expect(await server.send("DELETE", Self.root + "validatingwebhookconfigurations/w").status == 200)
        #expect(await server.send("POST", "/api/v1/namespaces/default/configmaps", body: TestServer.configMap("c")).status == 201)
        server.stop()
    }

    private static func policy(_ failurePolicy: String) -> JSON {
        [
            "metadata": ["name": "p"],
            "spec": [
                "failurePolicy": .string(failurePolicy),
                "matchConstraints": [
                    "resourceRules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]]]
                ], "validations": [["expression": "object.metadata.name != 'bad'"]],
            ],
        ]
    }

    @Test(
        "what a bound policy would judge is refused, unless it may be left out",
        arguments: [("Fail", ["Deny"], false), ("Ignore", ["Deny"], true), ("Fail", ["Audit"], true)] as [(String, [String], Bool)])
    func policies(_ failurePolicy: String, _ actions: [String], _ passes: Bool) async throws {
        let server = try await TestServer()
        let made = await server.send("POST", Self.root + "validatingadmissionpolicies", body: Self.policy(failurePolicy))
        #expect(made.status == 201, "\(made.text)")
        let unbound = await server.send("POST", "/api/v1/namespaces/default/configmaps", body: TestServer.configMap("a"))
        #expect(unbound.status == 201)
        let bound = await server.send(
            "POST", Self.root + "validatingadmissionpolicybindings",
            body: ["metadata": ["name": "b"], "spec": ["policyName": "p", "validationActions": JSON(actions)]])
        #expect(bound.status == 201, "\(bound.text)")
        let answer = await server.send("POST", "/api/v1/namespaces/default/configmaps", body: TestServer.configMap("c"))
        #expect((answer.status == 201) == passes, "\(answer.text)")
        if !passes { #expect(answer.message.contains("ValidatingAdmissionPolicy 'p' with binding 'b' denied request")) }
    }
}
