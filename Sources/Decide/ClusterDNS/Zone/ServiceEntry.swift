import JSONValue
import KubeModel
import NetworkPolicy

/// A service or pod by namespace and name.
struct ObjectKey: Hashable, Sendable {
    var namespace: String
    var name: String
}

/// What the zone keeps of a Service.
struct ServiceEntry: Sendable {
    /// What its name stands for.
    enum Kind: Equatable, Sendable {
        /// One address of the cluster for each family.
        case clusterIP([IPAddress])
        /// The addresses of its endpoints.
        case headless
        /// A name elsewhere.
        case external(DNSName)
        /// Nothing yet, such as a service that waits for its address.
        case nothing
    }
    /// A named port.
    struct Port: Hashable, Sendable {
        var name: String
        /// `tcp`, `udp` or `sctp`.
        var transport: String
        var number: UInt16
    }

    var kind: Kind
    var ports: [Port]
    var publishesNotReady: Bool

    init(_ service: JSON) {
        let spec = service["spec"]
        publishesNotReady = spec?["publishNotReadyAddresses"]?.bool ?? false
        ports = Self.ports(spec?["ports"]?.array ?? [])
        if spec?["type"]?.string == "ExternalName" {
            kind = spec?["externalName"]?.string.flatMap { DNSName($0) }.map(Kind.external) ?? .nothing
            return
        }
        let first = spec?["clusterIP"]?.string ?? ""
        if first == "None" {
            kind = .headless
            return
        }
        let all = spec?["clusterIPs"]?.strings ?? []
        var addresses: [IPAddress] = []
        for text in all.isEmpty ? [first] : all {
            if let address = IPAddress(text), !addresses.contains(address) { addresses.append(address) }
        }
        kind = addresses.isEmpty ? .nothing : .clusterIP(addresses)
    }

    /// Ports without a name have no SRV record (DNS specification section 2.3.2).
    static func ports(_ list: [JSON]) -> [Port] {
        list.compactMap { port in
            guard let name = port["name"]?.string, !name.isEmpty, let number = port["port"]?.int.flatMap({ UInt16(exactly: $0) }) else { return nil }
            return Port(name: name.lowercased(), transport: (port["protocol"]?.string ?? "TCP").lowercased(), number: number)
        }
    }
}

/// What the zone keeps of an EndpointSlice.
struct SliceEntry: Sendable {
    struct Endpoint: Hashable, Sendable {
        /// The label of the endpoint under its service.
        var host: String
        var addresses: [IPAddress]
        var isReady: Bool
    }

    var service: ObjectKey
    var endpoints: [Endpoint]
    var ports: [ServiceEntry.Port]

    /// Nil for slices of no service, or of names instead of addresses.
    init?(_ slice: JSON) {
        guard let service = slice["metadata"]?["labels"]?["kubernetes.io/service-name"]?.string, !service.isEmpty,
            let type = slice["addressType"]?.string, type == "IPv4" || type == "IPv6"
        else { return nil }
        self.service = ObjectKey(namespace: slice.namespace, name: service)
        ports = ServiceEntry.ports(slice["ports"]?.array ?? [])
        endpoints = (slice["endpoints"]?.array ?? []).compactMap { endpoint in
            let addresses = (endpoint["addresses"]?.strings ?? []).compactMap { IPAddress($0) }
            guard let first = addresses.first else { return nil }
            // An endpoint whose readiness is not known counts as ready (API of EndpointSlice).
            let isReady = endpoint["conditions"]?["ready"]?.bool ?? true
            let hostname = endpoint["hostname"]?.string ?? ""
            return Endpoint(host: hostname.isEmpty ? Self.label(first) : hostname.lowercased(), addresses: addresses, isReady: isReady)
        }
    }

    /// The label of an endpoint without a hostname: the address, with dashes.
    static func label(_ address: IPAddress) -> String {
        String(decoding: address.description.utf8.map { $0 == 0x2E || $0 == 0x3A ? 0x2D : $0 }, as: UTF8.self)
    }

    /// The address that such a label stands for.
    static func address(label: String) -> IPAddress? {
        let parts = label.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 4, let address = IPAddress(parts.joined(separator: ".")), Self.label(address) == label { return address }
        guard let address = IPAddress(parts.joined(separator: ":")), address.family == .v6, Self.label(address) == label else { return nil }
        return address
    }
}
