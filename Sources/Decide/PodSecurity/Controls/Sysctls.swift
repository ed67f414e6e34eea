import JSONValue
import PolicyModel

/// A pod sets only the sysctls that concern nobody but itself.
///
/// Source: Pod Security Standards, Baseline, "Sysctls"; the list grew in 1.27, 1.29 and 1.32.
enum Sysctls: PodControl {
    static let id: ControlID = "sysctls"
    private static let allowed: [(since: Int, names: Set<String>)] = [
        (
            0,
            [
                "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
                "net.ipv4.ip_unprivileged_port_start",
            ]
        ),
        (27, ["net.ipv4.ip_local_reserved_ports"]),
        (
            29,
            [
                "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
            ]
        ),
        (32, ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]),
    ]

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        let forbidden = (pod.context?["sysctls"]?.array ?? []).map { $0["name"]?.string ?? "" }.filter { name in
            !allowed.contains { version.isAtLeast($0.since) && $0.names.contains(name) }
        }
        return forbidden.isEmpty ? nil : broken("forbidden sysctls", forbidden.joined(separator: ", "))
    }
}
