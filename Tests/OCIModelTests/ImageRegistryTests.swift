import JSONValue
import OCIModel
import Testing

@Suite("registries as values") struct ImageRegistryTests {
    @Test(
        "a credential is for the images that its pattern names, as Kubernetes matches it",
        arguments: [
            ("registry.example", "registry.example/team/app", true), ("https://registry.example/v1/", "registry.example/app", true),
            ("*.example", "registry.example/app", true), ("*.example", "a.registry.example/app", false), ("*.*.example", "a.b.example/app", true),
            ("re*.example", "registry.example/app", true), ("registry.example:5000", "registry.example/app", false),
            ("registry.example", "registry.example:5000/app", false), ("registry.example/team", "registry.example/team/app", true),
            ("registry.example/team", "registry.example/teamwork/app", false), ("registry.example/team/app", "registry.example/team/app", true),
            ("https://index.docker.io/v1/", "nginx", true), ("docker.io", "team/app", true), ("*", "registry.example/app", false),
            ("evil.example", "registry.example/app", false), ("*:5000", "localhost:5000/app", true), ("", "a.b/c", false),
            ("127.0.0.1:5000", "127.0.0.1:5000/x", true), ("[::1]:5000", "[::1]:5000/x", true),
        ])
    func matching(pattern: String, image: String, matches: Bool) throws {
        var credentials = ImageRegistryCredentials()
        credentials.add(ImageRegistryCredential(pattern: pattern, proof: .registryToken("t")))
        #expect(credentials.matching(try ImageReference(image)).isEmpty != matches)
    }

