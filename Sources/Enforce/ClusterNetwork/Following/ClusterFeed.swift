import JSONValue
import KubeClient
import KubeModel
import Logging

/// The kinds of objects that decide about a node's packets.
enum ClusterKind: CaseIterable, Hashable {
    case namespaces, pods, serviceAccounts, nodes, services, endpointSlices
    case networkPolicies, calicoPolicies, calicoGlobalPolicies

    var resource: GroupVersionResource {
        switch self {
        case .namespaces: GroupVersionResource("v1", "namespaces")
        case .pods: GroupVersionResource("v1", "pods")
        case .serviceAccounts: GroupVersionResource("v1", "serviceaccounts")
        case .nodes: GroupVersionResource("v1", "nodes")
        case .services: GroupVersionResource("v1", "services")
        case .endpointSlices: GroupVersionResource("discovery.k8s.io/v1", "endpointslices")
        case .networkPolicies: GroupVersionResource("networking.k8s.io/v1", "networkpolicies")
        case .calicoPolicies: GroupVersionResource("projectcalico.org/v3", "networkpolicies")
        case .calicoGlobalPolicies: GroupVersionResource("projectcalico.org/v3", "globalnetworkpolicies")
        }
    }

    /// Whether labels are all that is needed.
    var needsMetadataOnly: Bool { self == .namespaces || self == .serviceAccounts }
    /// Whether the kind is there only where somebody installed its definition.
    var isCustom: Bool { self == .calicoPolicies || self == .calicoGlobalPolicies }
    var isPolicy: Bool { self == .networkPolicies || isCustom }
}

/// Follows one kind for as long as it is asked to, also one that is not served yet.
struct ClusterFeed: Sendable {
    enum Event: Sendable {
        case replaced([JSON])
        case put(JSON)
        case removed(JSON)
        /// There is no such kind, and so no object.
        case notServed
    }

    let kind: ClusterKind
    let client: KubeClient
    let log: Logger

    private static let definitions = GroupVersionResource("apiextensions.k8s.io/v1", "customresourcedefinitions")
    /// How often a kind that is not there is asked for.
    private static let patience = Duration.seconds(2)
    /// The same while its definition is there, and must be served any moment.
    private static let impatience = Duration.milliseconds(200)

    /// Runs until cancelled.
    func run(_ sink: @Sendable (Event) async -> Void) async {
        let reflector = Reflector(resource: kind.resource, client: client, metadataOnly: kind.needsMetadataOnly, log: log)
        while !Task.isCancelled {
            await reflector.run { event, revision in
                switch event {
                // This is how the end of the kind is told; a list, also an empty one, has a revision.
                case .replaced where revision == 0: break
                case .replaced(let items): await sink(.replaced(items))
                case .put(let item): await sink(.put(item))
                case .removed(let item): await sink(.removed(item))
                case .passed: break
                }
            }
            if Task.isCancelled { return }
            // A server that is about to start may not serve yet what it has: then the policies that are there stay.
            let isDefined = await isDefined()
            if !isDefined { await sink(.notServed) }
            try? await Task.sleep(for: isDefined ? Self.impatience : Self.patience)
        }
    }

    private func isDefined() async -> Bool {
        guard kind.isCustom else { return true }
        do {
            _ = try await client.metadata(of: Self.definitions, name: "\(kind.resource.resource).\(kind.resource.group)")
            return true
        } catch let error as StatusError where error.code == 404 || error.code == 403 {
            return false
        } catch {
            return true
        }
    }
}
