public import JSONValue

/// The variables that tell a pod of services: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT`, and those in the older form of linked
/// containers.
///
/// Source: Kubernetes documentation, "Discovering services", "Environment variables".
public enum ServiceLinks {
    /// The variables of services with an address of their own, in the order given.
    ///
    /// - Parameter services: those of the pod's namespace, and `default/kubernetes`.
    /// - Returns: nothing for a service without an address or without ports.
    public static func variables(_ services: [JSON]) -> [EnvironmentVariable] {
        services.flatMap { service -> [EnvironmentVariable] in
            let address = service["spec"]?["clusterIP"]?.string ?? ""
            let ports = service["spec"]?["ports"]?.array ?? []
            guard !address.isEmpty, address != "None", let first = ports.first else { return [] }
            let name = variable(service["metadata"]?["name"]?.string ?? "")
            var all = [
                EnvironmentVariable("\(name)_SERVICE_HOST", address),
                EnvironmentVariable("\(name)_SERVICE_PORT", number(first)),
            ]
            for port in ports {
                guard let label = port["name"]?.string, !label.isEmpty else { continue }
                all.append(EnvironmentVariable("\(name)_SERVICE_PORT_\(variable(label))", number(port)))
            }
            for (index, port) in ports.enumerated() {
                let transport = (port["protocol"]?.string ?? "TCP").lowercased()
                let host = address.contains(":") ? "[\(address)]" : address
                let url = "\(transport)://\(host):\(number(port))"
                if index == 0 { all.append(EnvironmentVariable("\(name)_PORT", url)) }
                let prefix = "\(name)_PORT_\(number(port))_\(transport.uppercased())"
                all += [
                    EnvironmentVariable(prefix, url), EnvironmentVariable("\(prefix)_PROTO", transport),
                    EnvironmentVariable("\(prefix)_PORT", number(port)), EnvironmentVariable("\(prefix)_ADDR", address),
                ]
            }
            return all
        }
    }

    private static func variable(_ name: String) -> String {
        String(name.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
    }
    private static func number(_ port: JSON) -> String { String(port["port"]?.int ?? 0) }
}
