public import JSONValue
import KubeModel

extension PolicyEndpoint {
    /// A Pod as policies see it: labels, addresses, the ports that its containers name, node and service account.
    ///
    /// Source: Kubernetes API reference, Pod.
    public init(pod: JSON) {
        let spec = pod["spec"]
        self.init(id: .pod(namespace: pod.namespace, name: pod.name), labels: pod.labels, networks: Self.networks(pod["status"]))
        let sidecars = (spec?["initContainers"]?.array ?? []).filter { $0["restartPolicy"] == "Always" }
        for container in (spec?["containers"]?.array ?? []) + sidecars {
            for port in container["ports"]?.array ?? [] {
                guard let name = port["name"]?.string, !name.isEmpty, let number = port["containerPort"]?.int,
                    let port16 = UInt16(exactly: number), let transport = TransportNumber.named(port["protocol"]?.string ?? "TCP")
                else { continue }
                ports.append(NamedPort(name: name, transport: transport, port: port16))
            }
        }
        revision = pod[path: "metadata", "resourceVersion"]?.string.flatMap { UInt64($0) } ?? 0
        node = spec?["nodeName"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let account = spec?["serviceAccountName"]?.string ?? ""
        serviceAccount = account.isEmpty ? "default" : account
    }

    private static func networks(_ status: JSON?) -> [IPNetwork] {
        let texts = (status?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string }
        return (texts.isEmpty ? [status?["podIP"]?.string ?? ""] : texts).compactMap { IPAddress($0) }.map { IPNetwork($0) }
    }

    /// A Node as policies see it: its labels and all of its addresses.
    public init(node: JSON) {
        let texts = (node[path: "status", "addresses"]?.array ?? []).compactMap { $0["address"]?.string }
        self.init(id: .node(node.name), labels: node.labels, networks: texts.compactMap { IPAddress($0) }.map { IPNetwork($0) })
    }
}
