import JSONValue
import KubeModel
import PolicyModel

/// Kernel parameters: the safe ones unless forbidden, others only when allowed.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Sysctl".
enum Sysctls: PolicyRule {
    static let id: ControlID = "sysctls"

    /// The parameters that have no effect outside their pod, as of Kubernetes 1.20.
    static let safe: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
    ]

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        let forbidden = policy.spec.member("forbiddenSysctls")?.strings ?? []
        let allowed = policy.spec.member("allowedUnsafeSysctls")?.strings ?? []
        return (pod.setting("sysctls")?.array ?? []).enumerated().compactMap { index, sysctl in
            let written = sysctl["name"]?.string ?? ""
            let name = normalized(written)
            let isForbidden = matches(name, forbidden)
            if !isForbidden, safe.contains(name) || matches(name, allowed) { return nil }
            // Kubernetes reports the pod's path with a leading "pod".
            let error = FieldError.forbidden(
                FieldPath("pod.spec.securityContext.sysctls").index(index),
                (isForbidden ? "sysctl " : "unsafe sysctl ") + goQuoted(written) + " is not allowed")
            let field = FieldPath("spec.securityContext.sysctls").index(index)
            return Breach(id, error, field: field, found: written, remedy: "remove \(field)")
        }
    }

    /// Whether one of the patterns, which may end in `*`, is of `name`.
    static func matches(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
    }

    /// The name with dots between its parts: `net/ipv4/conf/eth0.1/forwarding` → `net.ipv4.conf.eth0/1.forwarding`.
    static func normalized(_ name: String) -> String {
        guard name.first(where: { $0 == "." || $0 == "/" }) == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }
}
