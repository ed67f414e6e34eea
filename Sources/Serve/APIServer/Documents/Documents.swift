import APIDiscovery
import CertificateAuthority
import JSONValue
import KubeModel
import NIOCore
import NIOHTTP1
import ResourceUsage
import Synchronization
import YAMLValue

/// What is served beside resources: discovery, OpenAPI, health, version, metrics, the keys of service account tokens.
final class Documents: Sendable {
    private let registry: Registry
    private let resourceMetrics: ResourceMetrics
    private let health: Health
    private let metrics: RequestMetrics
    private let cache: ObjectCache
    private let version: ServerVersion
    private let tokens: TokenIssuer
    private let apiPort: Int
    private let status: StatusPages
    /// What is served now, and the documents made of it so far.
    private struct Edition: Sendable {
        var generation: Int
        /// Whether the nodes' metrics are part of it.
        var hasMetrics: Bool
        var discovery: APIDiscovery
        var openAPI: OpenAPIDocuments
        var made: [String: ByteBuffer] = [:]
    }
    // A lock and no actor: read on event loops. Documents are made when they are first asked for.
    private let edition: Mutex<Edition>

    init(
        registry: Registry, resourceMetrics: ResourceMetrics, health: Health, metrics: RequestMetrics, cache: ObjectCache, version: ServerVersion, tokens: TokenIssuer, apiPort: Int,
        status: StatusPages
    ) {
        self.registry = registry
        self.resourceMetrics = resourceMetrics
        self.health = health
        self.metrics = metrics
        self.cache = cache
        self.version = version
        self.tokens = tokens
        self.apiPort = apiPort
        self.status = status
        edition = Mutex(
            Self.edition(of: registry.customKinds, hasMetrics: resourceMetrics.isServed, registry: registry, version: version))
    }

    /// Everything that is served while CRDs are as they are. The metrics come last, as an aggregated server's group, and without schemas.
    private static func edition(of custom: CustomKinds, hasMetrics: Bool, registry: Registry, version: ServerVersion) -> Edition {
        var catalog = registry.catalog
        for resource in custom.served.values {
            catalog.adopt(resource.catalog)
            catalog.add(resource.facts)
        }
        let builtin = registry.catalog.groups.map { APIDiscovery.Group(name: $0.name, versions: $0.versions) }
        let stored = APIDiscovery(
            groups: builtin + custom.groups.map { APIDiscovery.Group(name: $0.name, versions: $0.versions, isCustom: true) },
            resources: catalog.resources)
        let metrics = APIDiscovery(
            groups: stored.groups + [APIDiscovery.Group(name: MetricsAPI.group, versions: [MetricsAPI.version])],
            resources: stored.resources + MetricsAPI.resources)
        return Edition(
            generation: custom.generation, hasMetrics: hasMetrics, discovery: hasMetrics ? metrics : stored,
            openAPI: OpenAPIDocuments(
                discovery: stored, catalog: catalog, serverVersion: version.gitVersion, mediaTypes: ["application/json", "application/yaml"]))
    }

    /// The present edition.
    private var present: Edition {
        let custom = registry.customKinds
        return edition.withLock { edition in
            let hasMetrics = resourceMetrics.isServed
            if edition.generation < custom.generation || edition.hasMetrics != hasMetrics {
                edition = Self.edition(of: custom, hasMetrics: hasMetrics, registry: registry, version: version)
            }
            return edition
        }
    }

    private var discovery: APIDiscovery { present.discovery }
    private var openAPI: OpenAPIDocuments { present.openAPI }

    func serve(_ request: AuthorizedRequest) throws(StatusError) -> APIResponse {
        let info = request.info
        let path = info.path
        let segments = path.split(separator: "/").map(String.init)
        switch segments.first {
        case "healthz", "livez", "readyz":
            if path.hasSuffix("/") { return .pageNotFound }
            return health.response(
                endpoint: segments[0], check: segments.count > 1 ? segments.dropFirst().joined(separator: "/") : nil, query: request.request.query)
        default: break
        }
        guard let response = try document(request, segments: segments) else { return .pageNotFound }
        guard info.verb == "get" || info.verb == "head" else { throw .methodNotAllowed }
        return response
    }

