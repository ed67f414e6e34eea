import JSONValue
import KubeModel
import ObjectTables
import ResourceUsage
import StreamProtocol
import TunnelChannel

/// Answers `metrics.k8s.io/v1beta1` from what the nodes tell through their tunnels. Nothing of it is stored, and what no node told
/// is never answered: no zero stands for what is not known.
struct ResourceMetrics: Sendable {
    let registry: Registry
    let reader: ObjectReader
    let tunnels: NodeTunnels

    /// Whether the group is served: once a node has been connected, and unless a CRD defines it. Without nodes the cluster has no such
    /// API, as one without metrics-server.
    var isServed: Bool { tunnels.hasMet && !registry.customKinds.groups.contains { $0.name == MetricsAPI.group } }

    /// How long a node may take.
    private static let patience = Duration.seconds(5)
    /// The most bytes of its answer: some kilobytes for each pod that a node may have.
    private static let limit = 8 << 20
    /// How many nodes are asked at a time.
    private static let width = 32

    private static let nodes = GroupResource(group: "", resource: "nodes")
    private static let pods = GroupResource(group: "", resource: "pods")

    /// - Throws: ``StatusError``: 404 for what the group does not have, 405 for what changes something.
    func serve(_ request: AuthorizedRequest) throws(StatusError) -> Outcome {
        let info = request.info
        guard info.version == MetricsAPI.version, info.subresource.isEmpty, info.rest.isEmpty,
            let facts = MetricsAPI.resources.first(where: { $0.plural == info.resource }), facts.isNamespaced || info.namespace.isEmpty
        else { throw Router.noSuchResource }
        let negotiation = try reader.negotiate(request.request)
        let include = try ObjectTables.IncludeObject(query: request.request.query["includeObject"])
        let resource = ServedResource(facts: facts, type: nil, storage: nil, catalog: registry.catalog)
        let form = MetricsAnswer(
            answer: Answer(resource: resource, negotiation: negotiation, catalog: registry.catalog, now: reader.clock()), include: include)
        switch info.verb {
        case "get" where !facts.isNamespaced:
            let node = try stored(Self.nodes, "nodes", info)
            return .later { await Router.answering { try await form.object(self.node(node)) } }
        case "get" where !info.namespace.isEmpty:
            let pod = try stored(Self.pods, "pods", info)
            return .later { await Router.answering { try await form.object(self.pod(pod)) } }
        case "list":
            let options = try ListOptions(request.request, resource: resource, isWatch: false)
            let found = try selected(facts.isNamespaced ? "pods" : "nodes", info.namespace, options)
            if !facts.isNamespaced { return .later { await Router.answering { try await form.list(self.nodes(found)) } } }
            return .later { await Router.answering { try await form.list(self.pods(found, namespace: info.namespace)) } }
        default: throw .methodNotAllowed
        }
    }

    // MARK: Objects that have metrics

    private func stored(_ kind: GroupResource, _ plural: String, _ info: RequestInfo) throws(StatusError) -> CachedObject {
        guard let resource = registry["", "v1", plural] else { throw .notFound(kind, name: info.name) }
        return try reader.object(resource, namespace: info.namespace, name: info.name)
    }

    private func selected(_ plural: String, _ namespace: String, _ options: ListOptions) throws(StatusError) -> [CachedObject] {
        guard let resource = registry["", "v1", plural], let storage = resource.storage, let objects = reader.cache[storage.resource] else { return [] }
        return objects.objects(prefix: resource.prefix(namespace: namespace)).filter { object in
            options.labels.matches(object.labels)
                && options.fields.matches { $0 == "metadata.namespace" ? object.namespace : object.name }
        }
    }

    // MARK: Nodes

    private func node(_ node: CachedObject) async throws -> JSON {
        var parameters = OperationParameters()
        parameters.path = NodePart.machine
        let usage = try await ask(node.name, parameters)
        guard let sample = usage.sample, let metrics = MetricsAPI.node(name: node.name, labels: node.labels, sample, now: reader.clock()) else {
            throw StatusError.notFound(GroupResource(group: MetricsAPI.group, resource: "nodemetrics"), name: node.name)
        }
        return metrics
    }

    private func nodes(_ nodes: [CachedObject]) async throws -> [JSON] {
        var parameters = OperationParameters()
        parameters.path = NodePart.machine
        let told = try await ask(nodes.map(\.name), parameters)
        return nodes.compactMap { node in
            told[node.name]?.sample.flatMap { MetricsAPI.node(name: node.name, labels: node.labels, $0, now: reader.clock()) }
        }
    }

    // MARK: Pods

    private func pod(_ pod: CachedObject) async throws -> JSON {
        let unknown = StatusError.notFound(
            GroupResource(group: MetricsAPI.group, resource: "podmetrics"), name: "\(pod.namespace)/\(pod.name)")
        guard let node = NodePath.node(of: pod) else { throw unknown }
        var parameters = OperationParameters()
        parameters.namespace = pod.namespace
        parameters.pod = pod.name
        guard let metrics = metrics(of: pod, try await ask(node, parameters).byName) else { throw unknown }
        return metrics
    }

