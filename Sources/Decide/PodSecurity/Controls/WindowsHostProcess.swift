import JSONValue
import PolicyModel

/// A Windows pod does not run as a process of the node.
///
/// Source: Pod Security Standards, Baseline, "HostProcess".
enum WindowsHostProcess: PodControl {
    static let id: ControlID = "windowsHostProcess"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        func isHostProcess(_ context: JSON?) -> Bool { context?["windowsOptions"]?["hostProcess"]?.bool == true }
        let setters = Wording.setters(pod: isHostProcess(pod.context), pod.names { isHostProcess($0["securityContext"]) })
        return setters.isEmpty ? nil : broken("hostProcess", "\(setters) must not set securityContext.windowsOptions.hostProcess=true")
    }
}
