import APIServer
import JSONValue
import KubeModel
import PodSecurity
import PolicyModel
import Store
import Testing

@Suite("The stages of a request")
struct StageTests {
    private static let nobody = RequestOrigin.network(peer: nil, remoteAddress: "127.0.0.1")

    @Test("a request without credentials is anonymous, and may do next to nothing")
    func anonymous() async throws {
        let server = try await TestServer()
        let health = await server.send("GET", "/readyz", origin: Self.nobody)
        #expect(health.status == 200)
        let secrets = await server.send("GET", "/api/v1/secrets", origin: Self.nobody)
        #expect(secrets.status == 403)
        #expect(secrets.message.contains("User \"system:anonymous\" cannot list resource \"secrets\""))
    }

    @Test("where anonymous requests are off, a request without credentials is refused before anything else is looked at")
    func noAnonymous() async throws {
        let server = try await TestServer(allowsAnonymous: false)
        #expect(await server.send("GET", "/readyz", origin: Self.nobody).status == 401)
        #expect(await server.send("GET", "/nowhere", origin: Self.nobody).status == 401)
    }

    @Test(
        "credentials that are wrong are never taken for none", arguments: ["Bearer wrong", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30."])
    func wrongToken(header: String) async throws {
        let server = try await TestServer()
        #expect(await server.send("GET", "/readyz", origin: Self.nobody, headers: ["authorization": header]).status == 401)
    }

    @Test("a client certificate that proves nothing is refused, and a good token beside it is taken")
    func unverifiedCertificate() async throws {
        let server = try await TestServer()
        let origin = RequestOrigin.network(peer: nil, remoteAddress: "127.0.0.1", hasUnverifiedCertificate: true)
        #expect(await server.send("GET", "/readyz", origin: origin).status == 401)
        #expect(await server.send("GET", "/readyz", origin: origin, headers: ["authorization": "Bearer secret"]).status == 200)
    }

    @Test("who may not write is told so before the object, its namespace or its admission is looked at")
    func forbiddenFirst() async throws {
        let server = try await TestServer()
        let jane = UserInfo(name: "jane", groups: ["system:authenticated"])
        let answer = await server.send("POST", "/api/v1/namespaces/absent/configmaps", as: jane, body: "no object")
        #expect(answer.status == 403)
        let admitted = await server.send("POST", "/api/v1/namespaces/absent/configmaps", body: TestServer.configMap("a"))
        #expect(admitted.status == 404)
        #expect(admitted.message == "namespaces \"absent\" not found")
    }

    @Test("a refused write leaves the store as it was")
    func refusalStoresNothing() async throws {
        let server = try await TestServer()
        await server.namespace("n", labels: ["pod-security.kubernetes.io/enforce": "restricted"])
        let before = server.store.currentRevision
        let answer = await server.send("POST", "/api/v1/namespaces/n/pods", body: TestServer.pod("p", ["hostPID": true]))
        #expect(answer.status == 403)
        #expect(answer.message.hasPrefix("pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": host namespaces (hostPID=true)"))
        #expect(server.store.currentRevision == before)
        #expect(await server.send("GET", "/api/v1/namespaces/n/pods/p").status == 404)
    }

    @Test("plugins that change objects run before those that judge them")
    func order() async throws {
        let server = try await TestServer()
        await server.namespace("n")
        _ = await server.send(
            "POST", "/api/v1/namespaces/n/limitranges",
            body: [
                "metadata": ["name": "l"],
                "spec": ["limits": [["type": "Container", "default": ["cpu": "2"], "defaultRequest": ["cpu": "1"]]]],
            ])
        _ = await server.send(
            "POST", "/api/v1/namespaces/n/resourcequotas", body: ["metadata": ["name": "q"], "spec": ["hard": ["requests.cpu": "1500m"]]])
        // The quota counts what the limit range set: the pod itself states nothing.
        let first = await server.send("POST", "/api/v1/namespaces/n/pods", body: TestServer.pod("a"))
        #expect(first.status == 201)
        #expect(
            first.json["metadata"]?["annotations"]?["kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu request for container c; cpu limit for container c")
        let second = await server.send("POST", "/api/v1/namespaces/n/pods", body: TestServer.pod("b"))
        #expect(second.message.contains("exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=1, limited: requests.cpu=1500m"))
    }

    @Test("a node changes only itself, and cannot give itself labels that attract work")
    func nodeRestriction() async throws {
        let server = try await TestServer()
        let node = UserInfo(name: "system:node:n1", groups: ["system:nodes", "system:authenticated"])
        #expect(await server.send("POST", "/api/v1/nodes", as: node, body: ["metadata": ["name": "n2"]]).status == 403)
        #expect(await server.send("POST", "/api/v1/nodes", as: node, body: ["metadata": ["name": "n1"]]).status == 201)
        let label: JSON = ["metadata": ["labels": ["node-role.kubernetes.io/control-plane": ""]]]
        let answer = await server.send("PATCH", "/api/v1/nodes/n1", as: node, body: label, contentType: "application/merge-patch+json")
        #expect(answer.message == "nodes \"n1\" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/control-plane")
    }

    @Test("exempt namespaces are not measured")
    func exemption() async throws {
        let server = try await TestServer(exemptions: PodSecurityExemptions(namespaces: ["free"]))
        await server.namespace("free", labels: ["pod-security.kubernetes.io/enforce": "restricted"])
        #expect(await server.send("POST", "/api/v1/namespaces/free/pods", body: TestServer.pod("p", ["hostPID": true])).status == 201)
    }

    @Test("of many that want the last of a quota, exactly one gets it", arguments: 0..<4)
    func quotaRace(round: Int) async throws {
        let server = try await TestServer()
        await server.namespace("n")
        _ = await server.send(
            "POST", "/api/v1/namespaces/n/resourcequotas", body: ["metadata": ["name": "q"], "spec": ["hard": ["configmaps": "1"]]])
        let created = await withTaskGroup(of: Int.self) { group in
            for index in 0..<12 {
                group.addTask {
                    await server.send("POST", "/api/v1/namespaces/n/configmaps", body: TestServer.configMap("c\(index)")).status
                }
            }
            return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(created == [201: 1, 403: 11])
        let used = await server.send("GET", "/api/v1/namespaces/n/resourcequotas/q").json["status"]?["used"]?["configmaps"]
        #expect(used == "1")
    }
}
