import JSONValue
import PolicyModel

/// A pod shares none of the node's namespaces.
///
/// Source: Pod Security Standards, Baseline, "Host Namespaces".
enum HostNamespaces: PodControl {
    static let id: ControlID = "hostNamespaces"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        let shared = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec[$0]?.bool == true }.map { "\($0)=true" }
        return shared.isEmpty ? nil : broken("host namespaces", shared.joined(separator: ", "))
    }
}
