import JSONValue
import Testing

@Suite("metrics.k8s.io without nodes") struct ResourceMetricsTests {
    @Test(
        "until a node connects there is no such API, as in a cluster without metrics-server",
        arguments: ["", "/v1beta1", "/v1beta1/nodes", "/v1beta1/pods", "/v1beta1/namespaces/default/pods/p"])
    func absent(path: String) async throws {
        let server = try await TestServer()
        let answer = await server.send("GET", "/apis/metrics.k8s.io" + path)
        #expect(answer.status == 404 && answer.text == "404 page not found\n")
        let groups = await server.send("GET", "/apis").json["groups"]?.array ?? []
        #expect(!groups.isEmpty && !groups.contains { $0["name"] == "metrics.k8s.io" })
        let roles = await server.send("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:aggregated-metrics-reader")
        #expect(roles.status == 404)
        server.stop()
    }
}
