import JSONValue
import KubeModel
import NIOCore
import ResourceUsage

/// Leads an authorized request to what serves it.
struct Router: Sendable {
    let registry: Registry
    let reader: ObjectReader
    let writer: ObjectWriter
    let deleter: ObjectDeleter
    let documents: Documents
    let reviews: Reviews
    let subresources: Subresources
    let metrics: ResourceMetrics

    func serve(_ request: AuthorizedRequest) throws(StatusError) -> Outcome {
        guard request.info.isResource else { return .now(try documents.serve(request)) }
        let info = request.info
        if StreamServer.isTunnel(info) { return try subresources.streams.tunnel(request) }
        guard let resource = registry[info.group, info.version, info.resource] else {
            if info.group == MetricsAPI.group, metrics.isServed { return try metrics.serve(request) }
            // Of groups that are not built in, nobody knows more than that there is nothing.
            if registry.serves(group: info.group) { throw Self.noSuchResource }
            return .now(.pageNotFound)
        }
        // Only what leads to a node or a service has a path of its own behind it.
        if !info.rest.isEmpty, info.subresource != "proxy" { throw Self.noSuchResource }
        if !info.namespace.isEmpty, !resource.facts.isNamespaced, info.resource != "namespaces" { throw Self.noSuchResource }
        let warnings = resource.deprecationWarnings
        do throws(StatusError) {
            let outcome = info.subresource.isEmpty ? try serveCollectionOrObject(request, resource) : try serveSubresource(request, resource)
            guard case .later(let work) = outcome, !warnings.isEmpty else { return outcome }
            return .later {
                let response = await work()
                // Who uses a deprecated version is told so by a refusal too.
                return response.status < 400 ? response : response.adding(warnings: warnings)
            }
        } catch {
            return .now(RequestPath.refusal(error).adding(warnings: warnings))
        }
    }

    static var noSuchResource: StatusError {
        .init(code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: .init())
    }

    private func serveCollectionOrObject(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> Outcome {
        let info = request.info
        let facts = resource.facts
        let isObject = !info.name.isEmpty && info.verb != "list"
        // What only a namespace's collection takes cannot be asked of all namespaces.
        let needsNamespace = facts.isNamespaced && info.namespace.isEmpty
        switch info.verb {
        case "get" where facts.verbs.contains("get") && !needsNamespace:
            return .now(try reader.get(request, resource))
        case "list" where facts.verbs.contains("list"):
            return .now(try reader.list(request, resource))
        case "watch" where facts.verbs.contains("watch"):
            return .now(try reader.watch(request, resource))
        case "create" where facts.verbs.contains("create") && !isObject && !needsNamespace:
            if resource.storage == nil { return try reviews.serve(request, resource) }
            return write(request, resource) { try await writer.create(request, resource) }
        case "update" where facts.verbs.contains("update") && isObject && !needsNamespace:
            return write(request, resource) { try await writer.put(request, resource, subresource: nil) }
        case "patch" where facts.verbs.contains("patch") && isObject && !needsNamespace:
            return write(request, resource) { try await writer.patch(request, resource, subresource: nil) }
        case "delete" where facts.verbs.contains("delete") && !needsNamespace:
            return write(request, resource) { try await deleter.delete(request, resource) }
        case "deletecollection" where facts.verbs.contains("deletecollection") && !needsNamespace:
            return .later { await Self.answering { try await deleter.deleteCollection(request, resource, reader: reader) } }
        default: throw .methodNotAllowed
        }
    }

    private func serveSubresource(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> Outcome {
        let info = request.info
        guard let subresource = resource.facts.subresources[info.subresource] else {
            if resource.custom != nil { throw .notFound(resource.facts.groupResource, name: info.name) }
            throw Self.noSuchResource
        }
        let verb = info.verb
        guard subresource.verbs.contains(verb) || subresource.verbs.contains("create") && verb == "get" && subresource.verbs.contains("get") else {
            throw .methodNotAllowed
        }
        if subresources.serves(resource, subresource) { return try subresources.serve(request, resource, subresource) }
        // What is left is another face of the same object.
        switch verb {
        case "get": return .now(try reader.get(request, resource))
        case "update": return write(request, resource) { try await writer.put(request, resource, subresource: info.subresource) }
        case "patch": return write(request, resource) { try await writer.patch(request, resource, subresource: info.subresource) }
        default: throw .methodNotAllowed
        }
    }

    /// A write, answered in the form that was asked for.
    private func write(
        _ request: AuthorizedRequest, _ resource: ServedResource, _ work: @escaping @Sendable () async throws -> WriteResult
    ) -> Outcome {
        let reader = reader
        return .later {
            await Self.answering {
                let negotiation = try reader.negotiate(request.request)
                let result = try await work()
                return result.response(reader.answer(request, resource, negotiation: negotiation), include: request.request.query["includeObject"])
            }
        }
    }

    /// Runs work and turns what it throws into an answer.
    static func answering(_ work: () async throws -> APIResponse) async -> APIResponse {
        do {
            return try await work()
        } catch let error as StatusError {
            return RequestPath.refusal(error)
        } catch let error as WarnedRefusal {
            return RequestPath.refusal(error.error).adding(warnings: error.warnings)
        } catch {
            return RequestPath.refusal(.internalError("\(error)"))
        }
    }
}

extension WriteResult {
    /// The answer to the client that wrote.
    func response(_ answer: Answer, include: String?) -> APIResponse {
        let all = resource.deprecationWarnings + warnings
        switch content {
        case .stored(let object): return answer.object(object, status: status, include: include, warnings: all)
        case .tree(let tree):
            // A Status answers in its own shape whatever was asked for.
            if tree["kind"]?.string == "Status" { return answer.document(tree, status: status, warnings: all) }
            return answer.tree(tree, status: status, include: include, warnings: all)
        }
    }
}
