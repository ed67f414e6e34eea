/// The type of a record, as a number that may be unknown here (RFC 1035 section 3.2.2; RFC 3597).
public struct DNSType: Hashable, Sendable, RawRepresentable, ExpressibleByIntegerLiteral {
    /// The number in the message.
    public var rawValue: UInt16
    /// The type of that number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The type of that number.
    public init(integerLiteral value: UInt16) { rawValue = value }

    /// An IPv4 address.
    public static let a: DNSType = 1
    /// An authoritative name server.
    public static let ns: DNSType = 2
    /// The canonical name of an alias.
    public static let cname: DNSType = 5
    /// The start of a zone of authority.
    public static let soa: DNSType = 6
    /// A name that an address has.
    public static let ptr: DNSType = 12
    /// Host information, which is what ``any`` is answered with (RFC 8482).
    public static let hinfo: DNSType = 13
    /// A mail exchange.
    public static let mx: DNSType = 15
    /// Texts.
    public static let txt: DNSType = 16
    /// An IPv6 address (RFC 3596).
    public static let aaaa: DNSType = 28
    /// The place of a service (RFC 2782).
    public static let srv: DNSType = 33
    /// The pseudo-record of EDNS (RFC 6891).
    public static let opt: DNSType = 41
    /// An incremental zone transfer; asked for only.
    public static let ixfr: DNSType = 251
    /// A zone transfer; asked for only.
    public static let axfr: DNSType = 252
    /// Everything there is; asked for only.
    public static let any: DNSType = 255

    /// Whether the type can be asked for only, or means the message: no record of it is data (RFC 6895 section 3.1).
    public var isMeta: Bool { rawValue == 41 || (128...255).contains(rawValue) || rawValue == 0 }
}

/// How a question was answered (RFC 1035 section 4.1.1, RFC 6891 section 6.1.3): 12 bits.
public struct DNSResponseCode: Hashable, Sendable, RawRepresentable {
    /// The number, with the upper eight bits from EDNS.
    public var rawValue: UInt16
    /// The code of that number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Answered, though perhaps with no record.
    public static let noError = DNSResponseCode(rawValue: 0)
    /// The question could not be read.
    public static let formatError = DNSResponseCode(rawValue: 1)
    /// The server cannot answer now.
    public static let serverFailure = DNSResponseCode(rawValue: 2)
    /// The name does not exist.
    public static let nameError = DNSResponseCode(rawValue: 3)
    /// The server does not do this.
    public static let notImplemented = DNSResponseCode(rawValue: 4)
    /// The server does not do this for the asker.
    public static let refused = DNSResponseCode(rawValue: 5)
    /// The version of EDNS is not known here.
    public static let badVersion = DNSResponseCode(rawValue: 16)
}

/// Why an answer is as it is, for people (RFC 8914).
public struct DNSExtendedError: Hashable, Sendable {
    /// The registered number.
    public var code: UInt16
    /// A sentence; it is sent to the asker.
    public var text: String

    /// An explanation of an answer.
    public init(code: UInt16, text: String) {
        self.code = code
        self.text = text
    }

    /// The server has not heard of the cluster yet.
    public static let notReady = DNSExtendedError(code: 14, text: "the cluster's services are not known here yet")
    /// The asker may not ask here.
    public static let prohibited = DNSExtendedError(code: 18, text: "only pods and their node may ask this server")
    /// No upstream resolver answered.
    public static let unreachable = DNSExtendedError(code: 22, text: "no upstream resolver answered")
    /// Too many questions wait.
    public static let overloaded = DNSExtendedError(code: 0, text: "too many questions wait for upstream resolvers")
    /// What was asked is not served.
    public static let notSupported = DNSExtendedError(code: 21, text: "this is not served")
}
