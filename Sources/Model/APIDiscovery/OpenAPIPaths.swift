import KubeModel

/// The paths of resources and what can be done at each.
struct OpenAPIPaths {
    typealias Operation = OpenAPIOperation

    let catalog: SchemaCatalog
    /// The media types that answers come in.
    let mediaTypes: [String]
    private(set) var byPath: [String: [Operation]] = [:]

    init(catalog: SchemaCatalog, mediaTypes: [String]) {
        self.catalog = catalog
        self.mediaTypes = mediaTypes
    }

    /// Adds an operation that tells about the server.
    mutating func addInformation(_ path: String, name: String, type: String?, description: String) {
        let content: Operation.Content = type.map { .type($0) } ?? .text
        let produces = name == "getCodeVersion" || type == nil ? ["application/json"] : mediaTypes
        byPath[path, default: []].append(
            Operation(method: "get", name: name, description: description, answer: content, produces: produces))
    }

    private struct Context {
        let resource: ResourceFacts
        let type: String
        let isCustom: Bool
        let watching: [String]
        var kind: GroupVersionKind { resource.groupVersionKind }
        var scope: String { resource.isNamespaced ? "Namespaced" : "" }
    }

    private static func has(_ verb: String, _ verbs: [String]) -> Bool { verbs.contains(verb) }

    /// Adds the paths of a resource and of its subresources.
    mutating func add(_ resource: ResourceFacts) {
        let type = catalog.typeName(of: resource.groupVersionKind) ?? Self.customName(resource)
        let isCustom = !type.hasPrefix("io.k8s.")
        let streams = mediaTypes.filter { $0 != "application/yaml" }.map { $0 + ";stream=watch" }
        let context = Context(
            resource: resource, type: type, isCustom: isCustom, watching: isCustom ? mediaTypes : mediaTypes + streams)
        let version = resource.groupVersion
        let root = version.group.isEmpty ? "/api/\(version.version)" : "/apis/\(version)"
        let collection = (resource.isNamespaced ? "/namespaces/{namespace}/" : "/") + resource.plural
        addCollection(context, root + collection)
        addItem(context, root + collection + "/{name}")
        if resource.isNamespaced, Self.has("list", resource.verbs) {
            add(list(context, name: "list\(resource.kind)ForAllNamespaces"), at: "\(root)/\(resource.plural)")
        }
        if !isCustom, Self.has("watch", resource.verbs) { addWatches(context, root, collection) }
        for subresource in resource.subresources.values.sorted(by: { $0.name < $1.name }) {
            addSubresource(subresource, context, "\(root)\(collection)/{name}/\(subresource.name)")
        }
    }

    /// The name of a type that the catalog does not know: the group backwards, version and kind.
    static func customName(_ resource: ResourceFacts) -> String {
        (resource.group.split(separator: ".").reversed().map(String.init) + [resource.version, resource.kind])
            .joined(separator: ".")
    }

    private mutating func add(_ operation: Operation, at path: String) {
        var operation = operation
        for name in ["namespace", "name", "path"] where path.contains("{\(name)}") {
            operation.parameters.append(.init(name: name, place: "path"))
        }
        if operation.action != "connect" { operation.parameters.append(.pretty) }
        byPath[path, default: []].append(operation)
    }

    private func list(_ context: Context, name: String) -> Operation {
        let isWatched = Self.has("watch", context.resource.verbs)
        return Operation(
            method: "get", name: name,
            description: "list\(isWatched ? " or watch" : "") objects of kind \(context.kind.kind)",
            action: "list", kind: context.kind, parameters: OpenAPIParameters.list(),
            answer: .list(context.kind, item: context.type), produces: isWatched ? context.watching : mediaTypes)
    }