    private func document(_ request: AuthorizedRequest, segments: [String]) throws(StatusError) -> APIResponse? {
        switch segments {
        case []: return json(index)
        case ["index.html"]: return json(index)
        case ["version"]: return try plain(request, versionInfo)
        case ["metrics"]:
            return APIResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: .bytes(ByteBuffer(string: metrics.text(cache: cache))))
        case ["metrics", "slis"]:
            return APIResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: .bytes(ByteBuffer(string: health.indicators)))
        case ["statusz"]: return try page(request, status.text)
        case ["flagz"]: return try page(request, status.flagsText)
        case ["openid", "v1", "jwks"]:
            if let accept = request.request.headers.first(name: "accept"), !Negotiation.takes("application/jwk-set+json", accept: accept) {
                throw Negotiation.notAcceptable(available: "application/jwk-set+json")
            }
            return APIResponse(status: 200, contentType: "application/jwk-set+json", body: .bytes(ByteBuffer(bytes: tokens.keySet.bytes)))
        case [".well-known", "openid-configuration"]:
            return json(OIDCDocuments.configuration(issuer: tokens.issuer, externalAddress: "127.0.0.1:\(apiPort)", keys: [tokens.key.publicKey]))
        case ["openapi", "v2"]:
            let accept = request.request.headers.first(name: "accept") ?? ""
            guard accept.contains("proto-openapi.spec.v2") else { return cached("openapi/v2") { openAPI.swagger.bytes } }
            return cached("openapi/v2/protobuf", contentType: OpenAPIDocuments.protobufMediaType) { openAPI.swaggerProtobuf }
        case ["openapi", "v3"]: return openAPIIndex
        case let all where all.count > 2 && all[0] == "openapi" && all[1] == "v3":
            let name = all.dropFirst(2).joined(separator: "/")
            guard openAPI.paths.contains(name) else { return nil }
            return cached("openapi/v3/" + name) { (openAPI.document(at: name) ?? [:]).bytes }
        case ["api"]:
            return try discovery(
                request, plain: discovery.apiVersions(serverAddress: "127.0.0.1:\(apiPort)"), aggregated: { discovery.aggregatedCore($0) })
        case ["apis"]: return try discovery(request, plain: discovery.groupList, aggregated: { discovery.aggregatedGroups($0) })
        case let all where all.count == 2 && all[0] == "api":
            guard let list = discovery.resourceList(of: GroupVersion(group: "", version: all[1])) else { throw Router.noSuchResource }
            return try plainDiscovery(request, list)
        case let all where all.count == 2 && all[0] == "apis":
            guard let group = discovery.group(all[1]) else { return nil }
            return try plainDiscovery(request, group)
        case let all where all.count == 3 && all[0] == "apis":
            if let list = discovery.resourceList(of: GroupVersion(group: all[1], version: all[2])) { return try plainDiscovery(request, list) }
            if registry.serves(group: all[1]) { throw Router.noSuchResource }
            return nil
        default: return nil
        }
    }

    private func json(_ value: JSON) -> APIResponse { APIResponse(status: 200, json: value) }

    /// A page for people.
    private func page(_ request: AuthorizedRequest, _ text: String) throws(StatusError) -> APIResponse {
        if let accept = request.request.headers.first(name: "accept"), !Negotiation.takes("text/plain", accept: accept) {
            throw Negotiation.notAcceptable(available: "text/plain")
        }
        return APIResponse(status: 200, contentType: "text/plain; charset=utf-8", body: .bytes(ByteBuffer(string: text)))
    }

    /// A document that is given as JSON only.
    private func plain(_ request: AuthorizedRequest, _ value: JSON) throws(StatusError) -> APIResponse {
        guard let form = Negotiation(accept: request.request.headers.first(name: "accept"), allowTables: false) else {
            throw Negotiation.notAcceptable(available: "application/json")
        }
        if form.encoding == .yaml {
            let refusal = Negotiation.notAcceptable(available: "application/json")
            return APIResponse(status: 406, contentType: "application/yaml", body: .bytes(ByteBuffer(string: YAML.text(refusal.json.sorted))))
        }
        return json(value)
    }

    private func plainDiscovery(_ request: AuthorizedRequest, _ value: JSON) throws(StatusError) -> APIResponse {
        guard let form = Negotiation(accept: request.request.headers.first(name: "accept"), allowTables: false) else {
            throw Negotiation.notAcceptable()
        }
        if form.encoding == .yaml {
            return APIResponse(status: 200, contentType: "application/yaml", body: .bytes(ByteBuffer(string: YAML.text(value.sorted))))
        }
        return json(value)
    }

    private func discovery(
        _ request: AuthorizedRequest, plain: @autoclosure () -> JSON, aggregated: (APIDiscovery.AggregatedVersion) -> JSON
    ) throws(StatusError) -> APIResponse {
        guard let form = Negotiation(accept: request.request.headers.first(name: "accept"), allowTables: false, allowDiscovery: true) else {
            throw Negotiation.notAcceptable()
        }
        guard case .aggregatedDiscovery(let text) = form.shape, let version = APIDiscovery.AggregatedVersion(rawValue: text) else {
            return try plainDiscovery(request, plain())
        }
        let bytes = aggregated(version).bytes
        let tag = APIDiscovery.entityTag(of: bytes)
        let headers = [("etag", tag), ("vary", "Accept"), ("cache-control", "public")]
        if request.request.headers.first(name: "if-none-match") == tag {
            return APIResponse(status: 304, contentType: version.mediaType, headers: headers, body: .bytes(ByteBuffer()))
        }
        return APIResponse(status: 200, contentType: version.mediaType, headers: headers, body: .bytes(ByteBuffer(bytes: bytes)))
    }

    private func cached(_ name: String, contentType: String = "application/json", _ make: () -> [UInt8]) -> APIResponse {
        let present = present
        if let buffer = present.made[name] { return APIResponse(status: 200, contentType: contentType, body: .bytes(buffer)) }
        let buffer = ByteBuffer(bytes: make())
        edition.withLock { if $0.generation == present.generation { $0.made[name] = buffer } }
        return APIResponse(status: 200, contentType: contentType, body: .bytes(buffer))
    }

    /// The list of OpenAPI documents. Those of the built-in API change only with the program, so its version is their
    /// hash; those of custom resources change with the edition too.
    private var openAPIIndex: APIResponse {
        let version = version.gitVersion
        let present = present
        let custom = Set(present.discovery.groups.filter(\.isCustom).flatMap { group in group.versions.map { "apis/\(group.name)/\($0)" } })
        let index = present.openAPI.index { path in
            let edition = custom.contains(path) ? " \(present.generation)" : ""
            return String(APIDiscovery.hash(of: Array((version + path + edition).utf8)).prefix(32)).uppercased()
        }
        return APIResponse(status: 200, contentType: "text/plain; charset=utf-8", body: .bytes(ByteBuffer(bytes: index.bytes)))
    }

    private var index: JSON {
        let others = [
            "/.well-known/openid-configuration", "/flagz", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3", "/openapi/v3/",
            "/openid/v1/jwks", "/statusz", "/version",
        ]
        return ["paths": JSON((discovery.paths + health.paths + others).sorted())]
    }

    private var versionInfo: JSON {
        [
            "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
            "gitVersion": .string(version.gitVersion), "gitCommit": .string(version.gitCommit), "gitTreeState": "clean",
            "buildDate": .string(version.buildDate), "goVersion": "none", "compiler": "swift", "platform": .string(Self.platform),
        ]
    }

    private static var platform: String {
        #if arch(arm64)
            "linux/arm64"
        #else
            "linux/amd64"
        #endif
    }
}
