/// The conditions of one rule on a packet; all must hold. Written so that it is one rule of a packet filter.
public struct TrafficMatch: Hashable, Sendable {
    /// The type of an ICMP message, and its code when that matters.
    public struct ICMP: Hashable, Sendable {
        /// The message type.
        public var type: UInt8
        /// The code; nil for every code.
        public var code: UInt8?
    }

    /// Only this family; nil for both.
    public var family: IPAddress.Family?
    /// Only this protocol, by its number; nil for every one.
    public var transport: UInt8?
    /// Not this protocol.
    public var notTransport: UInt8?
    /// Only these ICMP messages.
    public var icmp: ICMP?
    /// Not these ICMP messages.
    public var notICMP: ICMP?
    /// Where the packet comes from.
    public var source = PeerMatch()
    /// Where it goes to.
    public var destination = PeerMatch()

    /// Every packet.
    public init() {}
}

/// The conditions of one rule on one end of a packet; all must hold.
public struct PeerMatch: Hashable, Sendable {
    /// The address is in each of these sets.
    public var sets: [SelectorSetKey] = []
    /// The address is in none of these sets.
    public var exceptSets: [SelectorSetKey] = []
    /// The address is in one of these networks; nil for every address.
    public var networks: [IPNetwork]?
    /// The address is in none of these networks.
    public var exceptNetworks: [IPNetwork] = []
    /// The port is one of these; nil for every port, and for protocols that have none.
    public var ports: [PortMatch]?
    /// The port is none of these.
    public var exceptPorts: [PortMatch] = []

    /// Every address and port.
    public init() {}

    /// Every set that the conditions mention.
    var keys: [SelectorSetKey] { sets + exceptSets }
}

/// Ports of one end of a connection.
public enum PortMatch: Hashable, Sendable {
    case range(ClosedRange<UInt16>)
    /// The port that a container of the pod at this end gives that name, of the packet's protocol.
    case named(String)
}

/// The name of a set of addresses that rules share: all endpoints, or all nodes, that a selector selects.
public struct SelectorSetKey: Hashable, Sendable, CustomStringConvertible {
    /// What the selector is asked about.
    public enum Domain: String, Hashable, Sendable {
        /// Pods with an address of their own, network sets and host endpoints.
        case endpoints
        /// Nodes.
        case nodes
    }

    /// What the selector is asked about.
    public var domain: Domain
    /// The condition on the labels.
    public var selector: EndpointSelector

    /// The set of what `selector` selects in `domain`.
    public init(domain: Domain = .endpoints, _ selector: EndpointSelector) {
        self.domain = domain
        self.selector = selector
    }

    /// The canonical form of the selector.
    public var description: String { domain == .nodes ? "nodes: \(selector)" : "\(selector)" }
}

/// The names and numbers of the protocols that policies may name.
enum TransportNumber {
    static let names: [(name: String, number: UInt8)] = [
        ("TCP", 6), ("UDP", 17), ("SCTP", 132), ("ICMP", 1), ("ICMPv6", 58), ("UDPLite", 136),
    ]
    static let icmp: UInt8 = 1
    static let icmp6: UInt8 = 58

    static func named(_ name: String) -> UInt8? { names.first { $0.name == name }?.number }
    static func name(_ number: UInt8) -> String { names.first { $0.number == number }?.name ?? "protocol \(number)" }
    static func hasPorts(_ number: UInt8) -> Bool { number == 6 || number == 17 || number == 132 }
}
