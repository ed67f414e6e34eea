public import JSONValue

/// A PodSecurityPolicy as a row of a table.
///
/// Source: Kubernetes 1.20, `kubectl get psp`: Name, Priv, Caps, SELinux, RunAsUser, FsGroup, SupGroup, ReadOnlyRootFs,
/// Volumes.
public enum PodSecurityPolicyTable {
    /// The cells of the policy, in the order of the columns.
    public static func cells(_ policy: JSON) -> [JSON] {
        let read = Policy(policy)
        func rule(_ field: String) -> JSON { .string(read.spec.member(field)?["rule"]?.string ?? "") }
        func list(_ field: String) -> JSON { .string((read.spec.member(field)?.strings ?? []).joined(separator: ",")) }
        return [
            .string(read.name), .string(read.allows("privileged") ? "true" : "false"), list("allowedCapabilities"),
            rule("seLinux"), rule("runAsUser"), rule("fsGroup"), rule("supplementalGroups"),
            .bool(read.allows("readOnlyRootFilesystem")), list("volumes"),
        ]
    }
}
