import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Ends namespaces: their content first, then themselves.
struct NamespaceController: Controller {
    static let identity = "namespace-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers
    private static let pods = GroupResource(group: "", resource: "pods")

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.namespaces.onChange { _, new in if let new, new.isBeingDeleted { context.queue.add(new.name) } }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let seen = informers.namespaces[key], seen.isBeingDeleted else { return nil }
        var namespace = seen
        if let change = NamespaceDeletion.terminating(namespace) {
            namespace = try await write(change, seenBy: [informers.namespaces]) ?? namespace
        }
        guard namespace["spec"]?["finalizers"]?.strings.contains(NamespaceDeletion.finalizer) == true else { return nil }
        let content = await deleteContent(of: key)
        let plan = NamespaceDeletion.plan(namespace: namespace, content: content, now: context.clock(), finalizerWait: 5)
        let again = try await carryOut(plan, about: namespace, seenBy: [informers.namespaces])
        if content.isGone { return nil }
        return again ?? .seconds(1)
    }

    /// One round: pods first, and the rest when no pod is left.
    private func deleteContent(of namespace: String) async -> NamespaceDeletion.Content {
        var content = NamespaceDeletion.Content()
        let discovery: Discovery
        do {
            discovery = try await Discovery.read(context.client)
            content.discoveryFailures = discovery.failures
        } catch {
            content.discoveryFailures = ["\(error)"]
            return content
        }
        let resources = discovery.resources.filter { $0.isNamespaced && $0.verbs.contains("delete") && $0.verbs.contains("list") }
        for entry in resources where entry.resource.groupResource == Self.pods { await empty(entry, in: namespace, &content) }
        if !content.isGone { return content }
        for entry in resources where entry.resource.groupResource != Self.pods { await empty(entry, in: namespace, &content) }
        return content
    }

    private func empty(_ entry: Discovery.Resource, in namespace: String, _ content: inout NamespaceDeletion.Content) async {
        let resource = entry.resource
        do {
            let found = try await context.client.list(resource, namespace: namespace, metadataOnly: true).items
            if found.isEmpty { return }
            if entry.verbs.contains("deletecollection") {
                _ = try await context.client.perform(.deleteCollection(Target(resource, namespace: namespace, name: "")))
            } else {
                for object in found {
                    _ = try await context.client.perform(.delete(Target(resource, object), uid: object.uid, policy: "Background"))
                }
            }
            content.add(try await context.client.list(resource, namespace: namespace, metadataOnly: true).items, of: resource.groupResource)
        } catch let error as StatusError where error.code == 404 || error.code == 405 {
            return  // no longer served, or by somebody who cannot delete
        } catch {
            content.deletionFailures.append("failed to delete \(resource.groupResource): \(error)")
        }
    }
}
