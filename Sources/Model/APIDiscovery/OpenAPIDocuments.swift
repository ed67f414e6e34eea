public import JSONValue
public import KubeModel

/// The OpenAPI documents of the server: one for each path of `/openapi/v3`, and all in one as `/openapi/v2`.
///
/// Pure; a document of a large version takes some milliseconds, so callers make it when it is asked for and keep it.
public struct OpenAPIDocuments: Sendable {
    let discovery: APIDiscovery
    let catalog: SchemaCatalog
    let serverVersion: String
    let mediaTypes: [String]

    /// The documents of what `discovery` serves, with the types of `catalog`.
    ///
    /// - Parameters:
    ///   - discovery: the served groups and resources.
    ///   - catalog: the types; a kind that it does not know is an object with any fields.
    ///   - serverVersion: what the documents say in `info`.
    ///   - mediaTypes: the types that the server answers in.
    public init(
        discovery: APIDiscovery, catalog: SchemaCatalog, serverVersion: String,
        mediaTypes: [String] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
    ) {
        self.discovery = discovery
        self.catalog = catalog
        self.serverVersion = serverVersion
        self.mediaTypes = mediaTypes
    }

    // MARK: OpenAPI 3.0

    /// The documents by their paths below `/openapi/v3/`, sorted: `api/v1`, `apis/apps/v1` and so on.
    public var paths: [String] {
        let below = discovery.paths.filter { $0 != "/apis/" }.map { String($0.dropFirst()) }
        return (below + [".well-known/openid-configuration", "openid/v1/jwks", "version"]).sorted()
    }

    /// The answer to `/openapi/v3`.
    ///
    /// - Parameter hash: a text for each path that changes when its document does; clients keep documents by it.
    /// - Returns: the address of each document.
    public func index(hash: (String) -> String) -> JSON {
        let entries = paths.map { path -> (String, JSON) in
            (path, ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash(path))")])
        }
        return ["paths": .object(JSONObject(entries))]
    }

    /// The document at a path below `/openapi/v3/`; nil when there is none.
    public func document(at path: String) -> JSON? {
        guard paths.contains(path) else { return nil }
        var operations = OpenAPIPaths(catalog: catalog, mediaTypes: mediaTypes)
        addInformation(path, to: &operations)
        if let version = version(of: path) {
            for resource in discovery.resources(of: version) { operations.add(resource) }
        }
        var schemas = OpenAPISchemas(catalog: catalog, form: .v3, versions: sharedVersions)
        var written: [(String, JSON)] = []
        for (path, operations) in operations.byPath.sorted(by: { $0.key < $1.key }) {
            written.append((path, OpenAPIWriter.v3(path, operations, &schemas)))
        }
        return [
            "openapi": "3.0.0", "info": information, "paths": .object(JSONObject(written)),
            "components": [
                "schemas": .object(schemas.written()), "securitySchemes": ["BearerToken": Self.bearerToken],
            ],
        ]
    }

    /// The version whose resources a document describes; nil for documents of groups.
    private func version(of path: String) -> GroupVersion? {
        let parts = path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case ("api", 2): return GroupVersion(group: "", version: parts[1])
        case ("apis", 3): return GroupVersion(group: parts[1], version: parts[2])
        default: return nil
        }
    }

    private func addInformation(_ path: String, to operations: inout OpenAPIPaths) {
        let parts = path.split(separator: "/")
        let meta = OpenAPISchemas.meta
        switch (parts.first, parts.count) {
        case ("api", 1):
            operations.addInformation(
                "/api/", name: "getAPIVersions", type: meta + "APIVersions",
                description: "list the versions of the core group")
        case ("apis", 1):
            operations.addInformation(
                "/apis/", name: "getAPIVersions", type: meta + "APIGroupList", description: "list the groups")
        case ("apis", 2):
            operations.addInformation(
                "/\(path)/", name: "getAPIGroup", type: meta + "APIGroup", description: "list the versions of the group"
            )
        case ("api", 2), ("apis", 3):
            operations.addInformation(
                "/\(path)/", name: "getAPIResources", type: meta + "APIResourceList",
                description: "list the resources of the version")
        case ("version", 1):
            operations.addInformation(
                "/version/", name: "getCodeVersion", type: "io.k8s.apimachinery.pkg.version.Info",
                description: "tell the version of the server")
        case (".well-known", _):
            operations.addInformation(
                "/\(path)/", name: "getServiceAccountIssuerOpenIDConfiguration", type: nil,
                description: "tell how tokens of service accounts are checked")
        default:
            operations.addInformation(
                "/\(path)/", name: "getServiceAccountIssuerOpenIDKeyset", type: nil,
                description: "tell the keys that sign tokens of service accounts")
        }
    }

    private var information: JSON { ["title": "Kubernetes", "version": .string(serverVersion)] }

    private static let bearerToken: JSON = [
        "type": "apiKey", "description": "A bearer token.", "name": "authorization", "in": "header",
    ]

    private var sharedVersions: [GroupVersion] {
        let all = discovery.groups.filter { !$0.isCustom }.flatMap { group in
            group.versions.map { GroupVersion(group: group.name, version: $0) }
        }
        return all.sorted { ($0.group, $0.version) < ($1.group, $1.version) }
    }

    // MARK: Swagger 2.0

    /// The media type of ``swaggerProtobuf``.
    public static let protobufMediaType = OpenAPIProtobuf.mediaType

    /// The answer to `/openapi/v2` in the binary form of gnostic's messages, for older clients.
    public var swaggerProtobuf: [UInt8] { OpenAPIProtobuf.document(swagger) }

    /// The answer to `/openapi/v2`: every path and every type in one document.
    public var swagger: JSON {
        var operations = OpenAPIPaths(catalog: catalog, mediaTypes: mediaTypes)
        for path in paths {
            addInformation(path, to: &operations)
            guard let version = version(of: path) else { continue }
            for resource in discovery.resources(of: version) { operations.add(resource) }
        }
        var schemas = OpenAPISchemas(catalog: catalog, form: .v2, versions: sharedVersions)
        var written: [(String, JSON)] = []
        for (path, operations) in operations.byPath.sorted(by: { $0.key < $1.key }) {
            written.append((path, OpenAPIWriter.v2(path, operations, &schemas)))
        }
        return [
            "swagger": "2.0", "info": information, "paths": .object(JSONObject(written)),
            "definitions": .object(schemas.written()), "securityDefinitions": ["BearerToken": Self.bearerToken],
            "security": [["BearerToken": []]],
        ]
    }
}
