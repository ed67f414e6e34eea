import JSONValue

/// The two ways in which a pod names its seccomp profiles: annotations, which policies speak of, and fields, which
/// nodes obey.
///
/// Source: KEP-135, "Version skew strategy".
enum SeccompProfile {
    static let podAnnotation = "seccomp.security.alpha.kubernetes.io/pod"
    static let containerAnnotationPrefix = "container.seccomp.security.alpha.kubernetes.io/"
    static let runtimeDefault = "runtime/default"
    /// The older name of ``runtimeDefault``.
    static let dockerDefault = "docker/default"

    /// The annotation that says what a field `seccompProfile` says; nil when the field says nothing that is known.
    static func annotation(for field: JSON?) -> String? {
        switch field?["type"]?.string {
        case "Unconfined": "unconfined"
        case "RuntimeDefault": runtimeDefault
        case "Localhost": field?.member("localhostProfile")?.string.map { "localhost/" + $0 }
        default: nil
        }
    }

    /// The field that says what an annotation says; nil when the annotation is not known.
    static func field(for annotation: String) -> JSON? {
        switch annotation {
        case "unconfined": ["type": "Unconfined"]
        case runtimeDefault, dockerDefault: ["type": "RuntimeDefault"]
        default:
            annotation.hasPrefix("localhost/") && annotation.utf8.count > 10
                ? ["type": "Localhost", "localhostProfile": .string(String(annotation.dropFirst(10)))] : nil
        }
    }

    /// The pod with every field that its annotations stand for, and the other way round. What is set stays as it is.
    static func synchronized(_ given: Pod) -> Pod {
        var pod = given
        let podField = pod.setting("seccompProfile")
        if let podField {
            if pod.annotation(podAnnotation) == nil, let text = annotation(for: podField) {
                pod.annotate(podAnnotation, with: text)
            }
        } else if let field = pod.annotation(podAnnotation).flatMap(field(for:)) {
            pod.setSetting("seccompProfile", to: field)
        }
        for var container in pod.containers {
            let key = containerAnnotationPrefix + container.name
            if let field = container.setting("seccompProfile") {
                if pod.annotation(key) == nil, let text = annotation(for: field) { pod.annotate(key, with: text) }
            } else if let field = pod.annotation(key).flatMap(field(for:)) {
                container.setSetting("seccompProfile", to: field)
                pod.store(container)
            }
        }
        return pod
    }
}
