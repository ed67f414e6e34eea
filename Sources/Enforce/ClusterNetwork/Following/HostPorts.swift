import JSONValue
import KubeModel
import NetworkPolicy
import NodeNetwork

extension HostPort {
    /// The ports of the node that a pod's containers ask for. Source: Kubernetes API reference, ContainerPort.
    static func all(of pod: JSON) -> [HostPort] {
        let spec = pod["spec"]
        // There, a container's port is the node's already.
        if spec?["hostNetwork"] == true { return [] }
        let sidecars = (spec?["initContainers"]?.array ?? []).filter { $0["restartPolicy"] == "Always" }
        var ports: [HostPort] = []
        for container in (spec?["containers"]?.array ?? []) + sidecars {
            for entry in container["ports"]?.array ?? [] {
                guard let port = number(entry["hostPort"]), let target = number(entry["containerPort"]),
                    let transport = transport(entry["protocol"]?.string ?? "TCP")
                else { continue }
                let text = entry["hostIP"]?.string ?? ""
                let isAny = ["", "0.0.0.0", "::"].contains(text)
                // An address that cannot be read is none of the node's.
                guard isAny || IPAddress(text) != nil else { continue }
                ports.append(HostPort(address: isAny ? nil : IPAddress(text), transport: transport, port: port, podPort: target))
            }
        }
        return ports
    }

    private static func number(_ json: JSON?) -> UInt16? { json?.int.flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 } }

    private static func transport(_ name: String) -> UInt8? {
        switch name {
        case "TCP": 6
        case "UDP": 17
        case "SCTP": 132
        default: nil
        }
    }
}
