import JSONValue
import KubeModel
import PolicyModel

/// Containers cannot write to their root file system.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Volumes and file systems", ReadOnlyRootFilesystem.
enum ReadOnlyRootFilesystem: PolicyRule {
    static let id: ControlID = "readOnlyRootFilesystem"

    private static func isRequired(by policy: Policy) -> Bool {
        policy.spec.member("readOnlyRootFilesystem").map { $0 != false } ?? false
    }

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        guard isRequired(by: policy), container.setting("readOnlyRootFilesystem") == nil else { return }
        container.setSetting("readOnlyRootFilesystem", to: true)
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        guard isRequired(by: policy) else { return [] }
        let path = container.contextPath.child("readOnlyRootFilesystem")
        let found = container.setting("readOnlyRootFilesystem")?.bool ?? false
        if found { return [] }
        let error = FieldError.invalid(path, false, "ReadOnlyRootFilesystem must be set to true")
        return [Breach(id, error, found: "false", remedy: "remove \(path) or set it to true")]
    }
}
