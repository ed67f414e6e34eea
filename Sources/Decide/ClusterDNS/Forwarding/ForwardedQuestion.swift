/// A question as upstream resolvers get it: what is asked, and nothing of who asks.
public struct ForwardedQuestion: Hashable, Sendable {
    /// What is asked; names of any case are one question.
    public var question: DNSQuestion
    /// Whether signatures are wanted.
    public var wantsSignatures: Bool
    /// Whether records that nobody checked are taken.
    public var takesUnchecked: Bool

    /// What a client asks.
    public init(_ question: DNSQuestion, wantsSignatures: Bool = false, takesUnchecked: Bool = false) {
        self.question = question
        self.wantsSignatures = wantsSignatures
        self.takesUnchecked = takesUnchecked
    }
}

/// One try to get an answer. The id, the port that it is sent from and the case of the name's letters are chosen anew for each,
/// and who forges an answer has to know them all.
public struct UpstreamQuery: Sendable {
    /// What a datagram or message from the resolver is.
    public enum Verdict: Sendable {
        /// The answer.
        case answer(ForwardedReply)
        /// The answer had no room; a connection has.
        case truncated
        /// An answer to the question in another case: forged, or of a resolver that does not keep the case. Only over a
        /// connection is it believed.
        case caseChanged
        /// Not an answer to this question. Nothing is known by it.
        case foreign
    }

    private let id: UInt16
    private let name: DNSName
    private let asked: ForwardedQuestion
    private let usesEDNS: Bool

    /// A query for a question.
    ///
    /// - Parameters:
    ///   - asked: what a client asked.
    ///   - id: drawn by a generator that cannot be foreseen.
    ///   - caseBits: the same, for the case of letters; 32 bytes or more.
    ///   - usesEDNS: whether to use EDNS, which very old resolvers refuse.
    public init(_ asked: ForwardedQuestion, id: UInt16, caseBits: [UInt8], usesEDNS: Bool = true) {
        self.id = id
        self.asked = asked
        self.usesEDNS = usesEDNS
        var wire = asked.question.name.wire
        for at in wire.indices where (0x61...0x7A).contains(wire[at] | 0x20) {
            let bit = caseBits.isEmpty ? 0 : caseBits[(at / 8) % caseBits.count] >> UInt8(at % 8) & 1
            wire[at] = wire[at] & ~0x20 | bit << 5
        }
        name = DNSName(wire: wire)
    }

    /// The message to send.
    public var bytes: [UInt8] {
        var message = DNSMessage(id: id, questions: [DNSQuestion(name, asked.question.type, questionClass: asked.question.questionClass)])
        message.wantsRecursion = true
        message.takesUnchecked = asked.takesUnchecked
        if usesEDNS { message.edns = DNSExtension(wantsSignatures: asked.wantsSignatures) }
        return message.encoded()
    }

    /// Judges what came from the resolver.
    ///
    /// - Parameters:
    ///   - bytes: a whole message, without the length that goes before it over TCP.
    ///   - isConnection: whether it came over TCP, where nobody else can write.
    /// - Returns: the answer, or why it is none that can be used.
    public func judge(_ bytes: [UInt8], isConnection: Bool) -> Verdict {
        guard bytes.count >= 12, UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == id, let reply = try? ForwardedReply(reading: bytes) else { return .foreign }
        let question = reply.question
        guard question.name == name, question.type == asked.question.type, question.questionClass == asked.question.questionClass else {
            return .foreign
        }
        if !isConnection, !question.name.hasSameCase(as: name) { return .caseChanged }
        if reply.isTruncated { return isConnection ? .foreign : .truncated }
        return .answer(reply)
    }
}
