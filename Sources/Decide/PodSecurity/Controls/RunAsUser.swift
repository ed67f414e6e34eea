import JSONValue
import PolicyModel

/// A pod does not run as user 0.
///
/// Source: Pod Security Standards, Restricted, "Running as Non-root user"; since 1.35 not for pods with users of their
/// own (KEP-127).
enum RunAsUser: PodControl {
    static let id: ControlID = "runAsUser"
    static let since = 23

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        if version.isAtLeast(35), pod.hasOwnUsers { return nil }
        let setters = Wording.setters(
            pod: pod.context?["runAsUser"]?.int == 0, pod.names { $0["securityContext"]?["runAsUser"]?.int == 0 })
        return setters.isEmpty ? nil : broken("runAsUser=0", "\(setters) must not set runAsUser=0")
    }
}
