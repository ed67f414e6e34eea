import JSONValue
import PolicyModel

/// `/proc` stays masked.
///
/// Source: Pod Security Standards, Baseline, "/proc Mount Type"; since 1.35 not for pods with users of their own (KEP-127).
enum ProcMount: PodControl {
    static let id: ControlID = "procMount"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        if version.isAtLeast(35), pod.hasOwnUsers { return nil }
        var types: [String] = []
        let names = pod.names { container in
            guard let type = container["securityContext"]?["procMount"]?.string, type != "Default" else { return false }
            types.append(type)
            return true
        }
        if names.isEmpty { return nil }
        return broken(
            "procMount", "\(Wording.containers(names)) must not set securityContext.procMount to \(Wording.quoted(Wording.sorted(types)))")
    }
}
