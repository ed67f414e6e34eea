import JSONValue

/// What the containers and volumes of a pod take of a node.
extension PodFacts {
    /// Host ports of containers and sidecars; init containers that end give theirs back.
    static func hostPorts(_ spec: JSON?) -> [HostPort] {
        let sidecars = (spec?["initContainers"]?.array ?? []).filter { $0["restartPolicy"] == "Always" }
        var ports: [HostPort] = []
        for container in (spec?["containers"]?.array ?? []) + sidecars {
            for port in container["ports"]?.array ?? [] {
                // Defaulting copies the container's port for a pod in the host's network.
                let inHostNetwork = spec?["hostNetwork"]?.bool == true
                let number = port["hostPort"]?.int ?? (inHostNetwork ? port["containerPort"]?.int ?? 0 : 0)
                guard number > 0 else { continue }
                let address = port["hostIP"]?.string ?? ""
                ports.append(
                    HostPort(
                        address: address.isEmpty ? "0.0.0.0" : address, transport: port["protocol"]?.string ?? "TCP", port: number))
            }
        }
        return ports
    }

    static func images(_ spec: JSON?) -> [String] {
        let containers = (spec?["initContainers"]?.array ?? []) + (spec?["containers"]?.array ?? [])
        let volumes = (spec?["volumes"]?.array ?? []).compactMap { $0["image"]?["reference"]?.string }
        return containers.compactMap { $0["image"]?.string } + volumes
    }

    /// The claims by name; a generic ephemeral volume has one named after pod and volume.
    static func claims(_ spec: JSON?, pod: String) -> [String] {
        (spec?["volumes"]?.array ?? []).compactMap { volume in
            if let claim = volume["persistentVolumeClaim"]?["claimName"]?.string { return claim }
            if volume["ephemeral"]?.object != nil { return "\(pod)-\(volume["name"]?.string ?? "")" }
            return nil
        }
    }
}
