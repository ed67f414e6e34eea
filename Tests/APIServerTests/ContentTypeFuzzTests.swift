import Fuzzing
import JSONValue
import NIOHTTP1
import Testing

@testable import APIServer

@Suite("Content types from anybody") struct ContentTypeFuzzTests {
    private static func request(_ type: String?) -> APIRequest {
        var headers = HTTPHeaders()
        if let type { headers.add(name: "content-type", value: type) }
        return APIRequest(method: "PATCH", uri: "/api/v1/namespaces/a/configmaps/b", headers: headers, origin: .inProcess(APIServer.identity))
    }

    @Test(
        "a media type is read without regard to case, blanks and parameters",
        arguments: [
            (nil, ""), ("", ""), ("application/json", "application/json"), (" Application/JSON ;charset=utf-8", "application/json"),
            ("application/apply-patch+yaml;a=;b", "application/apply-patch+yaml"), (";application/json", ""), ("\tA\t", "a"),
            ("application/json,application/yaml", "application/json,application/yaml"),
        ] as [(String?, String)])
    func types(header: String?, type: String) {
        #expect(Self.request(header).mediaType == type)
    }

    @Test(
        "an apply needs its field manager, however its content type is written",
        arguments: ["application/apply-patch+yaml", "Application/Apply-Patch+YAML", " application/apply-patch+yaml", "application/apply-patch+yaml ; a=b"])
    func applies(header: String) async throws {
        let server = try await TestServer()
        defer { server.stop() }
        let body: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]]
        let uri = "/api/v1/namespaces/default/configmaps/a"
        #expect(await server.send("PATCH", uri, body: body, contentType: header).status == 422)
        #expect(await server.send("PATCH", uri + "?fieldManager=me", body: body, contentType: header).status == 201)
    }

    @Test("what the options take for an apply is what the patch is read as", arguments: 0..<16)
    func agreement(seed: UInt64) {
        let samples = ["application/apply-patch+yaml", "application/merge-patch+json; charset=utf-8", "application/json-patch+json", "application/strategic-merge-patch+json"]
        var mutator = Mutator(seed: seed, samples: samples, pieces: [";", " ", "APPLICATION/", "apply-patch", "+yaml", "+json", "\t"])
        for _ in 0..<300 {
            let text = mutator.text()
            let request = Self.request(text)
            let form = try? RequestPatch.form(of: request)
            let options = try? WriteOptions(request, kind: "PatchOptions")
            if form == .apply { #expect(options == nil, "seed \(seed): \(text)") } else { #expect(options != nil, "seed \(seed): \(text)") }
        }
    }
}
