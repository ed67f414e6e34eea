/// A question: which records of a name (RFC 1035 section 4.1.2).
public struct DNSQuestion: Hashable, Sendable {
    /// Whose records.
    public var name: DNSName
    /// Of which type.
    public var type: DNSType
    /// Of which class; 1 for the Internet.
    public var questionClass: UInt16

    /// A question about the Internet.
    public init(_ name: DNSName, _ type: DNSType, questionClass: UInt16 = 1) {
        self.name = name
        self.type = type
        self.questionClass = questionClass
    }
}

/// What EDNS adds to a message (RFC 6891).
public struct DNSExtension: Hashable, Sendable {
    /// The largest datagram that the sender takes.
    public var payloadSize: UInt16
    /// 0; a server answers others with ``DNSResponseCode/badVersion``.
    public var version: UInt8
    /// Whether signatures are wanted (RFC 3225).
    public var wantsSignatures: Bool
    /// Why the answer is as it is.
    public var error: DNSExtendedError?

    /// The datagrams that pass unfragmented nearly everywhere (DNS flag day 2020).
    public static let usualPayloadSize: UInt16 = 1232

    /// What a message says of its sender.
    public init(
        payloadSize: UInt16 = usualPayloadSize, version: UInt8 = 0, wantsSignatures: Bool = false, error: DNSExtendedError? = nil
    ) {
        self.payloadSize = payloadSize
        self.version = version
        self.wantsSignatures = wantsSignatures
        self.error = error
    }
}

/// One message of the domain name system (RFC 1035 section 4).
public struct DNSMessage: Hashable, Sendable {
    /// Chosen by the asker, repeated in the answer.
    public var id: UInt16
    /// Whether this is an answer.
    public var isResponse = false
    /// 0 for a question.
    public var opcode: UInt8 = 0
    /// Whether the answer is of whoever holds the zone.
    public var isAuthoritative = false
    /// Whether records were left out that had no room.
    public var isTruncated = false
    /// Whether the server is to ask others.
    public var wantsRecursion = false
    /// Whether the server does ask others.
    public var offersRecursion = false
    /// Whether the sender vouches for the records (RFC 4035).
    public var isAuthentic = false
    /// Whether the asker takes records that nobody checked (RFC 4035).
    public var takesUnchecked = false
    /// How it was answered.
    public var code = DNSResponseCode.noError
    /// One in each message that is answered here.
    public var questions: [DNSQuestion]
    /// The records that answer.
    public var answers: [DNSRecord] = []
    /// Who is responsible, and for how long an absence holds.
    public var authority: [DNSRecord] = []
    /// What the asker may need next; without the record of EDNS.
    public var additional: [DNSRecord] = []
    /// What the record of EDNS says; nil when there is none.
    public var edns: DNSExtension?

    /// A message with these questions and nothing else.
    public init(id: UInt16, questions: [DNSQuestion]) {
        self.id = id
        self.questions = questions
    }

    /// An empty answer to `query`: its id, question and wish for recursion, and EDNS when the query had it.
    public init(answering query: DNSMessage, code: DNSResponseCode, explanation: DNSExtendedError? = nil) {
        id = query.id
        questions = query.questions
        isResponse = true
        opcode = query.opcode
        wantsRecursion = query.wantsRecursion
        takesUnchecked = query.takesUnchecked
        offersRecursion = true
        self.code = code
        if let asked = query.edns { edns = DNSExtension(wantsSignatures: asked.wantsSignatures, error: explanation) }
    }
}
