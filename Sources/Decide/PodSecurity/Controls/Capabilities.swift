import JSONValue
import PolicyModel

/// A pod adds no capability beyond those that container runtimes give by default.
///
/// Source: Pod Security Standards, Baseline, "Capabilities".
enum BaselineCapabilities: PodControl {
    static let id: ControlID = "capabilities_baseline"
    private static let allowed: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
        "SETUID", "SYS_CHROOT",
    ]

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        var forbidden: [String] = []
        let names = pod.names { container in
            let found = (container["securityContext"]?["capabilities"]?["add"]?.strings ?? []).filter { !allowed.contains($0) }
            forbidden += found
            return !found.isEmpty
        }
        if names.isEmpty { return nil }
        return broken(
            "non-default capabilities",
            "\(Wording.containers(names)) must not include \(Wording.quoted(Wording.sorted(forbidden))) in securityContext.capabilities.add")
    }
}

/// A pod drops all capabilities and adds none but `NET_BIND_SERVICE`.
///
/// Source: Pod Security Standards, Restricted, "Capabilities"; since 1.25 not for Windows.
enum RestrictedCapabilities: PodControl {
    static let id: ControlID = "capabilities_restricted"
    static let since = 22
    static let replaces: ControlID? = BaselineCapabilities.id

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        if version.isAtLeast(25), pod.isWindows { return nil }
        let keeping = pod.names { !($0["securityContext"]?["capabilities"]?["drop"]?.strings ?? []).contains("ALL") }
        var forbidden: [String] = []
        let adding = pod.names { container in
            let found = (container["securityContext"]?["capabilities"]?["add"]?.strings ?? []).filter { $0 != "NET_BIND_SERVICE" }
            forbidden += found
            return !found.isEmpty
        }
        var details: [String] = []
        if !keeping.isEmpty { details.append("\(Wording.containers(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]") }
        if !adding.isEmpty {
            details.append(
                "\(Wording.containers(adding)) must not include \(Wording.quoted(Wording.sorted(forbidden))) in securityContext.capabilities.add")
        }
        return details.isEmpty ? nil : broken("unrestricted capabilities", details.joined(separator: "; "))
    }
}
