import JSONValue
import PolicyModel

/// A pod mounts nothing of the node.
///
/// Source: Pod Security Standards, Baseline, "HostPath Volumes".
enum HostPathVolumes: PodControl {
    static let id: ControlID = "hostPathVolumes"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        let names = (pod.spec["volumes"]?.array ?? []).filter { $0["hostPath"]?.object != nil }.map { $0["name"]?.string ?? "" }
        if names.isEmpty { return nil }
        return broken("hostPath volumes", (names.count == 1 ? "volume " : "volumes ") + Wording.quoted(names))
    }
}