    private func pods(_ pods: [CachedObject], namespace: String) async throws -> [JSON] {
        var parameters = OperationParameters()
        parameters.namespace = namespace
        var byNode: [String: [CachedObject]] = [:]
        for pod in pods { if let node = pod.fields["spec.nodeName"], !node.isEmpty { byNode[node, default: []].append(pod) } }
        let told = try await ask(Array(byNode.keys), parameters).mapValues(\.byName)
        // In the order of names, as they were selected. A node is heard about the pods alone that are bound to it.
        return pods.compactMap { pod in pod.fields["spec.nodeName"].flatMap { told[$0] }.flatMap { metrics(of: pod, $0) } }
    }

    private func metrics(of pod: CachedObject, _ told: [String: PodUsage]) -> JSON? {
        guard let usage = told["\(pod.namespace)/\(pod.name)"] else { return nil }
        // The pod of a file has a uid of its own, which its mirror tells. Another pod that had this name before is not meant.
        guard usage.uid == pod.uid || usage.uid == pod.tree["metadata"]?["annotations"]?["kubernetes.io/config.mirror"]?.string else { return nil }
        return MetricsAPI.pod(namespace: pod.namespace, name: pod.name, labels: pod.labels, usage.containers, now: reader.clock())
    }

    // MARK: Asking

    /// Asks nodes side by side. Those that do not answer are left out.
    ///
    /// - Throws: when none of them answers.
    private func ask(_ nodes: [String], _ parameters: OperationParameters) async throws -> [String: NodeUsage] {
        let present = tunnels.nodes
        let asked = nodes.filter(present.contains)
        if asked.isEmpty, let first = nodes.min() {
            if nodes.count == 1 { throw tunnels.notConnected(first) }
            throw StatusError(
                code: 503, reason: "ServiceUnavailable",
                message: "none of the \(nodes.count) nodes is connected to this API server; see on the nodes whether 'kastell node' runs and what it logs")
        }
        return try await withThrowingTaskGroup(of: (String, Result<NodeUsage, any Error>).self) { group in
            var rest = asked[...]
            func next() {
                guard let node = rest.popFirst() else { return }
                group.addTask {
                    do { return (node, .success(try await ask(node, parameters))) } catch { return (node, .failure(error)) }
                }
            }
            for _ in 0..<Self.width { next() }
            var told: [String: NodeUsage] = [:]
            var failure: (any Error)?
            while let (node, result) = try await group.next() {
                switch result {
                case .success(let usage): told[node] = usage
                case .failure(let error): failure = error
                }
                next()
            }
            if told.isEmpty, let failure { throw failure }
            return told
        }
    }

    private func ask(_ node: String, _ parameters: OperationParameters) async throws -> NodeUsage {
        let link = try await tunnels.open(.stats, parameters, node: node, patience: Self.patience)
        let late = Task {
            try await Task.sleep(for: Self.patience)
            link.close()
        }
        defer {
            late.cancel()
            link.close()
        }
        var bytes: [UInt8] = []
        while let part = try await link.next() {
            guard case .frame(let frame) = part else { continue }
            switch frame.channel {
            case .output:
                bytes += frame.bytes
                if bytes.count > Self.limit { throw Self.unreadable(node, "is too long") }
            case .status:
                guard OperationEnding(frame.bytes).isSuccess else { throw TunnelAnswer.error(frame.bytes) }
                guard let json = try? JSON.parse(bytes), let usage = NodeUsage(json) else { throw Self.unreadable(node, "cannot be read") }
                return usage
            default: break
            }
        }
        throw StatusError(code: 503, reason: "ServiceUnavailable", message: "the node \(goQuoted(node)) went away while it was asked")
    }

    private static func unreadable(_ node: String, _ why: String) -> StatusError {
        StatusError(code: 502, reason: "InternalError", message: "what the node \(goQuoted(node)) tells of its usage \(why)")
    }
}

extension NodeUsage {
    /// The pods by `namespace/name`.
    fileprivate var byName: [String: PodUsage] { Dictionary(pods.map { ("\($0.namespace)/\($0.name)", $0) }) { first, _ in first } }
}

/// Metrics in the form that a client wants.
private struct MetricsAnswer: Sendable {
    let answer: Answer
    let include: ObjectTables.IncludeObject

    private var kind: String { answer.resource.facts.kind }

    private func table(_ objects: [JSON]) -> JSON {
        let version = answer.negotiation.metaVersion
        return MetricsAPI.table(objects, version: version) { object in
            switch include {
            case .none: .null
            case .metadata: ObjectTables.partialMetadata(object, version: version)
            case .object: MetricsAPI.named(object, kind: kind)
            }
        }
    }

    func object(_ object: JSON) -> APIResponse {
        switch answer.negotiation.shape {
        case .object, .aggregatedDiscovery: answer.document(MetricsAPI.named(object, kind: kind))
        case .partialMetadata: answer.document(ObjectTables.partialMetadata(object, version: answer.negotiation.metaVersion))
        case .table: answer.document(table([object]))
        }
    }

    func list(_ objects: [JSON]) -> APIResponse {
        switch answer.negotiation.shape {
        case .object, .aggregatedDiscovery: answer.document(MetricsAPI.list(objects, kind: kind))
        case .partialMetadata:
            answer.document(ObjectTables.partialMetadataList(objects, listMetadata: [:], version: answer.negotiation.metaVersion))
        case .table: answer.document(table(objects))
        }
    }
}
