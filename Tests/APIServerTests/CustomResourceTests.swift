import APIServer
import JSONValue
import KubeModel
import PolicyModel
import Store
import Testing

/// Kinds that CRDs define.
@Suite("custom resources")
struct CustomResourceTests {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let gears = "/apis/example.com/v1/namespaces/default/gears"

    private static func definition(
        plural: String = "gears", kind: String = "Gear", group: String = "example.com", scope: String = "Namespaced", schema: JSON? = nil,
        more: JSON = [:]
    ) -> JSON {
        var version: JSON = [
            "name": "v1", "served": true, "storage": true,
            "schema": [
                "openAPIV3Schema": schema ?? [
                    "type": "object",
                    "properties": ["spec": ["type": "object", "properties": ["teeth": ["type": "integer", "minimum": 3]]]],
                ]
            ],
        ]
        for (key, value) in more.object ?? [:] { version[key] = value }
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": .string("\(plural).\(group)")],
            "spec": [
                "group": .string(group), "scope": .string(scope), "names": ["plural": .string(plural), "kind": .string(kind)],
                "versions": [version],
            ],
        ]
    }

    private static func gear(_ name: String, teeth: Int64 = 8, finalizers: [String] = []) -> JSON {
        var gear: JSON = ["apiVersion": "example.com/v1", "kind": "Gear", "metadata": ["name": .string(name)], "spec": ["teeth": .int(teeth)]]
        if !finalizers.isEmpty { gear[path: "metadata", "finalizers"] = JSON(finalizers) }
        return gear
    }

    @Test("whoever was answered that a kind is defined finds it served, in discovery too")
    func served() async throws {
        let server = try await TestServer()
        let before = await server.send("GET", Self.gears)
        #expect(before.status == 404)
        #expect(before.text == "404 page not found\n")
        #expect(await server.send("POST", Self.definitions, body: Self.definition()).status == 201)
        #expect(await server.send("POST", Self.gears, body: Self.gear("a")).status == 201)
        let list = await server.send("GET", Self.gears)
        #expect(list.json["kind"] == "GearList")
        #expect(list.json["items"]?[at: 0]?["spec"]?["teeth"] == 8)
        let group = await server.send("GET", "/apis/example.com")
        #expect(group.json["preferredVersion"]?["version"] == "v1")
        let document = await server.send("GET", "/openapi/v3/apis/example.com/v1")
        #expect(document.json["components"]?["schemas"]?["com.example.v1.Gear"]?["properties"]?["spec"] != nil)
        let index = await server.send("GET", "/openapi/v3")
        #expect(index.json["paths"]?["apis/example.com/v1"] != nil)
    }

    @Test("a value that the schema forbids is refused, on every way in")
    func judged() async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        let created = await server.send("POST", Self.gears, body: Self.gear("a", teeth: 2))
        #expect(created.status == 422)
        #expect(created.message.contains("spec.teeth in body should be greater than or equal to 3"))
        _ = await server.send("POST", Self.gears, body: Self.gear("a"))
        let patched = await server.send(
            "PATCH", Self.gears + "/a", body: ["spec": ["teeth": 1]], contentType: "application/merge-patch+json")
        #expect(patched.status == 422)
        let applied = await server.send(
            "PATCH", Self.gears + "/a?fieldManager=m&force=true", body: Self.gear("a", teeth: 0), contentType: "application/apply-patch+yaml")
        #expect(applied.status == 422)
        #expect(await server.send("GET", Self.gears + "/a").json["spec"]?["teeth"] == 8)
    }

    @Test("the kinds and their objects are there after a restart")
    func restart() async throws {
        let folder = TemporaryFolder()
        do {
            let server = try await TestServer(folder: folder)
            _ = await server.send("POST", Self.definitions, body: Self.definition(more: ["selectableFields": [["jsonPath": ".spec.teeth"]]]))
            for (name, teeth) in [("a", 8), ("b", 9)] as [(String, Int64)] {
                _ = await server.send("POST", Self.gears, body: Self.gear(name, teeth: teeth))
            }
            server.stop()
        }
        let server = try await TestServer(folder: folder)
        let list = await server.send("GET", Self.gears + "?fieldSelector=spec.teeth%3D9")
        #expect(list.json["items"]?.array?.map { $0["metadata"]?["name"] } == ["b"])
        #expect(await server.send("PUT", Self.gears + "/a", body: list.json["items"]?[at: 0] ?? [:]).status == 400)
        server.stop()
    }

    @Test("with its definition a kind goes, its objects, its watches and its place in discovery")
    func removal() async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        _ = await server.send("POST", Self.gears, body: Self.gear("a"))
        let watch = await server.send("GET", Self.gears + "?watch=1")
        #expect(watch.eventTypes == ["ADDED a"])
        let deleted = await server.send("DELETE", Self.definitions + "/gears.example.com")
        #expect(deleted.status == 200)
        #expect(await server.send("GET", Self.gears).status == 404)
        #expect(await server.send("GET", "/apis/example.com").status == 404)
        let last = try #require(watch.watch).frames()
        #expect(last.isEnded)
        #expect(last.frames.count == 1, "the removal of the object is told before the watch ends")
        #expect(try server.store.list(prefix: "/registry/example.com/").entries.isEmpty)
        // A new definition of the same name begins with nothing.
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        #expect(await server.send("GET", Self.gears).json["items"] == [])
    }

    @Test("an object that waits for a finalizer holds its definition; nothing new is made meanwhile")
    func heldBack() async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        _ = await server.send("POST", Self.gears, body: Self.gear("a", finalizers: ["example.com/hold"]))
        _ = await server.send("DELETE", Self.definitions + "/gears.example.com")
        #expect(await server.send("GET", Self.gears + "/a").json["metadata"]?["deletionTimestamp"] != nil)
        let refused = await server.send("POST", Self.gears, body: Self.gear("b"))
        #expect(refused.status == 405)
        #expect(refused.message == "create not allowed while custom resource definition is terminating")
        let released = await server.send(
            "PATCH", Self.gears + "/a", body: ["metadata": ["finalizers": .null]], contentType: "application/merge-patch+json")
        #expect(released.status == 200)
        #expect(await server.send("GET", Self.definitions + "/gears.example.com").status == 404)
    }

    @Test("objects that are created while their definition goes are refused or removed, never left behind", arguments: 0..<6)
    func race(round: Int) async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { for number in 0..<12 { _ = await server.send("POST", Self.gears, body: Self.gear("g\(writer)-\(number)")) } }
            }
            group.addTask {
                for _ in 0..<(round * 3) { await Task.yield() }
                let deleted = await server.send("DELETE", Self.definitions + "/gears.example.com")
                #expect(deleted.status == 200)
            }
        }
        #expect(try server.store.list(prefix: "/registry/example.com/").entries.isEmpty)
        #expect(await server.send("GET", Self.definitions + "/gears.example.com").status == 404)
    }

    @Test("a kind may have the name of a built-in one and is not taken for it", arguments: [("services", "Service"), ("namespaces", "Namespace"), ("pods", "Pod")])
    func sameName(_ plural: String, _ kind: String) async throws {
        let server = try await TestServer()
        let made = await server.send("POST", Self.definitions, body: Self.definition(plural: plural, kind: kind))
        #expect(made.status == 201, "\(made.text)")
        let path = "/apis/example.com/v1/namespaces/default/\(plural)"
        let object: JSON = ["apiVersion": "example.com/v1", "kind": .string(kind), "metadata": ["name": "x"], "spec": ["teeth": 5]]
        let created = await server.send("POST", path, body: object)
        #expect(created.status == 201, "\(created.text)")
        #expect(created.json["spec"] == ["teeth": 5])
        #expect(await server.send("DELETE", path + "/x").json["kind"] == "Status")
        #expect(await server.send("GET", path + "/x").status == 404)
    }

    @Test("what would look like protection and is not enforced is refused", arguments: [
        (definition(schema: ["type": "object", "x-kubernetes-validations": [["rule": "self.a > 0"]]]), "does not evaluate CEL rules"),
        (definition(plural: "deployments", kind: "Deployment", group: "apps"), "is served by the API server itself"),
        (definition(schema: ["type": "object", "properties": ["a": ["type": "string", "pattern": "("]]]), "must be a valid regular expression"),
        (definition(schema: ["type": "object", "properties": ["a": ["type": "object", "additionalProperties": false]]]), "cannot be set to false"),
        (definition(group: "x.k8s.io"), "protected groups must have approval annotation"),
    ] as [(JSON, String)])
    func refused(_ definition: JSON, _ why: String) async throws {
        let server = try await TestServer()
        let answer = await server.send("POST", Self.definitions, body: definition)
        #expect(answer.status == 422, "\(answer.text)")
        #expect(answer.message.contains(why), "\(answer.message)")
    }

    @Test("custom resources are protected by RBAC like all others")
    func authorization() async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        let eve = UserInfo(name: "eve", groups: [UserInfo.authenticatedGroup])
        #expect(await server.send("GET", Self.gears, as: eve).status == 403)
        #expect(await server.send("POST", Self.gears, as: eve, body: Self.gear("a")).status == 403)
    }

    @Test("a second definition that wants a name of the first gets it when the first is gone")
    func names() async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        let second = Self.definition(plural: "cogs", kind: "Gear")
        #expect(await server.send("POST", Self.definitions, body: second).status == 201)
        #expect(await server.send("GET", "/apis/example.com/v1/namespaces/default/cogs").status == 404)
        let held = await server.send("GET", Self.definitions + "/cogs.example.com")
        #expect(held.json["status"]?["conditions"]?[at: 0]?["reason"] == "ListKindConflict")
        _ = await server.send("DELETE", Self.definitions + "/gears.example.com")
        #expect(await server.send("GET", "/apis/example.com/v1/namespaces/default/cogs").status == 200)
    }

    @Test("an object that was written under an older schema is served under the present one")
    func newSchema() async throws {
        let server = try await TestServer()
        _ = await server.send("POST", Self.definitions, body: Self.definition())
        _ = await server.send("POST", Self.gears, body: Self.gear("a"))
        var changed = await server.send("GET", Self.definitions + "/gears.example.com").json
        var versions = changed["spec"]?["versions"]?.array ?? []
        versions[0][path: "schema", "openAPIV3Schema", "properties", "spec", "properties"] = ["color": ["type": "string", "default": "grey"]]
        changed[path: "spec", "versions"] = .array(versions)
        #expect(await server.send("PUT", Self.definitions + "/gears.example.com", body: changed).status == 200)
        #expect(await server.send("GET", Self.gears + "/a").json["spec"] == ["color": "grey"])
        #expect(await server.send("GET", Self.gears).json["items"]?[at: 0]?["spec"] == ["color": "grey"])
    }
}