    @Test("the most specific pattern comes first, and secrets keep their order") func order() throws {
        var credentials = ImageRegistryCredentials()
        try credentials.add(dockerConfigJSON: Array(
            #"{"auths":{"r.example":{"auth":"YTox"},"r.example/team/app":{"username":"b","password":"2"},"r.example/team":{"identitytoken":"c"}}}"#.utf8))
        try credentials.add(dockerConfig: Array(#"{"r.example":{"auth":"ZDp4OnkAAA=="}}"#.utf8))
        let found = credentials.matching(try ImageReference("r.example/team/app:1")).map(\.proof)
        #expect(found == [.password(user: "b", password: "2"), .identityToken("c"), .password(user: "a", password: "1"), .password(user: "d", password: "x:y")])
    }

    @Test("what is said of broken credentials has none of them in it") func secrecy() {
        for text in [#"{"auths":{"r.example":{"auth":"geheim!"}}}"#, #"{"auths": geheim"#, #"{"auths":"geheim"}"#] {
            var credentials = ImageRegistryCredentials()
            let error = #expect(throws: ImageDocumentError.self) { try credentials.add(dockerConfigJSON: Array(text.utf8)) }
            #expect(error?.description.contains("geheim") == false)
        }
        let credential = ImageRegistryCredential(pattern: "r.example", proof: .password(user: "u", password: "geheim"))
        #expect(!"\(credential)".contains("geheim"))
    }

    @Test(
        "a challenge is read",
        arguments: [
            (#"Bearer realm="https://auth.example/token",service="r.example",scope="repository:a:pull,push""#,
             [ImageRegistryChallenge.bearer(realm: "https://auth.example/token", service: "r.example", scope: "repository:a:pull,push")]),
            (#"Basic realm="Registry Realm""#, [.basic(realm: "Registry Realm")]), (#"basic realm=x"#, [.basic(realm: "x")]),
            (#"Negotiate, Basic realm="a\"b", Bearer realm="c""#, [.basic(realm: "a\"b"), .bearer(realm: "c", service: "", scope: "")]),
            (#"Bearer service="no realm""#, []), (#"Bearer realm="open"#, []), ("", []), (",,,===\"", []),
        ])
    func challenges(header: String, challenges: [ImageRegistryChallenge]) { #expect(ImageRegistryChallenge.parse(header) == challenges) }

    @Test("the hosts of a registry are asked in their order, itself last") func endpoints() throws {
        let configuration = try ImageRegistryConfiguration([
            ["host": "docker.io", "endpoints": [["url": "https://mirror.example/docker/v2/"], ["url": "http://10.0.0.7:5000", "plainHTTP": true]]],
            ["host": "only.example:5000", "endpoints": [["url": "https://other.example"]], "fallback": false],
            ["host": "plain.example", "endpoints": [["url": "http://plain.example", "plainHTTP": true]]],
        ])
        #expect(configuration.endpoints(for: "docker.io").map(\.description)
            == ["https://mirror.example/docker", "http://10.0.0.7:5000", "https://registry-1.docker.io"])
        #expect(configuration.endpoints(for: "docker.io").map(\.isMirror) == [true, true, false])
        #expect(configuration.endpoints(for: "only.example:5000").map(\.description) == ["https://other.example"])
        #expect(configuration.endpoints(for: "plain.example").map(\.description) == ["http://plain.example"])
        #expect(configuration.endpoints(for: "quay.io").map(\.description) == ["https://quay.io"])
        #expect(configuration.endpoints(for: "127.0.0.1:5000").map(\.description) == ["http://127.0.0.1:5000"])
        #expect(configuration.endpoints(for: "localhost.example:5000").map(\.description) == ["https://localhost.example:5000"])
    }

    @Test("from a network of its own a node reaches the machine's loopback by sockets, where the configuration names it in the open, and nowhere else")
    func apart() throws {
        let configuration = try ImageRegistryConfiguration([
            ["host": "docker.io", "endpoints": [["url": "http://127.0.0.1:5000/hub"], ["url": "https://localhost:5001"], ["url": "http://[::1]"]]],
            ["host": "localhost:5002", "endpoints": [["url": "http://localhost:5002"]]],
            ["host": "quay.io", "endpoints": [["url": "http://127.0.0.1:5000"], ["url": "https://mirror.example"]]],
        ])
        #expect(configuration.loopbackHosts.map { "\($0.host) \($0.port)" } == ["127.0.0.1 5000", "::1 80", "localhost 5002"])
        let apart = configuration.reachingLoopback { "/run/\($0)" }
        #expect(apart.endpoints(for: "docker.io").map(\.reach) == [.socket(path: "/run/0"), .none, .socket(path: "/run/1"), .network])
        #expect(apart.endpoints(for: "localhost:5002").map(\.reach) == [.socket(path: "/run/2")])
        #expect(apart.endpoints(for: "quay.io").map(\.reach) == [.socket(path: "/run/0"), .network, .network])
        #expect(apart.endpoints(for: "127.0.0.1:6000").map(\.reach) == [.none])
        #expect(configuration.endpoints(for: "127.0.0.1:6000").map(\.reach) == [.network])
    }

    @Test(
        "a configuration that cannot be used is refused by field",
        arguments: [
            ([["host": "a.example", "endpoints": [["url": "http://a.example"]]]], "registries[0].endpoints[0].url"),
            ([["host": "a.example", "endpoints": [["url": "https://user:pass@a.example"]]]], "registries[0].endpoints[0].url"),
            ([["host": "a.example", "endpoints": [["url": "ftp://a.example"]]]], "registries[0].endpoints[0].url"),
            ([["host": "a.example", "endpoints": []]], "registries[0].endpoints"), ([["host": "A B", "endpoints": [["url": "https://a"]]]], "registries[0].host"),
            ([["host": "a.example", "endpoint": []]], "registries[0].endpoint"), ("x", "registries"),
        ] as [(JSON, String)])
    func badConfiguration(value: JSON, field: String) {
        let error = #expect(throws: ImageDocumentError.self) { try ImageRegistryConfiguration(value) }
        #expect(error?.field == field)
    }

    @Test("the back-off doubles from 10 s to 5 min and forgets after 10 min") func backOff() {
        var backOff = ImagePullBackOff()
        #expect(backOff.remaining(at: 0) == 0)
        var now: Int64 = 100
        for delay: Int64 in [10, 20, 40, 80, 160, 300, 300] {
            backOff.fail(at: now)
            #expect(backOff.delay == delay)
            #expect(backOff.remaining(at: now) == delay)
            #expect(backOff.remaining(at: now + delay) == 0)
            now += delay
        }
        #expect(!backOff.isForgotten(at: now + 300) && backOff.isForgotten(at: now + 301))
        backOff.fail(at: now + 601)
        #expect(backOff.delay == 10)
        backOff.succeed()
        #expect(backOff.remaining(at: 0) == 0)
        for start: Int64 in [.min, .max] { for end: Int64 in [.min, .max] {
            var extreme = ImagePullBackOff()
            extreme.fail(at: start)
            #expect((0...300).contains(extreme.remaining(at: end)))
        } }
    }

    @Test("the pull policy decides, with Kubernetes's texts") func policy() throws {
        #expect(ImagePullPolicy.standard(for: try ImageReference("a")) == .always)
        #expect(ImagePullPolicy.standard(for: try ImageReference("a:1")) == .ifNotPresent)
        #expect(ImagePullPolicy.always.action(image: "a", isPresent: true) == .pull(message: #"Pulling image "a""#))
        #expect(ImagePullPolicy.ifNotPresent.action(image: "a", isPresent: true) == .use(message: #"Container image "a" already present on machine"#))
        guard case .fail(let failure) = ImagePullPolicy.never.action(image: "a", isPresent: false) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.description == #"ErrImageNeverPull: Container image "a" is not present with pull policy of Never"#)
        #expect(ImagePullFailure.backOff(image: "a", cause: "").description == #"ImagePullBackOff: Back-off pulling image "a""#)
        #expect(ImagePullPolicy.pulledMessage(image: "a", took: .milliseconds(1250), waited: .seconds(61), size: 7)
            == #"Successfully pulled image "a" in 1.25s (1m2.25s including waiting). Image size: 7 bytes."#)
    }

    @Test("base64 comes back as it went", arguments: 0..<40)
    func base64(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 77) }
        #expect(Base64Text.decode(Base64Text.encode(bytes)) == bytes)
    }
}
