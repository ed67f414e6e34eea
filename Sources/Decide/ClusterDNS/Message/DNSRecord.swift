public import NetworkPolicy

/// One resource record (RFC 1035 section 3.2.1).
public struct DNSRecord: Hashable, Sendable {
    /// Whose record it is.
    public var name: DNSName
    /// What it says.
    public var data: DNSData
    /// The class; 1 for the Internet.
    public var recordClass: UInt16
    /// For how many seconds it may be kept.
    public var timeToLive: UInt32

    /// A record of the Internet.
    public init(name: DNSName, data: DNSData, timeToLive: UInt32, recordClass: UInt16 = 1) {
        self.name = name
        self.data = data
        self.timeToLive = timeToLive
        self.recordClass = recordClass
    }

    /// The type, which follows from the data.
    public var type: DNSType { data.type }
}

/// What a record says.
public enum DNSData: Hashable, Sendable {
    /// An IPv4 or IPv6 address: types A and AAAA.
    case address(IPAddress)
    /// A name server of the zone.
    case nameServer(DNSName)
    /// The canonical name.
    case canonicalName(DNSName)
    /// The name of an address.
    case pointer(DNSName)
    /// A mail exchange.
    case mailExchange(preference: UInt16, DNSName)
    /// Where a service is.
    case service(priority: UInt16, weight: UInt16, port: UInt16, target: DNSName)
    /// Texts of at most 255 bytes each.
    case text([[UInt8]])
    /// The start of a zone.
    case authority(DNSAuthority)
    /// Data that is not read here.
    case opaque(DNSType, [UInt8])

    /// The type of such a record.
    public var type: DNSType {
        switch self {
        case .address(let address): address.family == .v4 ? .a : .aaaa
        case .nameServer: .ns
        case .canonicalName: .cname
        case .pointer: .ptr
        case .mailExchange: .mx
        case .service: .srv
        case .text: .txt
        case .authority: .soa
        case .opaque(let type, _): type
        }
    }
}

/// The start of a zone of authority (RFC 1035 section 3.3.13). Times are seconds.
public struct DNSAuthority: Hashable, Sendable {
    /// The primary name server.
    public var primary: DNSName
    /// The mailbox of who is responsible.
    public var mailbox: DNSName
    /// The version of the zone.
    public var serial: UInt32
    /// After how long secondaries look again.
    public var refresh: UInt32
    /// After how long they try again.
    public var retry: UInt32
    /// After how long they give up.
    public var expire: UInt32
    /// For how long the absence of a name may be kept (RFC 2308 section 4).
    public var minimum: UInt32

    /// The start of a zone.
    public init(
        primary: DNSName, mailbox: DNSName, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32, minimum: UInt32
    ) {
        self.primary = primary
        self.mailbox = mailbox
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.minimum = minimum
    }
}
