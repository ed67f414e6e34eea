import APIServer
import JSONValue
import KubeModel
import PolicyModel
import Store
import Testing

@Suite("Watches, dry runs and forms of answers")
struct ReadingTests {
    private static let collection = "/api/v1/namespaces/n/configmaps"

    @Test("a watch resumes after the revision that it names, and tells everything since")
    func resume() async throws {
        let server = try await TestServer()
        await server.namespace("n")
        let first = await server.send("POST", Self.collection, body: TestServer.configMap("a"))
        let version = first.json["metadata"]?["resourceVersion"]?.string ?? ""
        _ = await server.send("POST", Self.collection, body: TestServer.configMap("b"))
        let watch = await server.send("GET", "\(Self.collection)?watch=true&resourceVersion=\(version)")
        #expect(watch.eventTypes == ["ADDED b"])
        _ = await server.send("DELETE", "\(Self.collection)/a")
        #expect(watch.eventTypes == ["DELETED a"])
    }

    @Test("an object that leaves a selection is told as deleted")
    func leaving() async throws {
        let server = try await TestServer()
        await server.namespace("n")
        var object = TestServer.configMap("a")
        object[path: "metadata", "labels"] = ["x": "1"]
        _ = await server.send("POST", Self.collection, body: object)
        let watch = await server.send("GET", "\(Self.collection)?watch=true&labelSelector=x%3D1")
        #expect(watch.eventTypes == ["ADDED a"])
        _ = await server.send(
            "PATCH", "\(Self.collection)/a", body: ["metadata": ["labels": ["x": "2"]]], contentType: "application/merge-patch+json")
        #expect(watch.eventTypes == ["DELETED a"])
    }

    @Test("a watch from the future is told to wait, and one from before the compaction to list again")
    func outOfRange() async throws {
        let server = try await TestServer()
        await server.namespace("n")
        let early = await server.send("POST", Self.collection, body: TestServer.configMap("a"))
        let version = early.json["metadata"]?["resourceVersion"]?.string ?? ""
        let future = await server.send("GET", "\(Self.collection)?watch=true&resourceVersion=999999999")
        #expect(future.status == 504)
        _ = await server.send("POST", Self.collection, body: TestServer.configMap("b"))
        try await server.store.compact(to: server.store.currentRevision)
        server.stop()
        let again = try await TestServer(folder: server.folder)
        let old = await again.send("GET", "\(Self.collection)?watch=true&resourceVersion=\(version)")
        #expect(old.status == 410)
        #expect(old.reason == "Expired")
    }

    @Test("a dry run answers as the write would, and stores nothing")
    func dryRun() async throws {
        let server = try await TestServer()
        await server.namespace("n")
        let before = server.store.currentRevision
        #expect(await server.send("POST", "\(Self.collection)?dryRun=All", body: TestServer.configMap("a")).status == 201)
        #expect(server.store.currentRevision == before)
        _ = await server.send("POST", Self.collection, body: TestServer.configMap("a"))
        #expect(await server.send("POST", "\(Self.collection)?dryRun=All", body: TestServer.configMap("a")).status == 409)
        #expect(await server.send("DELETE", "\(Self.collection)/a?dryRun=All").status == 200)
        #expect(await server.send("GET", "\(Self.collection)/a").status == 200)
    }

    @Test(
        "the form of the answer is the first that the client takes",
        arguments: [
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "Table"),
            ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "ConfigMapList"),
            ("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "PartialObjectMetadataList"),
            ("*/*", "ConfigMapList"), ("application/json;q=0.1, application/yaml;q=0.01", "ConfigMapList"),
        ])
    func forms(accept: String, kind: String) async throws {
        let server = try await TestServer()
        await server.namespace("n")
        _ = await server.send("POST", Self.collection, body: TestServer.configMap("a"))
        #expect(await server.send("GET", Self.collection, accept: accept).json["kind"]?.string == kind)
    }

    @Test("a client that takes none of our forms is told which there are")
    func notAcceptable() async throws {
        let server = try await TestServer()
        let answer = await server.send("GET", "/api/v1/namespaces", accept: "image/png")
        #expect(answer.status == 406)
        #expect(answer.message.contains("application/json"))
    }

    @Test("PodSecurityPolicies are one object in two versions, each with its warning")
    func podSecurityPolicies() async throws {
        let server = try await TestServer()
        let policy: JSON = [
            "apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": ["name": "p"],
            "spec": [
                "privileged": false, "seLinux": ["rule": "RunAsAny"], "supplementalGroups": ["rule": "RunAsAny"],
                "runAsUser": ["rule": "RunAsAny"], "fsGroup": ["rule": "RunAsAny"],
            ],
        ]
        let created = await server.send("POST", "/apis/policy/v1beta1/podsecuritypolicies", body: policy)
        #expect(created.status == 201)
        #expect(
            created.warnings == ["299 - \"policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+\""])
        let older = await server.send("GET", "/apis/extensions/v1beta1/podsecuritypolicies/p")
        #expect(older.json["apiVersion"] == "extensions/v1beta1")
        #expect(older.json["metadata"]?["uid"] == created.json["metadata"]?["uid"])
        #expect(older.warnings.count == 1)
        #expect(older.warnings.first?.contains("extensions/v1beta1 PodSecurityPolicy is deprecated") == true)
    }

    @Test("a get that asks for a version not older than one that is not there yet is not answered with an older one")
    func notOlderThan() async throws {
        let server = try await TestServer()
        await server.namespace("n")
        _ = await server.send("POST", Self.collection, body: TestServer.configMap("a"))
        #expect(await server.send("GET", "\(Self.collection)/a?resourceVersion=999999999").status == 504)
        #expect(await server.send("GET", "\(Self.collection)/a?resourceVersion=1").status == 200)
    }
}
