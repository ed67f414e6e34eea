import JSONValue
import KubeModel
import PolicyModel

/// Containers are privileged only where the policy says so.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Privileged". HostProcess containers (KEP-1981), which came later and
/// are as powerful, are held to the same field.
enum Privileged: PolicyRule {
    static let id: ControlID = "privileged"

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        if policy.allows("privileged") { return [] }
        let path = container.contextPath
        let settings = [
            (path.child("privileged"), container.setting("privileged")),
            (path.child("windowsOptions", "hostProcess"), container.effective("windowsOptions")?.member("hostProcess")),
        ]
        return settings.compactMap { field, value in
            guard let value, value != false else { return nil }
            let error = FieldError.invalid(field, value, "Privileged containers are not allowed")
            return Breach(id, error, found: value.description, remedy: "remove \(field) or set it to false")
        }
    }
}
