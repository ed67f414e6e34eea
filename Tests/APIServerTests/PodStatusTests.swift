import JSONValue
import PolicyModel
import Testing

@Suite("the status of pods")
struct PodStatusTests {
    private static let path = "/api/v1/namespaces/team/pods/p"

    /// Writes the message of the pod's status.
    private func write(_ message: JSON, _ way: String, _ server: TestServer, _ object: JSON) async -> TestResponse {
        let patch: JSON = ["metadata": ["uid": object["metadata"]?["uid"] ?? .null], "status": ["message": message]]
        if way == "put" {
            var object = object
            object["status"]?["message"] = message
            return await server.send("PUT", Self.path + "/status", body: object)
        }
        return await server.send("PATCH", Self.path + "/status", body: patch, contentType: "application/\(way)-patch+json")
    }

    @Test("is told until the end: a pod that is being deleted has one too, and stays so", arguments: ["put", "merge", "strategic-merge"])
    func terminating(way: String) async throws {
        let server = try await TestServer()
        await server.namespace("team")
        #expect(await server.send("POST", "/api/v1/namespaces/team/pods", body: TestServer.pod("p", ["nodeName": "n", "terminationGracePeriodSeconds": 5])).status == 201)
        let deleted = await server.send("DELETE", Self.path).json
        let moment = try #require(deleted["metadata"]?["deletionTimestamp"]?.string)
        let told = await write("going", way, server, deleted)
        #expect(told.status == 200, "\(told.message)")
        let now = await server.send("GET", Self.path).json
        #expect(now["status"]?["message"] == "going")
        #expect(now["metadata"]?["deletionTimestamp"]?.string == moment)
        #expect(now["metadata"]?["deletionGracePeriodSeconds"] == 5)
        // Nor can it be begun by this way.
        #expect(await server.send("DELETE", Self.path + "?gracePeriodSeconds=0").status == 200)
        #expect(await server.send("POST", "/api/v1/namespaces/team/pods", body: TestServer.pod("p", ["nodeName": "n"])).status == 201)
        var fresh = await server.send("GET", Self.path).json
        fresh["metadata"]?["deletionTimestamp"] = .string(moment)
        #expect(await write("going", "put", server, fresh).json["metadata"]?["deletionTimestamp"] == nil)
    }
}
