import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Keeps the rules of aggregated ClusterRoles.
struct RoleAggregator: Controller {
    static let identity = "clusterrole-aggregation-controller"
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.clusterRoles.onChange { old, new in
            guard let role = new ?? old else { return }
            if new?["aggregationRule"]?.object != nil { context.queue.add(role.name) }
            let labels = [old, new].compactMap { $0?.labels }
            if labels.allSatisfy(\.isEmpty) { return }
            if old?["rules"] == new?["rules"], old?.labels == new?.labels { return }
            for candidate in informers.clusterRoles.all where candidate.name != role.name {
                let selectors = (candidate["aggregationRule"]?["clusterRoleSelectors"]?.array ?? []).map { LabelSelector(object: $0) }
                if selectors.contains(where: { selector in labels.contains(where: selector.matches) }) { context.queue.add(candidate.name) }
            }
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let role = informers.clusterRoles[key] else { return nil }
        let plan = AggregatedRoles.plan(role: role, all: informers.clusterRoles.all)
        return try await carryOut(plan, about: role, seenBy: [informers.clusterRoles])
    }
}
