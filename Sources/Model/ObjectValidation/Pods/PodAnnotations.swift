import JSONValue
import KubeModel
import PolicyModel

/// The rules for the annotations that mean something on a pod.
enum PodAnnotations {
    private static let mirror = "kubernetes.io/config.mirror"
    private static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
    private static let seccompPod = "seccomp.security.alpha.kubernetes.io/pod"
    private static let seccompContainer = "container.seccomp.security.alpha.kubernetes.io/"
    private static let appArmor = "container.apparmor.security.beta.kubernetes.io/"

    static func isMirror(_ meta: JSON) -> Bool { meta["annotations"]?[mirror] != nil }

    /// The number that says how dear the deletion of a pod is: a 32-bit integer in canonical form.
    static func hasInvalidDeletionCost(_ meta: JSON) -> Bool {
        guard let text = meta["annotations"]?[deletionCost]?.string else { return false }
        guard Int32(text) != nil, !text.hasPrefix("+"), text == "0" || !text.hasPrefix("0") else { return true }
        return text.hasPrefix("-0")
    }

    static func validate(
        _ meta: JSON, _ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        guard let annotations = meta["annotations"], annotations.object?.isEmpty == false else { return }
        if let value = annotations[mirror]?.string, spec.text("nodeName").isEmpty {
            errors.invalid(path.key(mirror), .string(value), "must set spec.nodeName if mirror pod annotation is set")
        }
        if !options.allowsInvalidDeletionCost, hasInvalidDeletionCost(meta) {
            errors.invalid(
                path.key(deletionCost), annotations[deletionCost] ?? "", "must be a 32bit integer")
        }
        if let profile = annotations[seccompPod]?.string { seccomp(profile, path.child(seccompPod), &errors) }
        let entries = meta.entries("annotations")
        for (key, value) in entries where key.hasPrefix(seccompContainer) { seccomp(value, path.child(key), &errors) }
        for (key, value) in entries where key.hasPrefix(appArmor) {
            let name = String(key.dropFirst(appArmor.count))
            if !Containers.all(spec, "spec").contains(where: { $0.container.text("name") == name }) {
                errors.invalid(path.key(key), .string(name), "container not found")
            }
            let isKnown = value.isEmpty || value == "runtime/default" || value == "unconfined" || value.hasPrefix("localhost/")
            if !isKnown {
                errors.invalid(path.key(key), .string(value), "invalid AppArmor profile name: \(goQuoted(value))")
            }
        }
    }

    private static func seccomp(_ profile: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return }
        if profile.hasPrefix("localhost/") {
            return Paths.localDescending(String(profile.dropFirst("localhost/".count)), path, &errors)
        }
        errors.invalid(path, .string(profile), "must be a valid seccomp profile")
    }

    /// On an update, annotations that confine a pod stay as they are.
    static func validateUpdate(
        _ new: JSON, _ old: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let before = old.metadata["annotations"]
        let after = new.metadata["annotations"]
        for (key, value) in old.metadata.entries("annotations") where after?[key]?.string != value {
            if key.hasPrefix(appArmor) { errors.forbidden(path.key(key), "may not remove or update AppArmor annotations") }
            if key == mirror { errors.forbidden(path.key(key), "may not remove or update mirror pod annotation") }
        }
        for (key, _) in new.metadata.entries("annotations") where before?[key] == nil {
            if key.hasPrefix(appArmor) { errors.forbidden(path.key(key), "may not add AppArmor annotations") }
            if key == mirror { errors.forbidden(path.key(key), "may not add mirror pod annotation") }
        }
        validate(new.metadata, new.spec, options, path, &errors)
    }

    // MARK: Agreement with fields

    /// Where both an annotation and a field name a profile, they name the same.
    static func agreement(_ meta: JSON, _ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let annotations = meta["annotations"], annotations.object?.isEmpty == false else { return }
        let context = spec["securityContext"]
        if let profile = context?.given("seccompProfile"), let value = annotations[seccompPod]?.string {
            agree(value, profile, isSeccomp: true, path.child("securityContext", "seccompProfile"), &errors)
        }
        let containers = Containers.all(spec, path)
        for (container, here) in containers {
            guard let profile = container["securityContext"]?.given("seccompProfile"),
                let value = annotations[seccompContainer + container.text("name")]?.string
            else { continue }
            agree(value, profile, isSeccomp: true, here.child("securityContext", "seccompProfile"), &errors)
        }
        if spec["os"]?.text("name") == "windows" { return }
        let ofPod = context?.given("appArmorProfile")
        for (container, here) in containers {
            guard let profile = container["securityContext"]?.given("appArmorProfile") ?? ofPod,
                let value = annotations[appArmor + container.text("name")]?.string
            else { continue }
            agree(value, profile, isSeccomp: false, here.child("securityContext", "appArmorProfile"), &errors)
        }
    }

    private static func agree(
        _ annotation: String, _ profile: JSON, isSeccomp: Bool, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let what = isSeccomp ? "seccomp" : "apparmor"
        let agrees: Bool
        switch profile.text("type") {
        case "Unconfined": agrees = annotation == "unconfined"
        case "RuntimeDefault":
            agrees = annotation == "runtime/default" || (isSeccomp && annotation == "docker/default")
        case "Localhost":
            agrees = annotation.hasPrefix("localhost/")
            if agrees, profile["localhostProfile"]?.string != String(annotation.dropFirst("localhost/".count)) {
                errors.forbidden(path.child("localhostProfile"), "\(what) profile in annotation and field must match")
            }
        default: agrees = true
        }
        if !agrees { errors.forbidden(path.child("type"), "\(what) type in annotation and field must match") }
    }
}
