import JSONValue
import KubeModel
import PolicyModel

/// The seccomp profiles that pods may use, and the one that silent pods get. The policy says both in annotations; a
/// policy that says nothing lets pods name none.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Seccomp".
enum Seccomp: PolicyRule {
    static let id: ControlID = "seccomp"
    static let defaultProfile = "seccomp.security.alpha.kubernetes.io/defaultProfileName"
    static let allowedProfiles = "seccomp.security.alpha.kubernetes.io/allowedProfileNames"

    static func setDefaults(in pod: inout Pod, by policy: Policy) {
        guard pod.annotation(SeccompProfile.podAnnotation) ?? "" == "" else { return }
        let profile: String?
        if let field = pod.setting("seccompProfile") {
            profile = SeccompProfile.annotation(for: field)
        } else {
            profile = policy.annotations[defaultProfile]
        }
        if let profile, !profile.isEmpty { pod.annotate(SeccompProfile.podAnnotation, with: profile) }
    }

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        let key = SeccompProfile.podAnnotation
        return breaches(profiles(of: pod), key, field: "spec.securityContext.seccompProfile", policy)
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        let key = SeccompProfile.containerAnnotationPrefix + container.name
        let own = profiles(pod.annotation(key), container.setting("seccompProfile"), fieldFirst: true)
        return breaches(
            own.isEmpty ? profiles(of: pod) : own, key, field: container.contextPath.child("seccompProfile"), policy)
    }

    private static func profiles(of pod: Pod) -> [String] {
        let annotation = pod.annotation(SeccompProfile.podAnnotation)
        return profiles(annotation == "" ? nil : annotation, pod.setting("seccompProfile"), fieldFirst: false)
    }

    /// What the annotation and the field say. Nodes obey the field, so that where the two differ both must be allowed.
    private static func profiles(_ annotation: String?, _ field: JSON?, fieldFirst: Bool) -> [String] {
        let fromField = field.map { SeccompProfile.annotation(for: $0) ?? "" }
        guard let annotation, let fromField else { return [annotation ?? fromField].compactMap { $0 } }
        if annotation == fromField || SeccompProfile.field(for: annotation) == field {
            return [fieldFirst ? fromField : annotation]
        }
        return fieldFirst ? [fromField, annotation] : [annotation, fromField]
    }

    private static func breaches(_ profiles: [String], _ key: String, field: FieldPath, _ policy: Policy) -> [Breach] {
        let words = policy.annotations[allowedProfiles]
        var allowed = Set((words?.split(separator: ",", omittingEmptySubsequences: false) ?? []).map(String.init))
        let path = FieldPath("pod.metadata.annotations").key(key)
        if allowed.contains("*") { return [] }
        if allowed.isEmpty {
            return profiles.filter { !$0.isEmpty }.map { profile in
                Breach(
                    id, .forbidden(path, "seccomp may not be set"), field: field, found: profile,
                    remedy: "remove \(field)")
            }
        }
        let defaults = [SeccompProfile.runtimeDefault, SeccompProfile.dockerDefault]
        if !allowed.isDisjoint(with: defaults) { allowed.formUnion(defaults) }
        return (profiles.isEmpty ? [""] : profiles).filter { !allowed.contains($0) }.map { profile in
            let detail = "\(profile) is not an allowed seccomp profile. Valid values are \(words ?? "")"
            return Breach(
                id, .forbidden(path, detail), field: field, found: profile,
                remedy: "set \(field) to one of \(words ?? "")")
        }
    }
}
