import JSONValue
import KubeModel
import NetworkPolicy

/// What of an EndpointSlice decides where connections go.
struct SliceFacts: Hashable {
    static let serviceLabel = "kubernetes.io/service-name"

    struct Endpoint: Hashable {
        var address: IPAddress
        /// Whether new connections are welcome.
        var isReady: Bool
        /// Whether connections are still answered, by a pod that is about to go.
        var isLast: Bool
        var isLocal: Bool
    }
    struct Port: Hashable {
        var name: String
        var transport: UInt8
        var number: UInt16
    }

    var endpoints: [Endpoint] = []
    var ports: [Port] = []

    init(_ slice: JSON, node: String) {
        // Names that would have to be looked up are nothing that a packet filter can send to.
        guard slice["addressType"]?.string != "FQDN" else { return }
        for entry in slice["endpoints"]?.array ?? [] {
            // Further addresses are the same endpoint's, and meant for nobody (API reference, EndpointSlice).
            guard let text = entry["addresses"]?[at: 0]?.string, let address = IPAddress(text) else { continue }
            let conditions = entry["conditions"]
            // A missing condition says "ready", and that a ready endpoint serves and does not terminate.
            let isReady = conditions?["ready"]?.bool ?? true
            let isServing = conditions?["serving"]?.bool ?? isReady
            let isLast = !isReady && isServing && (conditions?["terminating"]?.bool ?? false)
            guard isReady || isLast else { continue }
            endpoints.append(
                Endpoint(address: address, isReady: isReady, isLast: isLast, isLocal: entry["nodeName"]?.string == node))
        }
        for entry in slice["ports"]?.array ?? [] {
            guard let transport = ServiceProtocol.number(entry["protocol"]?.string), let number = entry["port"]?.int,
                let port = UInt16(exactly: number), port > 0
            else { continue }
            ports.append(Port(name: entry["name"]?.string ?? "", transport: transport, number: port))
        }
    }
}
