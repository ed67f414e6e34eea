import JSONValue
import PolicyModel

/// A pod keeps to the SELinux types of containers, and sets neither user nor role.
///
/// Source: Pod Security Standards, Baseline, "SELinux"; `container_engine_t` since 1.31.
enum SELinuxOptions: PodControl {
    static let id: ControlID = "seLinuxOptions"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        var allowed: Set<String> = ["", "container_t", "container_init_t", "container_kvm_t"]
        if version.isAtLeast(31) { allowed.insert("container_engine_t") }
        var types: [String] = []
        var setsUser = false
        var setsRole = false
        func isBad(_ options: JSON?) -> Bool {
            let type = options?["type"]?.string ?? ""
            let user = !(options?["user"]?.string ?? "").isEmpty
            let role = !(options?["role"]?.string ?? "").isEmpty
            if !allowed.contains(type) { types.append(type) }
            setsUser = setsUser || user
            setsRole = setsRole || role
            return !allowed.contains(type) || user || role
        }
        let podIsBad = isBad(pod.context?["seLinuxOptions"])
        let names = pod.names { isBad($0["securityContext"]?["seLinuxOptions"]) }
        if !podIsBad, names.isEmpty { return nil }
        let all = Wording.sorted(types)
        var details: [String] = []
        if !all.isEmpty { details.append((all.count == 1 ? "type " : "types ") + Wording.quoted(all)) }
        if setsUser { details.append("user may not be set") }
        if setsRole { details.append("role may not be set") }
        return broken(
            "seLinuxOptions",
            "\(Wording.setters(pod: podIsBad, names)) set forbidden securityContext.seLinuxOptions: \(details.joined(separator: "; "))")
    }
}
