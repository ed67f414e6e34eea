import Testing
import APIServer
import CertificateAuthority
import EncryptionAtRest
import Glibc
import JSONValue
import KubeModel
import NIOCore
import NIOHTTP1
import PodSecurity
import PolicyModel
import Store

/// A folder that goes with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = "/tmp/kastell-api-" + String(UInt64.random(in: .min ... .max), radix: 36)
        unsafe mkdir(path, 0o700)
    }

    deinit {
        for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock", "store.db-lock"] { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }
}

/// What a client gets.
struct TestResponse {
    var status: Int
    var headers: [(String, String)]
    var contentType: String
    var body: [UInt8]
    var watch: WatchStream?

    var json: JSON { (try? JSON.parse(body)) ?? .null }
    var text: String { String(decoding: body, as: UTF8.self) }
    var warnings: [String] { headers.filter { $0.0 == "warning" }.map(\.1) }
    var reason: String { json["reason"]?.string ?? "" }
    var message: String { json["message"]?.string ?? "" }

    /// The events of a watch that are ready.
    var events: [JSON] {
        (watch?.frames().frames ?? []).flatMap { frame in
            Array(frame.readableBytesView).split(separator: 0x0A).compactMap { try? JSON.parse(Array($0)) }
        }
    }
    var eventTypes: [String] { events.map { "\($0["type"]?.string ?? "") \($0["object"]?["metadata"]?["name"]?.string ?? "")" } }
}

/// A whole API server over a store in a temporary folder, without a socket.
final class TestServer: Sendable {
    static let administrator = UserInfo(name: "admin", groups: ["system:masters", "system:authenticated"])

    let folder: TemporaryFolder
    let store: Store
    let server: APIServer



    static let plugins: Set<String> = [
        "NamespaceLifecycle", "ServiceAccount", "LimitRanger", "NodeRestriction", "PodSecurity", "Priority", "ResourceQuota", "RuntimeClass",
        "DefaultTolerationSeconds",
    ]

    init(
        folder: TemporaryFolder = TemporaryFolder(), plugins: Set<String> = TestServer.plugins, allowsAnonymous: Bool = true,
        exemptions: PodSecurityExemptions = .init()
    ) async throws {
        self.folder = folder
        let cache = APIServer.makeCache()
        store = try Store(path: folder.path + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        let range = try #require(ServiceAllocator.Range("10.96.0.0/16"))
        let options = APIServerOptions(
            admissionPlugins: plugins, tokenFile: Array("secret,alice,1,\"dev\"\n".utf8), allowsAnonymous: allowsAnonymous,
            serviceAccountIssuer: "https://issuer", serviceRange: range, apiPort: 6443,
            version: ServerVersion(gitVersion: "v1.36.0+test", gitCommit: "c", buildDate: "2026-01-01T00:00:00Z"),
            podSecurityExemptions: exemptions)
        server = try APIServer(
            options: options, cache: cache, store: store, signingKey: ServiceAccountKey.make(), clock: { Timestamp(seconds: 1_800_000_000) })
        try await server.bootstrap()
    }

    func stop() { store.close() }

    /// Sends a request as somebody that the server knows without credentials.
    func send(
        _ method: String, _ uri: String, as user: UserInfo = administrator, body: JSON? = nil, contentType: String = "application/json",
        accept: String = "application/json"
    ) async -> TestResponse {
        await send(method, uri, origin: .inProcess(user), body: body?.bytes ?? [], headers: ["content-type": contentType, "accept": accept])
    }

    /// Sends a request with its own origin, headers and bytes.
    func send(
        _ method: String, _ uri: String, origin: RequestOrigin, body: [UInt8] = [], headers: [String: String] = [:]
    ) async -> TestResponse {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.add(name: name, value: value) }
        fields.add(name: "user-agent", value: "test/1")
        let request = APIRequest(method: method, uri: uri, headers: fields, body: body, origin: origin)
        let response: APIResponse =
            switch server.path.respond(to: request) {
            case .now(let response): response
            case .later(let work): await work()
            }
        switch response.body {
        case .bytes(let buffer):
            return TestResponse(
                status: response.status, headers: response.headers, contentType: response.contentType, body: Array(buffer.readableBytesView))
        case .produced, .upgrade:
            response.body.abandon()
            return TestResponse(status: response.status, headers: response.headers, contentType: response.contentType, body: [])
        case .watch(let watch):
            return TestResponse(status: response.status, headers: response.headers, contentType: response.contentType, body: [], watch: watch)
        }
    }

    /// Makes a namespace with its default service account.
    func namespace(_ name: String, labels: JSON = [:]) async {
        _ = await send("POST", "/api/v1/namespaces", body: ["metadata": ["name": .string(name), "labels": labels]])
        _ = await send("POST", "/api/v1/namespaces/\(name)/serviceaccounts", body: ["metadata": ["name": "default"]])
    }

    static func configMap(_ name: String, _ data: JSON = [:]) -> JSON {
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "data": data]
    }

    static func pod(_ name: String, _ spec: JSON = [:]) -> JSON {
        var all: JSON = ["containers": [["name": "c", "image": "i"]]]
        for (key, value) in spec.object ?? [:] { all[key] = value }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": all]
    }
}
