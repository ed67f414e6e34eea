public import NetworkPolicy

/// What of a packet a condition looks at.
public enum PacketField: Hashable, Sendable {
    /// The interface it came in by.
    case inInterface
    /// The interface it goes out by.
    case outInterface
    /// The source address; only packets of the family have one.
    case source(IPAddress.Family)
    /// The destination address; only packets of the family have one.
    case destination(IPAddress.Family)
    /// IPv4 or IPv6.
    case family
    /// The number of the protocol.
    case transport
    /// The port it comes from.
    case sourcePort
    /// The port it goes to.
    case destinationPort
    /// The type of an ICMP message.
    case icmpType
    /// The code of an ICMP message.
    case icmpCode
    /// How many routers an IPv6 packet may still cross: 255 was sent by a neighbour.
    case hopLimit

    var text: String {
        switch self {
        case .inInterface: "iifname"
        case .outInterface: "oifname"
        case .source(.v4): "ip saddr"
        case .source(.v6): "ip6 saddr"
        case .destination(.v4): "ip daddr"
        case .destination(.v6): "ip6 daddr"
        case .family: "meta nfproto"
        case .transport: "meta l4proto"
        case .sourcePort: "th sport"
        case .destinationPort: "th dport"
        // By their place in the header: the names would add conditions on the family.
        case .icmpType: "@th,0,8"
        case .icmpCode: "@th,8,8"
        case .hopLimit: "ip6 hoplimit"
        }
    }
}

/// A value that a field is compared with, or that stands in a set.
public enum FieldValue: Hashable, Sendable {
    case interface(String)
    case address(IPAddress)
    case network(IPNetwork)
    case number(UInt16)
    case range(ClosedRange<UInt16>)

    /// Whether it stands for several values that follow each other, or is written as if it did.
    var isInterval: Bool {
        switch self {
        case .interface, .address, .number: false
        case .network: true
        case .range(let range): range.count > 1
        }
    }

    var text: String {
        switch self {
        case .interface(let name): "\"\(name)\""
        case .address(let address): address.description
        case .network(let network): network.description
        case .number(let number): String(number)
        case .range(let range): range.count == 1 ? String(range.lowerBound) : "\(range.lowerBound)-\(range.upperBound)"
        }
    }
}

/// The type of one part of a set's elements.
public enum FieldType: String, Hashable, Sendable {
    case interface = "ifname"
    case ipv4 = "ipv4_addr"
    case ipv6 = "ipv6_addr"
    case transport = "inet_proto"
    case port = "inet_service"

    /// The type of addresses of a family.
    public static func address(_ family: IPAddress.Family) -> FieldType { family == .v4 ? .ipv4 : .ipv6 }
}
