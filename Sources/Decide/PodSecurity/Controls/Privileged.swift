import JSONValue
import PolicyModel

/// No container is privileged.
///
/// Source: Pod Security Standards, Baseline, "Privileged Containers".
enum Privileged: PodControl {
    static let id: ControlID = "privileged"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        let names = pod.names { $0["securityContext"]?["privileged"]?.bool == true }
        return names.isEmpty ? nil : broken("privileged", "\(Wording.containers(names)) must not set securityContext.privileged=true")
    }
}
