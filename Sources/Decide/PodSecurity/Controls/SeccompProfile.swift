import JSONValue
import KubeModel
import PolicyModel

/// Seccomp is not switched off.
///
/// Source: Pod Security Standards, Baseline, "Seccomp": annotations before 1.19, the field since.
enum BaselineSeccompProfile: PodControl {
    static let id: ControlID = "seccompProfile_baseline"
    private static let podKey = "seccomp.security.alpha.kubernetes.io/pod"
    private static let containerPrefix = "container.seccomp.security.alpha.kubernetes.io/"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        version.isAtLeast(19) ? fields(pod) : annotations(pod)
    }

    private static func annotations(_ pod: MeasuredPod) -> PodSecurity.Breach? {
        let keys = [podKey] + pod.containers.map { containerPrefix + ($0["name"]?.string ?? "") }
        let bad = keys.compactMap { key -> String? in
            guard let value = pod.annotations[key], value != "runtime/default", value != "docker/default", !value.hasPrefix("localhost/") else {
                return nil
            }
            return "\(key)=\(goQuoted(value))"
        }
        if bad.isEmpty { return nil }
        let all = Wording.sorted(bad)
        return broken("seccompProfile", "forbidden \(all.count == 1 ? "annotation" : "annotations") \(all.joined(separator: ", "))")
    }

    private static func fields(_ pod: MeasuredPod) -> PodSecurity.Breach? {
        let found = SeccompSetters(pod)
        return found.isEmpty ? nil : broken("seccompProfile", found.sentence)
    }
}

/// Seccomp is switched on, by the pod or by each container.
///
/// Source: Pod Security Standards, Restricted, "Seccomp"; since 1.25 not for Windows.
enum RestrictedSeccompProfile: PodControl {
    static let id: ControlID = "seccompProfile_restricted"
    static let since = 19
    static let replaces: ControlID? = BaselineSeccompProfile.id

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        if version.isAtLeast(25), pod.isWindows { return nil }
        let found = SeccompSetters(pod)
        if !found.isEmpty { return broken("seccompProfile", found.sentence) }
        if pod.context?["seccompProfile"]?.object != nil { return nil }
        let silent = pod.names { $0["securityContext"]?["seccompProfile"]?.object == nil }
        if silent.isEmpty { return nil }
        return broken(
            "seccompProfile",
            "pod or \(Wording.containers(silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
    }
}

/// Who sets a seccomp profile that switches seccomp off.
private struct SeccompSetters {
    var podIsBad = false
    var names: [String] = []
    var values: [String] = []

    init(_ pod: MeasuredPod) {
        var values: [String] = []
        func isBad(_ profile: JSON?) -> Bool {
            guard let profile, profile.object != nil else { return false }
            let type = profile["type"]?.string ?? ""
            if type == "RuntimeDefault" || type == "Localhost" { return false }
            values.append(type)
            return true
        }
        podIsBad = isBad(pod.context?["seccompProfile"])
        names = pod.names { isBad($0["securityContext"]?["seccompProfile"]) }
        self.values = values
    }

    var isEmpty: Bool { !podIsBad && names.isEmpty }

    var sentence: String {
        "\(Wording.setters(pod: podIsBad, names)) must not set securityContext.seccompProfile.type to \(Wording.quoted(Wording.sorted(values)))"
    }
}
