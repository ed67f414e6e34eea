/// The first packet of a connection.
public struct Packet: Hashable, Sendable {
    /// Where it comes from.
    public var source: IPAddress
    /// Where it goes to.
    public var destination: IPAddress
    /// The number of the protocol.
    public var transport: UInt8
    /// The port it comes from; 0 when it does not matter.
    public var sourcePort: UInt16 = 0
    /// The port it goes to; 0 where the protocol has none.
    public var destinationPort: UInt16 = 0
    /// The type and code of an ICMP message.
    public var icmp: (type: UInt8, code: UInt8)? {
        get { icmpType.map { ($0, icmpCode) } }
        set { (icmpType, icmpCode) = (newValue?.type, newValue?.code ?? 0) }
    }
    private var icmpType: UInt8?
    private var icmpCode: UInt8 = 0

    /// A packet.
    public init(source: IPAddress, destination: IPAddress, transport: UInt8, port: UInt16 = 0) {
        self.source = source
        self.destination = destination
        self.transport = transport
        destinationPort = port
    }

    /// `TCP 80 from 10.0.0.1 to 10.0.0.2`.
    var shown: String {
        let port = TransportNumber.hasPorts(transport) ? " \(destinationPort)" : ""
        return "\(TransportNumber.name(transport))\(port) from \(source) to \(destination)"
    }
}
