import JSONValue
import KubeModel

/// The API that this server serves: that of Kubernetes, and PodSecurityPolicy in both groups in which it was.
enum ServedAPI {
    static let catalog: SchemaCatalog = {
        var catalog = SchemaCatalog.builtin
        catalog.addPodSecurityPolicies()
        return catalog
    }()
}
