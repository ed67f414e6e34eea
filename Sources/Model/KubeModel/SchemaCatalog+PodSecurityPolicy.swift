extension SchemaCatalog {
    /// Serves PodSecurityPolicy in the groups `policy` and `extensions`, both `v1beta1`: one stored object, two names.
    public mutating func addPodSecurityPolicies() {
        for index in groups.indices where groups[index].name == "policy" { groups[index].versions.append("v1beta1") }
        groups.append((name: "extensions", versions: ["v1beta1"]))
        for index in resources.indices where resources[index].plural == "podsecuritypolicies" {
            resources[index].singular = "podsecuritypolicy"
            resources[index].fieldSelectors = ["metadata.name", "metadata.namespace"]
            resources[index].fieldSelectorError = 
                #""<key>" is not a known field selector: only "metadata.name", "metadata.namespace""#
        }
        guard var old = resources.first(where: { $0.plural == "podsecuritypolicies" }) else { return }
        let stored = old.groupVersionKind
        old.group = "extensions"
        // The short name means the newer group, which clients would otherwise be warned about.
        old.shortNames = []
        resources.append(old)
        share(stored, with: old.groupVersionKind)
    }
}
