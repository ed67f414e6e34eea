import JSONValue
import PolicyModel

/// A pod says that it does not run as root.
///
/// Source: Pod Security Standards, Restricted, "Running as Non-root"; since 1.35 not for pods with users of their own
/// (KEP-127).
enum RunAsNonRoot: PodControl {
    static let id: ControlID = "runAsNonRoot"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        if version.isAtLeast(35), pod.hasOwnUsers { return nil }
        let podSays = pod.context?["runAsNonRoot"]?.bool
        let setters = Wording.setters(pod: podSays == false, pod.names { $0["securityContext"]?["runAsNonRoot"]?.bool == false })
        if !setters.isEmpty { return broken("runAsNonRoot != true", "\(setters) must not set securityContext.runAsNonRoot=false") }
        if podSays == true { return nil }
        let silent = pod.names { $0["securityContext"]?["runAsNonRoot"]?.bool == nil }
        if silent.isEmpty { return nil }
        return broken("runAsNonRoot != true", "pod or \(Wording.containers(silent)) must set securityContext.runAsNonRoot=true")
    }
}
