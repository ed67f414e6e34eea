import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Keeps the EndpointSlices of services.
struct EndpointSliceController: Controller {
    static let identity = "endpointslice-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.services.onChange { old, new in if let service = new ?? old { context.queue.add(Informer.key(service)) } }
        informers.endpointSlices.onChange { old, new in
            guard let slice = new ?? old, slice.labels[EndpointSlices.managerLabel] == EndpointSlices.manager else { return }
            context.queue.add(Informer.key(slice.namespace, slice.labels[EndpointSlices.serviceLabel] ?? ""))
        }
        informers.pods.onChange { old, new in
            guard let pod = new ?? old else { return }
            let labels = [old, new].compactMap { $0?.labels }
            for service in informers.services.find(Informers.inNamespace(pod.namespace)) {
                guard let selector = Self.selector(service) else { continue }
                if labels.contains(where: selector.matches) { context.queue.add(Informer.key(service)) }
            }
        }
    }

    private static func selector(_ service: JSON) -> LabelSelector? {
        let wanted = service["spec"]?["selector"]?.stringMap ?? [:]
        return wanted.isEmpty ? nil : LabelSelector(wanted.map { .in($0.key, [$0.value]) })
    }

    func pass(_ key: String) async throws -> Duration? {
        // The slices of a service that is gone are the garbage collector's.
        guard let service = informers.services[key], !service.isBeingDeleted, let selector = Self.selector(service) else { return nil }
        let pods = informers.pods.find(Informers.inNamespace(service.namespace)).filter { selector.matches($0.labels) }
        let names = Set(pods.compactMap { $0["spec"]?["nodeName"]?.string })
        var zones: [String: [String: String]] = [:]
        for name in names { zones[name] = informers.nodes[name]?.labels }
        let plan = EndpointSlices.plan(service: service, pods: pods, slices: informers.endpointSlices.find(key), nodes: zones)
        do {
            return try await carryOut(plan, about: service, seenBy: [informers.endpointSlices])
        } catch let error as StatusError where error.isEndingNamespace {
            return nil
        }
    }
}
