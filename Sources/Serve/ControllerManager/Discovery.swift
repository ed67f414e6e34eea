import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// The resources that a server serves, each in the version that it prefers.
struct Discovery: Sendable {
    /// One resource.
    struct Resource: Hashable, Sendable {
        var resource: GroupVersionResource
        var kind: String
        var isNamespaced: Bool
        var verbs: Set<String>
    }

    var resources: [Resource] = []
    /// The groups whose server did not answer.
    var failures: [String] = []

    /// Reads the aggregated discovery documents (KEP-3352).
    static func read(_ client: KubeClient) async throws -> Discovery {
        var discovery = Discovery()
        for root in ["/api", "/apis"] {
            var request = ClientRequest(method: "GET", uri: root)
            request.accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            let document = try await client.send(request)
            for group in document["items"]?.array ?? [] { discovery.add(group) }
        }
        return discovery
    }

    private mutating func add(_ group: JSON) {
        var seen = Set<String>()
        for version in group["versions"]?.array ?? [] {
            let name = version["version"]?.string ?? ""
            if version["freshness"]?.string == "Stale" { failures.append("\(group.name)/\(name): stale GroupVersion discovery") }
            for resource in version["resources"]?.array ?? [] {
                let plural = resource["resource"]?.string ?? ""
                guard seen.insert(plural).inserted else { continue }
                resources.append(
                    Resource(
                        resource: GroupVersionResource(group: group.name, version: name, resource: plural),
                        kind: resource["responseKind"]?["kind"]?.string ?? "", isNamespaced: resource["scope"]?.string == "Namespaced",
                        verbs: Set(resource["verbs"]?.strings ?? [])))
            }
        }
    }

    /// Where objects of a kind are.
    func find(group: String, kind: String) -> Resource? { resources.first { $0.kind == kind && $0.resource.group == group } }
}
