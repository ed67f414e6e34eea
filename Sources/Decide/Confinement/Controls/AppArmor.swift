import JSONValue
import PolicyModel

/// The AppArmor profile of a container, where the kernel has AppArmor; what asks for one elsewhere is refused.
///
/// Source: Kubernetes documentation, "Restrict a Container's Access to Resources with AppArmor"; KEP-24.
enum AppArmor {
    static let id: ControlID = "appArmorProfile"
    private static let prefix = "container.apparmor.security.beta.kubernetes.io/"

    /// The name that the kernel knows the profile by; nil without AppArmor.
    static func decide(_ subject: Subject, _ findings: inout Findings) -> String? {
        var type = ""
        var name = ""
        var path = subject.contextPath.child(id.rawValue)
        if let (profile, place) = subject.effective(id.rawValue) {
            type = profile["type"]?.string ?? ""
            name = profile["localhostProfile"]?.string ?? ""
            path = place
        } else if let value = subject.annotation(prefix + subject.name), !value.isEmpty {
            path = FieldPath("metadata.annotations").key(prefix + subject.name)
            switch value {
            case "runtime/default": type = "RuntimeDefault"
            case "unconfined": type = "Unconfined"
            default:
                type = value.hasPrefix("localhost/") ? "Localhost" : value
                name = value.hasPrefix("localhost/") ? String(value.dropFirst(10)) : ""
            }
        }
        if !type.isEmpty { findings.decided(by: path) }
        guard let facts = subject.node.appArmor else {
            if type.isEmpty || type == "Unconfined" { return nil }
            findings.refuse(
                id, .appArmor, at: path, found: type, "Cannot enforce AppArmor: AppArmor is not enabled on the host",
                remedy: "remove \(path), or run the pod on a node whose kernel has AppArmor active")
            return nil
        }
        switch type {
        case "Unconfined": return "unconfined"
        case "RuntimeDefault": return facts.defaultProfile
        case "": return subject.isPrivileged ? "unconfined" : facts.defaultProfile
        case "Localhost":
            if facts.loaded.contains(name) { return name }
            findings.refuse(
                id, .appArmor, at: path, found: name, "Cannot enforce AppArmor: profile \"\(name)\" is not loaded",
                remedy: "load the profile on the node (apparmor_parser), or name one that is loaded")
            return nil
        default:
            findings.refuse(
                id, .appArmor, at: path, found: type,
                "Cannot enforce AppArmor: invalid AppArmor profile type: \"\(type)\"",
                remedy: "set the type to RuntimeDefault, Localhost or Unconfined")
            return nil
        }
    }
}
