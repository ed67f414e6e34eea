import JSONValue
import KubeModel
import PolicyModel

/// The AppArmor profiles that containers may use, and the one that silent containers get. The policy says both in
/// annotations; a policy that says nothing allows any.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "AppArmor". The field `appArmorProfile` (KEP-24), which came later, is held
/// to the same lists.
enum AppArmor: PolicyRule {
    static let id: ControlID = "appArmor"
    static let containerAnnotationPrefix = "container.apparmor.security.beta.kubernetes.io/"
    static let defaultProfile = "apparmor.security.beta.kubernetes.io/defaultProfileName"
    static let allowedProfiles = "apparmor.security.beta.kubernetes.io/allowedProfileNames"

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        let key = containerAnnotationPrefix + container.name
        guard pod.annotation(key) ?? "" == "", container.effective("appArmorProfile") == nil,
            let profile = policy.annotations[defaultProfile], !profile.isEmpty
        else { return }
        pod.annotate(key, with: profile)
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        guard let words = policy.annotations[allowedProfiles] else { return [] }
        let allowed = words.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let key = containerAnnotationPrefix + container.name
        let path = FieldPath("pod.metadata.annotations").key(key)
        let field = FieldPath("metadata.annotations").key(key)
        let profiles = profiles(of: container, pod.annotation(key))
        let remedy = "set \(field) to one of \(words)"
        if profiles.isEmpty {
            return [
                Breach(id, .forbidden(path, "AppArmor profile must be set"), field: field, found: "", remedy: remedy)
            ]
        }
        return profiles.filter { !allowed.contains($0) }.map { profile in
            let detail = "\(profile) is not an allowed profile. Allowed values: \(goQuoted(words))"
            return Breach(id, .forbidden(path, detail), field: field, found: profile, remedy: remedy)
        }
    }

    /// What the annotation and the fields say; where the two differ both must be allowed.
    private static func profiles(of container: Container, _ annotation: String?) -> [String] {
        let field =
            annotation ?? "" == "" ? container.effective("appArmorProfile") : container.setting("appArmorProfile")
        var profiles = [annotation ?? ""].filter { !$0.isEmpty }
        if let field, case let fromField = text(for: field), !profiles.contains(fromField) {
            profiles.append(fromField)
        }
        return profiles
    }

    private static func text(for field: JSON) -> String {
        switch field["type"]?.string {
        case "RuntimeDefault": "runtime/default"
        case "Localhost": "localhost/" + (field["localhostProfile"]?.string ?? "")
        case "Unconfined": "unconfined"
        default: field.description
        }
    }
}
