import JSONValue
import KubeModel
import NFTables
import NetworkPolicy

/// What of a Service decides what a node serves for it.
struct ServiceFacts: Hashable {
    struct Port: Hashable {
        var name: String
        var transport: UInt8
        var number: UInt16
        var nodePort: UInt16?
    }

    var ports: [Port] = []
    var addresses: [IPAddress] = []
    var externalAddresses: [IPAddress] = []
    var balancerAddresses: [IPAddress] = []
    var sourceRanges: [IPNetwork]?
    var isLocalOnly = false
    var keepsInternalTrafficLocal = false
    var affinity: Int?

    /// Three hours, as the API server fills in.
    private static let defaultAffinity = 10_800
    /// Says that somebody else serves the service.
    private static let otherProxy = "service.kubernetes.io/service-proxy-name"

    /// A service that needs nothing on a node (without address, or by name only) has no ports here.
    init(_ service: JSON) {
        let spec = service["spec"]
        guard spec?["type"]?.string != "ExternalName", service.labels[Self.otherProxy] == nil else { return }
        let texts = spec?["clusterIPs"]?.strings ?? []
        addresses = (texts.isEmpty ? [spec?["clusterIP"]?.string ?? ""] : texts).compactMap { IPAddress($0) }
        guard !addresses.isEmpty else { return }
        for entry in spec?["ports"]?.array ?? [] {
            guard let transport = ServiceProtocol.number(entry["protocol"]?.string), let port = Self.port(entry["port"]) else { continue }
            ports.append(
                Port(name: entry["name"]?.string ?? "", transport: transport, number: port, nodePort: Self.port(entry["nodePort"])))
        }
        externalAddresses = (spec?["externalIPs"]?.strings ?? []).compactMap { IPAddress($0) }
        if spec?["type"]?.string == "LoadBalancer" {
            for entry in service[path: "status", "loadBalancer", "ingress"]?.array ?? [] where entry["ipMode"]?.string != "Proxy" {
                if let address = entry["ip"]?.string.flatMap({ IPAddress($0) }) { balancerAddresses.append(address) }
            }
            let ranges = spec?["loadBalancerSourceRanges"]?.strings ?? []
            // A range that cannot be read lets nobody in.
            if !ranges.isEmpty { sourceRanges = ranges.compactMap { IPNetwork(String($0.filter { $0 != " " })) } }
        }
        isLocalOnly = spec?["externalTrafficPolicy"]?.string == "Local"
        keepsInternalTrafficLocal = spec?["internalTrafficPolicy"]?.string == "Local"
        if spec?["sessionAffinity"]?.string == "ClientIP" {
            let seconds = spec?[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"]?.int.flatMap { Int(exactly: $0) }
            affinity = min(max(seconds ?? Self.defaultAffinity, 1), 86_400)
        }
    }

    private static func port(_ json: JSON?) -> UInt16? { json?.int.flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 } }

    /// The ports with the pods behind them.
    func ports(_ key: String, _ slices: [SliceFacts]) -> [ServicePort] {
        ports.map { port in
            var served = ServicePort(
                name: "\(key):\(port.name.isEmpty ? String(port.number) : port.name)", transport: port.transport, addresses: addresses,
                port: port.number, backends: Self.backends(port, slices))
            served.nodePort = port.nodePort
            served.externalAddresses = externalAddresses
            served.balancerAddresses = balancerAddresses
            served.sourceRanges = sourceRanges
            served.isLocalOnly = isLocalOnly
            served.keepsInternalTrafficLocal = keepsInternalTrafficLocal
            served.affinity = affinity
            return served
        }
    }

    private static func backends(_ port: Port, _ slices: [SliceFacts]) -> [ServicePort.Backend] {
        var found: [Statement.Backend: ServicePort.Backend] = [:]
        for slice in slices {
            for target in slice.ports where target.name == port.name && target.transport == port.transport {
                for endpoint in slice.endpoints {
                    var backend = ServicePort.Backend(address: endpoint.address, port: target.number, isLocal: endpoint.isLocal)
                    backend.isLast = endpoint.isLast
                    // An endpoint can be in two slices for a moment: the better news counts.
                    let place = Statement.Backend(address: endpoint.address, port: target.number)
                    if found[place].map({ $0.isLast }) ?? true { found[place] = backend }
                }
            }
        }
        return found.values.sorted {
            ($0.address.family.rawValue, $0.address.high, $0.address.low, $0.port)
                < ($1.address.family.rawValue, $1.address.high, $1.address.low, $1.port)
        }
    }
}
