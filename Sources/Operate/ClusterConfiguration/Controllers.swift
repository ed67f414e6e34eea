/// The controllers by name, as `--controllers` of kube-controller-manager 1.36 knows them.
package enum Controllers {
    /// Every name, and the service account that the controller acts as.
    package static let identities: [String: String] = [
        "namespace-controller": "namespace-controller",
        "serviceaccount-controller": "service-account-controller",
        "root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
        "clusterrole-aggregation-controller": "clusterrole-aggregation-controller",
        "garbage-collector-controller": "generic-garbage-collector",
        "deployment-controller": "deployment-controller",
        "replicaset-controller": "replicaset-controller",
        "endpointslice-controller": "endpointslice-controller",
        "certificatesigningrequest-controller": "certificate-controller",
        "ttl-after-finished-controller": "ttl-after-finished-controller",
    ]

    /// Whether an element of the list is allowed: `*`, `NAME`, `-NAME`, or `-*` for none.
    package static func isAllowed(_ element: String) -> Bool {
        element == "*" || element == "-*" || identities[String(element.drop { $0 == "-" })] != nil
    }

    /// The service accounts of the controllers that run: what is named, and with `*` what is not excluded. An empty list
    /// counts as `*`.
    package static func enabled(_ elements: [String]) -> Set<String> {
        var names = Set<String>()
        if elements.isEmpty || elements.contains("*") { names = Set(identities.keys) }
        // Only exclusions: from all.
        if !elements.isEmpty, elements.allSatisfy({ $0.hasPrefix("-") && $0 != "-*" }) { names = Set(identities.keys) }
        for element in elements {
            if element == "-*" {
                names = []
            } else if element.hasPrefix("-") {
                names.remove(String(element.dropFirst()))
            } else if element != "*" {
                names.insert(element)
            }
        }
        return Set(names.compactMap { identities[$0] })
    }
}