    private mutating func addCollection(_ context: Context, _ path: String) {
        let kind = context.kind.kind
        let verbs = context.resource.verbs
        if Self.has("list", verbs) { add(list(context, name: "list\(context.scope)\(kind)"), at: path) }
        if Self.has("create", verbs) {
            add(
                Operation(
                    method: "post", name: "create\(context.scope)\(kind)",
                    description: "create an object of kind \(kind)",
                    action: "post", kind: context.kind, parameters: OpenAPIParameters.write,
                    body: .init(content: .type(context.type)), answer: .type(context.type), codes: [200, 201, 202],
                    produces: mediaTypes), at: path)
        }
        if Self.has("deletecollection", verbs) {
            add(
                Operation(
                    method: "delete", name: "deletecollection\(context.scope)\(kind)",
                    description: "delete the collection of kind \(kind)", action: "deletecollection",
                    kind: context.kind,
                    parameters: Self.united(OpenAPIParameters.delete, OpenAPIParameters.list(isWatched: false)),
                    body: .init(content: .type(OpenAPISchemas.meta + "DeleteOptions"), isRequired: false),
                    answer: .type(OpenAPISchemas.meta + "Status"), produces: mediaTypes), at: path)
        }
    }

    private static func united(_ one: [Operation.Parameter], _ other: [Operation.Parameter]) -> [Operation.Parameter] {
        one + other.filter { !one.contains($0) }
    }

    private mutating func addItem(_ context: Context, _ path: String) {
        let verbs = context.resource.verbs
        addObject(context, context.kind, context.type, verbs: verbs, suffix: "", path)
        guard Self.has("delete", verbs) else { return }
        let answer = Self.answersDeletedObject.contains(context.resource.groupResource.description)
        add(
            Operation(
                method: "delete", name: "delete\(context.scope)\(context.kind.kind)",
                description: "delete an object of kind \(context.kind.kind)", action: "delete", kind: context.kind,
                parameters: OpenAPIParameters.delete,
                body: .init(content: .type(OpenAPISchemas.meta + "DeleteOptions"), isRequired: false),
                answer: .type(answer ? context.type : OpenAPISchemas.meta + "Status"), codes: [200, 202],
                produces: mediaTypes),
            at: path)
    }

    /// Reading and changing one object; a subresource does so too, with another type perhaps.
    private mutating func addObject(
        _ context: Context, _ kind: GroupVersionKind, _ type: String, verbs: [String], suffix: String, _ path: String
    ) {
        let name = context.scope + context.kind.kind + OpenAPIOperation.identifier(suffix, capitalized: true)
        let what = (suffix.isEmpty ? "" : "\(suffix) of ") + "the object of kind \(context.kind.kind)"
        if Self.has("get", verbs) {
            add(
                Operation(
                    method: "get", name: "read" + name, description: "read \(what)", action: "get", kind: kind,
                    answer: .type(type), produces: mediaTypes), at: path)
        }
        if Self.has("update", verbs) {
            add(
                Operation(
                    method: "put", name: "replace" + name, description: "replace \(what)", action: "put", kind: kind,
                    parameters: OpenAPIParameters.write, body: .init(content: .type(type)), answer: .type(type),
                    codes: [200, 201], produces: mediaTypes), at: path)
        }
        if Self.has("patch", verbs) {
            var types = ["application/json-patch+json", "application/merge-patch+json"]
            if !context.isCustom { types.append("application/strategic-merge-patch+json") }
            types.append("application/apply-patch+yaml")
            add(
                Operation(
                    method: "patch", name: "patch" + name, description: "partly change \(what)", action: "patch",
                    kind: kind,
                    parameters: OpenAPIParameters.patch,
                    body: .init(content: .type(OpenAPISchemas.meta + "Patch"), mediaTypes: types), answer: .type(type),
                    codes: [200, 201], produces: mediaTypes), at: path)
        }
    }

