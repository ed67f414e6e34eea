import JSONValue
import KubeModel
import OCIModel
import PolicyModel

/// The kernel parameters of a pod: those that concern nobody but itself, and those that the node's owner allows.
///
/// Source: Kubernetes documentation, "Using sysctls in a Kubernetes Cluster"; the messages are the kubelet's.
enum Sysctls {
    static let id: ControlID = "sysctls"
    static let safe: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    ]

    /// The parameters to set, by their names with dots: what the pod asks for over what every pod gets.
    static func decide(
        _ scope: PodScope, _ sharing: [RuntimeNamespace.Kind: ConfinedPod.Sharing], _ findings: inout Findings
    ) -> [String: String] {
        var values: [String: String] = [:]
        if sharing[.network] == .pod {
            // A user other than root serves port 80 and pings without a capability: what it reaches is its pod's own network.
            values["net.ipv4.ip_unprivileged_port_start"] = "0"
            values["net.ipv4.ping_group_range"] = "0 \(min(scope.ids, 1 << 31) - (scope.ids == 0 ? 0 : 1))"
        }
        let path = scope.contextPath.child(id.rawValue)
        for (index, entry) in (scope.context?[id.rawValue]?.array ?? []).enumerated() {
            let written = entry["name"]?.string ?? ""
            let name = normalized(written)
            findings.decided(by: path)
            if let fault = fault(name, scope, sharing) {
                let mayBeAllowed = namespace(of: name) != nil
                findings.refuse(
                    id, .sysctl, at: path.index(index).child("name"), found: written, "forbidden sysctl: \(fault)",
                    remedy: mayBeAllowed
                        ? "remove \(path.index(index)), or allow \(name) on the node (allowedUnsafeSysctls)"
                        : "remove \(path.index(index)): \(name) concerns the whole machine")
            }
            values[name] = entry["value"]?.string ?? ""
        }
        return values
    }

    /// What a container sets itself, since nobody did when the namespaces were made.
    static func own(_ pod: ConfinedPod, joined: [RuntimeNamespace.Kind: String]) -> [String: String] {
        pod.sysctls.filter { name, _ in
            guard let kind = namespace(of: name) else { return false }
            return joined[kind] == nil && pod.sharing[kind] != .node
        }
    }

    /// Slashes separate like dots, as sysctl(8) reads them, so that a name cannot be written past the list.
    private static func normalized(_ name: String) -> String {
        guard let first = name.firstIndex(where: { $0 == "." || $0 == "/" }), name[first] == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }

    private static func fault(
        _ name: String, _ scope: PodScope, _ sharing: [RuntimeNamespace.Kind: ConfinedPod.Sharing]
    ) -> String? {
        let isAllowed = safe.contains(name) || scope.node.allowedUnsafeSysctls.contains { matches($0, name) }
        guard isAllowed, let kind = namespace(of: name) else { return "\(goQuoted(name)) not allowlisted" }
        guard sharing[kind] == .node else { return nil }
        return "\(goQuoted(name)) not allowed with host \(kind == .ipc ? "IPC" : "Net") enabled"
    }

    private static func matches(_ pattern: String, _ name: String) -> Bool {
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }

    /// The namespace that the kernel keeps a parameter in; nil for one of the whole machine.
    private static func namespace(of name: String) -> RuntimeNamespace.Kind? {
        if name.hasPrefix("net.") { return .network }
        let isOfIPC =
            name.hasPrefix("kernel.shm") || name.hasPrefix("kernel.msg") || name == "kernel.sem"
            || name.hasPrefix("fs.mqueue.")
        return isOfIPC ? .ipc : nil
    }
}
