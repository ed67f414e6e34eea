import JSONValue
import PolicyModel

/// No process gains more privileges than its parent.
///
/// Source: Pod Security Standards, Restricted, "Privilege Escalation"; since 1.25 not for Windows.
enum AllowPrivilegeEscalation: PodControl {
    static let id: ControlID = "allowPrivilegeEscalation"
    static let since = 8

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        if version.isAtLeast(25), pod.isWindows { return nil }
        let names = pod.names { $0["securityContext"]?["allowPrivilegeEscalation"]?.bool != false }
        if names.isEmpty { return nil }
        return broken(
            "allowPrivilegeEscalation != false", "\(Wording.containers(names)) must set securityContext.allowPrivilegeEscalation=false")
    }
}
