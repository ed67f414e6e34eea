import JSONValue
import KubeModel
import NIOHTTP1
import PolicyModel
import Testing

@testable import APIServer

/// Numbers that clients choose, at the ends of 64 bits and beyond: each gets an answer.
@Suite("numbers at their ends")
struct ArithmeticTests {
    static let numbers = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "99999999999999999999999999", "1e30", "-0", "0x7f", "+1", "",
    ]
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("in a query are taken or refused", arguments: numbers)
    func query(number: String) async throws {
        let server = try await TestServer()
        for name in ["a", "b", "c"] { _ = await server.send("POST", Self.maps, body: TestServer.configMap(name)) }
        for parameter in ["limit", "timeoutSeconds", "resourceVersion", "gracePeriodSeconds"] {
            for more in ["", "&watch=1", "&limit=2", "&resourceVersionMatch=Exact", "&resourceVersionMatch=NotOlderThan", "&watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"] {
                let answer = await server.send("GET", "\(Self.maps)?\(parameter)=\(number)\(more)")
                #expect([200, 400, 410, 422, 500, 504].contains(answer.status), "\(parameter)=\(number)\(more): \(answer.text)")
                answer.watch?.close()
            }
            _ = await server.send("GET", "\(Self.maps)/a?\(parameter)=\(number)")
            _ = await server.send("DELETE", "\(Self.maps)/a?dryRun=All&\(parameter)=\(number)")
        }
        for revision in [number, "\"\(number)\"", "5"] where !revision.isEmpty {
            for start in ["a\u{0}", "\u{301}", "zzzz", "default/"] {
                let text = "{\"v\":\"meta.k8s.io/v1\",\"rv\":\(revision),\"start\":\(JSON.string(start))}"
                let token = Base64URL.encode(Array(text.utf8))
                let answer = await server.send("GET", "\(Self.maps)?limit=1&continue=\(token)")
                #expect([200, 400, 410, 500, 504].contains(answer.status), "\(text): \(answer.text)")
                #expect(answer.status != 200 || revision == "5", "\(text): a page of a revision that never was")
            }
        }
    }

    private static let bodies: [(method: String, path: String, type: String, template: String)] = [
        ("DELETE", "/api/v1/namespaces/default/pods/bound", "application/json", #"{"gracePeriodSeconds":N}"#),
        ("POST", "/api/v1/namespaces/default/pods/bound/eviction", "application/json", #"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"bound"},"deleteOptions":{"gracePeriodSeconds":N}}"#),
        ("POST", "/api/v1/namespaces/default/pods", "application/json", #"{"metadata":{"name":"x"},"spec":{"terminationGracePeriodSeconds":N,"activeDeadlineSeconds":N,"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"N","memory":N},"limits":{"cpu":"N","memory":N}}}]}}"#),
        ("POST", "/apis/apps/v1/namespaces/default/deployments", "application/json", #"{"metadata":{"name":"x","generation":N},"spec":{"replicas":N,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#),
        ("PUT", "/apis/apps/v1/namespaces/default/deployments/d/scale", "application/json", #"{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"d"},"spec":{"replicas":N}}"#),
        ("PATCH", "/apis/apps/v1/namespaces/default/deployments/d/scale", "application/merge-patch+json", #"{"spec":{"replicas":N}}"#),
        ("PATCH", "/apis/apps/v1/namespaces/default/deployments/d", "application/json-patch+json", #"[{"op":"add","path":"/metadata/annotations","value":{"a":"b"}},{"op":"replace","path":"/spec/replicas","value":N},{"op":"add","path":"/spec/template/spec/containers/N","value":{}}]"#),
        ("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", "application/json", #"{"spec":{"expirationSeconds":N}}"#),
        ("POST", "/api/v1/namespaces/default/services", "application/json", #"{"metadata":{"name":"x"},"spec":{"type":"NodePort","healthCheckNodePort":N,"ports":[{"port":N,"nodePort":N}]}}"#),
        ("POST", "/api/v1/namespaces/default/resourcequotas", "application/json", #"{"metadata":{"name":"x"},"spec":{"hard":{"cpu":N,"pods":"N"}}}"#),
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", "application/json", #"{"metadata":{"name":"x"},"spec":{"signerName":"a/b","usages":["client auth"],"expirationSeconds":N,"request":""}}"#),
        ("PUT", "/api/v1/namespaces/default/configmaps/a", "application/json", #"{"metadata":{"name":"a","resourceVersion":"N","generation":N}}"#),
        ("PATCH", "/api/v1/namespaces/default/configmaps/a?fieldManager=m", "application/apply-patch+yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  generation: N\n  resourceVersion: \"N\"\ndata:\n  k: N\n"),
    ]

    @Test("in a body are taken or refused", arguments: numbers.filter { !$0.isEmpty })
    func body(number: String) async throws {
        let server = try await TestServer()
        _ = await server.send("POST", "/api/v1/namespaces/default/serviceaccounts", body: ["metadata": ["name": "default"]])
        _ = await server.send("POST", Self.maps, body: TestServer.configMap("a"))
        _ = await server.send("POST", "/api/v1/namespaces/default/pods", body: TestServer.pod("bound", ["nodeName": "n"]))
        let template: JSON = ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]]]
        let deployment: JSON = ["metadata": ["name": "d"], "spec": ["selector": ["matchLabels": ["a": "b"]], "template": template]]
        #expect(await server.send("POST", "/apis/apps/v1/namespaces/default/deployments", body: deployment).status == 201)
        for one in Self.bodies {
            let text = one.template.replacing("N", with: number).replacing("\(number)odePort", with: "NodePort")
            let answer = await server.send(
                one.method, one.path, origin: .inProcess(TestServer.administrator), body: Array(text.utf8),
                headers: ["content-type": one.type, "accept": "application/json"])
            #expect((200..<600).contains(answer.status), "\(one.path)")
        }
        let table = await server.send("GET", "/api/v1/namespaces/default/pods", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        #expect(table.status == 200)
    }
}
