import Admission
import JSONValue
import KubeModel
import Synchronization

/// The admission controls that are registered now.
final class Registrations: Sendable {
    // A lock and no actor: asked in the midst of a write.
    private let state = Mutex(RegisteredControls())

    /// Follows the cache's webhook configurations, policies and bindings.
    init(cache: ObjectCache) {
        for resource in RegisteredControls.resources {
            cache[GroupResource(group: RegisteredControls.group, resource: resource)]?.observe { [weak self] event in
                let object = event.isRemoval ? nil : event.object.tree
                self?.state.withLock { $0.set(resource, event.object.name, object) }
            }
        }
    }

    var controls: RegisteredControls { state.withLock { $0 } }
}

extension Admission {
    /// Asks the controls that users registered.
    func registeredControls(_ proposal: Proposal, _ request: AuthorizedRequest) throws(StatusError) {
        let controls = registrations.controls
        if controls.isEmpty { return }
        // What the server needs to start and to keep its own objects must not wait for a control that nobody can ask:
        // the one who could take it back would find no server.
        if request.request.origin.isServer { return }
        let facts = proposal.resource.facts
        func labels(_ object: JSON?) -> [String: String]? { object.map { $0["metadata"]?["labels"]?.stringMap ?? [:] } }
        var namespaceLabels: [String: String]?
        if facts.isNamespaced {
            namespaceLabels = cluster.namespaceLabels(request.info.namespace)
        } else if facts.isBuiltin("Namespace", in: "") {
            namespaceLabels = labels(proposal.object)
        }
        try controls.decide(
            .init(
                operation: proposal.operation.rawValue,
                resource: GroupVersionResource(group: facts.group, version: facts.version, resource: facts.plural),
                subresource: proposal.subresource ?? "", isNamespaced: facts.isNamespaced, name: proposal.name,
                labels: [labels(proposal.object), labels(proposal.old)].compactMap(\.self), namespaceLabels: namespaceLabels))
    }
}
