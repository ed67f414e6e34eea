import KubeModel

/// Where objects stand in the store: the keys that kube-apiserver uses, so that one store can be read by both.
enum StorageKey {
    /// The folder of a resource's objects, such as `/registry/pods/`.
    static func folder(of resource: GroupResource) -> String {
        switch (resource.group, resource.resource) {
        case ("", "services"): "/registry/services/specs/"
        case ("", "endpoints"): "/registry/services/endpoints/"
        case ("", "nodes"): "/registry/minions/"
        case ("", "replicationcontrollers"): "/registry/controllers/"
        case ("networking.k8s.io", "ingresses"): "/registry/ingress/"
        case ("policy", "podsecuritypolicies"): "/registry/podsecuritypolicy/"
        case ("apiregistration.k8s.io", _), ("apiextensions.k8s.io", _): "/registry/\(resource.group)/\(resource.resource)/"
        default: "/registry/\(resource.resource)/"
        }
    }

    /// The folder of the objects of a custom resource.
    static func folder(ofCustom resource: GroupResource) -> String { "/registry/\(resource.group)/\(resource.resource)/" }
}
