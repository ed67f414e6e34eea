import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Counts what namespaces hold of what their quotas count.
struct ResourceQuotaController: Controller {
    static let identity = "resourcequota-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        // A charge changes the quota too, and needs no new count; what comes by the clock is set by the first pass.
        informers.quotas.onChange { old, new in
            if let quota = new, old == nil || ResourceQuotas.isStale(quota) { context.queue.add(Informer.key(quota)) }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let seen = informers.quotas[key], !seen.isBeingDeleted else { return nil }
        // Read before what it counts: a charge that comes between makes the write fail, and the pass is repeated.
        let found = try await context.client.list(
            ResourceQuotas.resource, namespace: seen.namespace, fieldSelector: "metadata.name=" + seen.name)
        guard let quota = found.items.first else { return nil }
        var objects: [GroupResource: [JSON]] = [:]
        let counted = ResourceQuotas.counted(quota)
        let known = counted.contains { !$0.group.isEmpty } ? try await Discovery.read(context.client).resources : []
        for resource in counted {
            let named = known.first { $0.resource.group == resource.group && $0.resource.resource == resource.resource }?.resource
            guard let served = resource.group.isEmpty ? GroupVersionResource(group: "", version: "v1", resource: resource.resource) : named else { continue }
            do {
                objects[resource] = try await context.client.list(served, namespace: quota.namespace, metadataOnly: !resource.group.isEmpty).items
            } catch let error as StatusError where error.code == 404 {
                objects[resource] = []  // a resource that is not served has no objects
            }
        }
        return try await carryOut(ResourceQuotas.plan(quota, objects: objects), about: quota, seenBy: [informers.quotas])
    }
}
