import JSONValue
import PolicyModel

/// Probes and lifecycle hooks ask the pod itself and no other host, for the node sends them.
///
/// Source: Pod Security Standards, Baseline, "Host Probes / Lifecycle Hooks".
enum HostProbesAndHostLifecycle: PodControl {
    static let id: ControlID = "hostProbesAndHostLifecycle"
    static let since = 34

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        var hosts: [String] = []
        let names = pod.names { container in
            let found = Self.hosts(container)
            hosts += found
            return !found.isEmpty
        }
        if names.isEmpty { return nil }
        let all = Wording.sorted(hosts)
        return broken(
            "probe or lifecycle host",
            "\(Wording.containers(names)) \(names.count == 1 ? "uses" : "use") probe or lifecycle \(all.count == 1 ? "host" : "hosts") \(Wording.quoted(all))")
    }

    private static func hosts(_ container: JSON) -> [String] {
        let handlers =
            ["livenessProbe", "readinessProbe", "startupProbe"].map { container[$0] }
            + ["postStart", "preStop"].map { container["lifecycle"]?[$0] }
        return handlers.flatMap { handler in
            ["httpGet", "tcpSocket"].compactMap { handler?[$0]?["host"]?.string }.filter { !$0.isEmpty }
        }
    }
}
