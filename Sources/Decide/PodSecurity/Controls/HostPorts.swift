import JSONValue
import PolicyModel

/// A pod takes no port of the node.
///
/// Source: Pod Security Standards, Baseline, "Host Ports".
enum HostPorts: PodControl {
    static let id: ControlID = "hostPorts"

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        var ports: [String] = []
        let names = pod.names { container in
            let found = (container["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 }.map { String($0) }
            ports += found
            return !found.isEmpty
        }
        if names.isEmpty { return nil }
        let all = Wording.sorted(ports)
        return broken(
            "hostPort",
            "\(Wording.containers(names)) \(names.count == 1 ? "uses" : "use") \(all.count == 1 ? "hostPort" : "hostPorts") \(all.joined(separator: ", "))")
    }
}