    /// The older paths of watches.
    private mutating func addWatches(_ context: Context, _ root: String, _ collection: String) {
        let kind = context.kind.kind
        func watch(_ name: String, _ action: String) -> Operation {
            Operation(
                method: "get", name: name, description: "watch objects of kind \(kind); list with 'watch' instead",
                action: action, kind: context.kind, parameters: OpenAPIParameters.list(),
                answer: .type(OpenAPISchemas.meta + "WatchEvent"), produces: context.watching)
        }
        add(watch("watch\(context.scope)\(kind)List", "watchlist"), at: "\(root)/watch\(collection)")
        add(watch("watch\(context.scope)\(kind)", "watch"), at: "\(root)/watch\(collection)/{name}")
        if context.resource.isNamespaced {
            add(watch("watch\(kind)ListForAllNamespaces", "watchlist"), at: "\(root)/watch/\(context.resource.plural)")
        }
    }

    private mutating func addSubresource(_ subresource: ResourceFacts.Subresource, _ context: Context, _ path: String) {
        let version = subresource.apiVersion ?? context.resource.groupVersion
        let kind = GroupVersionKind(group: version.group, version: version.version, kind: subresource.kind)
        let title = OpenAPIOperation.identifier(subresource.name, capitalized: true)
        let query = subresource.queryParameters.sorted { $0.key < $1.key }.map {
            Operation.Parameter(name: $0.key, type: $0.value)
        }
        if subresource.kind.hasSuffix("Options") {
            addConnections(subresource, context, kind, query, path)
            return
        }
        let type = catalog.typeName(of: kind) ?? (kind == context.kind ? context.type : OpenAPISchemas.meta + "Status")
        if !query.isEmpty {
            add(
                Operation(
                    method: "get", name: "read\(context.scope)\(context.kind.kind)\(title)",
                    description: "read \(subresource.name) of the object of kind \(context.kind.kind)", action: "get",
                    kind: kind,
                    parameters: query.filter { $0.name != "pretty" }, answer: .text,
                    produces: ["text/plain"] + mediaTypes), at: path)
            return
        }
        addObject(context, kind, type, verbs: subresource.verbs, suffix: subresource.name, path)
        if Self.has("create", subresource.verbs) {
            add(
                Operation(
                    method: "post", name: "create\(context.scope)\(context.kind.kind)\(title)",
                    description: "create \(subresource.name) of an object of kind \(context.kind.kind)", action: "post",
                    kind: kind, parameters: OpenAPIParameters.write, body: .init(content: .type(type)),
                    answer: .type(type),
                    codes: [200, 201, 202], produces: mediaTypes), at: path)
        }
    }

    /// Streams and proxies: one operation for each method, those of proxies with a further path too.
    private mutating func addConnections(
        _ subresource: ResourceFacts.Subresource, _ context: Context, _ kind: GroupVersionKind,
        _ query: [Operation.Parameter], _ path: String
    ) {
        let methods =
            subresource.name == "proxy"
            ? ["get", "put", "post", "delete", "options", "head", "patch"] : ["get", "post"]
        let paths = subresource.name == "proxy" ? [("", path), ("WithPath", path + "/{path}")] : [("", path)]
        for (suffix, path) in paths {
            for method in methods {
                let verb = OpenAPIOperation.identifier(method, capitalized: true)
                let title = OpenAPIOperation.identifier(subresource.name, capitalized: true)
                add(
                    Operation(
                        method: method, name: "connect\(verb)\(context.scope)\(context.kind.kind)\(title)\(suffix)",
                        description:
                            "connect \(method.uppercased()) requests to \(subresource.name) of \(context.kind.kind)",
                        action: "connect", kind: kind, parameters: query, answer: .text, produces: ["*/*"]), at: path)
            }
        }
    }

    /// The resources whose objects are answered when they are deleted; others answer a Status.
    private static let answersDeletedObject: Set<String> = [
        "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas", "serviceaccounts",
        "services",
        "podsecuritypolicies.policy", "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io",
        "storageclasses.storage.k8s.io", "volumeattachments.storage.k8s.io", "volumeattributesclasses.storage.k8s.io",
        "deviceclasses.resource.k8s.io", "resourceclaims.resource.k8s.io", "resourceclaimtemplates.resource.k8s.io",
        "resourceslices.resource.k8s.io",
    ]
}
