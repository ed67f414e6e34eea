/// The controllers by name, as `--controllers` of kube-controller-manager 1.36 knows them.
package enum Controllers {
    /// Every name, and the identity that the controller has towards the API: mostly the name of its service account.
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
        "job-controller": "job-controller",
        "cronjob-controller": "cronjob-controller",
        "daemonset-controller": "daemon-set-controller",
        "statefulset-controller": "statefulset-controller",
        "node-lifecycle-controller": "node-controller",
        "taint-eviction-controller": "taint-eviction-controller",
        "pod-garbage-collector-controller": "pod-garbage-collector",
        "resourcequota-controller": "resourcequota-controller",
        "persistentvolume-binder-controller": "persistent-volume-binder",
        "persistentvolumeclaim-protection-controller": "pvc-protection-controller",
        "persistentvolume-protection-controller": "pv-protection-controller",
    ]

    /// The scheduler, which the list can switch off and on too.
    package static let scheduler = "kube-scheduler"

    /// Whether the scheduler runs: as the list says, but in a cluster without a node of its own only when it is named,
    /// since whoever brings the nodes mostly brings their scheduler.
    package static func runsScheduler(_ elements: [String], controlOnly: Bool) -> Bool {
        if elements.contains(scheduler) { return true }
        if controlOnly || elements.contains("-" + scheduler) || elements.contains("-*") { return false }
        return elements.isEmpty || elements.contains("*") || elements.allSatisfy { $0.hasPrefix("-") }
    }

    /// Whether an element of the list is allowed: `*`, `NAME`, `-NAME`, or `-*` for none.
    package static func isAllowed(_ element: String) -> Bool {
        element == "*" || element == "-*" || element.drop { $0 == "-" } == scheduler || identities[String(element.drop { $0 == "-" })] != nil
    }

    /// The identities of the controllers that run: what is named, and with `*` what is not excluded. An empty list
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
