import JSONValue
import KubeModel
import PolicyModel

/// AppArmor stays on.
///
/// Source: Pod Security Standards, Baseline, "AppArmor".
enum AppArmorProfile: PodControl {
    static let id: ControlID = "appArmorProfile"
    private static let prefix = "container.apparmor.security.beta.kubernetes.io/"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        var values: [String] = []
        func isBad(_ type: String?) -> Bool {
            guard let type, type != "RuntimeDefault", type != "Localhost" else { return false }
            values.append(type)
            return true
        }
        let podIsBad = isBad(pod.context?["appArmorProfile"]?["type"]?.string)
        let names = pod.names { isBad($0["securityContext"]?["appArmorProfile"]?["type"]?.string) }
        let annotations = Wording.sorted(
            pod.annotations.filter { key, value in
                key.hasPrefix(prefix) && !value.isEmpty && value != "runtime/default" && !value.hasPrefix("localhost/")
            }.map { "\($0.key)=\(goQuoted($0.value))" })
        var setters = Wording.setters(pod: podIsBad, names)
        if !annotations.isEmpty {
            setters += (setters.isEmpty ? "" : " and ") + (annotations.count == 1 ? "annotation" : "annotations")
        }
        if setters.isEmpty { return nil }
        let all = Wording.sorted(values) + annotations
        return broken(
            all.count == 1 ? "forbidden AppArmor profile" : "forbidden AppArmor profiles",
            "\(setters) must not set AppArmor profile type to \(Wording.quoted(all))")
    }
}
