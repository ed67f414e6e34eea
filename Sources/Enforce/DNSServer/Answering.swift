import ClusterDNS
import NetworkPolicy
import Synchronization

/// What the sockets of a server have in common: the zone, the answers of upstream resolvers, and the questions that wait.
///
/// Locks and no actor: questions are answered on the event loop on which they come, and every hold is a few lookups.
final class Answering: Sendable {
    /// What becomes of a datagram or message.
    enum Outcome {
        case reply([UInt8])
        /// `later` is called.
        case waits
        /// Nobody is owed an answer.
        case dropped
    }

    /// What was counted since the start.
    struct Statistics: Sendable {
        var questions = 0
        var refused = 0
        var forwarded = 0
        var fromCache = 0
        var overLimit = 0
    }

    private struct Waiter: Sendable {
        var query: DNSMessage
        var client: IPAddress
        var limit: Int
        /// The aliases that led to the question that is asked upstream.
        var aliases: [DNSRecord]
        var later: @Sendable ([UInt8]) -> Void
    }

    private struct State {
        var cache: ReplyCache
        var waiting: [ForwardedQuestion: [Waiter]] = [:]
        var count = 0
        var ofClient: [IPAddress: Int] = [:]
        var statistics = Statistics()
    }

    private let allowed: [IPNetwork]
    private let limits: DNSServer.Limits
    private let zone: Mutex<ClusterZone>
    private let state: Mutex<State>
    private let start = ContinuousClock.now
    /// The questions that upstream resolvers have to be asked: each once, however many wait for it.
    let questions: AsyncStream<ForwardedQuestion>
    private let ask: AsyncStream<ForwardedQuestion>.Continuation

    init(zone: ClusterZone.Configuration, allowed: [IPNetwork], limits: DNSServer.Limits) {
        self.allowed = allowed
        self.limits = limits
        self.zone = Mutex(ClusterZone(zone))
        state = Mutex(State(cache: ReplyCache(limit: limits.cacheBytes)))
        // Bounded by `limits.waiting`, before anything is put in.
        (questions, ask) = AsyncStream.makeStream()
    }

    var statistics: Statistics { state.withLock { $0.statistics } }
    func isAllowed(_ client: IPAddress) -> Bool { allowed.contains { $0.contains(client) } }

    /// Changes the zone; answers whether it is complete.
    func change(_ change: (inout ClusterZone) -> Void) -> Bool {
        zone.withLock { zone in
            change(&zone)
            return zone.isSynced
        }
    }

    // MARK: Questions

    /// Takes what a client sent.
    ///
    /// - Parameters:
    ///   - isDatagram: whether the answer must fit a datagram.
    ///   - later: takes the answer of a question that has to wait; called once, on any thread, or never when the server stops.
    func take(_ bytes: [UInt8], from client: IPAddress, isDatagram: Bool, later: @escaping @Sendable ([UInt8]) -> Void) -> Outcome {
        // What is no question gets no answer: two servers must not begin to talk.
        guard bytes.count >= 12, bytes[2] & 0x80 == 0 else { return .dropped }
        let id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard let query = try? DNSMessage(decoding: bytes) else {
            return isAllowed(client) ? .reply(DNSMessage(answering: DNSMessage(id: id, questions: []), code: .formatError).encoded()) : .dropped
        }
        let limit = isDatagram ? min(max(Int(query.edns?.payloadSize ?? 512), 512), Int(DNSExtension.usualPayloadSize)) : 65535
        func refuse(_ code: DNSResponseCode, _ why: DNSExtendedError? = nil) -> Outcome {
            .reply(DNSMessage(answering: query, code: code, explanation: why).encoded(limit: limit))
        }
        guard isAllowed(client) else {
            state.withLock { $0.statistics.refused += 1 }
            return refuse(.refused, .prohibited)
        }
        state.withLock { $0.statistics.questions += 1 }
        if query.opcode != 0 { return refuse(.notImplemented) }
        if let edns = query.edns, edns.version != 0 { return refuse(.badVersion) }
        guard query.questions.count == 1, let question = query.questions.first else { return refuse(.formatError) }
        switch zone.withLock({ $0.answer(question, rotation: Int(id)) }) {
        case .answer(let answer): return .reply(Self.message(answer, query).encoded(limit: limit))
        case .alias(let aliases, let target):
            // Other types may hold names that only make sense within the message they came in.
            let isReadable = [.a, .aaaa, .txt, .srv, .mx].contains(question.type)
            if !isReadable || !query.wantsRecursion { return .reply(Self.message(DNSAnswer(answers: aliases), query).encoded(limit: limit)) }
            let forwarded = ForwardedQuestion(DNSQuestion(target, question.type))
            return wait(forwarded, Waiter(query: query, client: client, limit: limit, aliases: aliases, later: later))
        case .forward:
            // Who does not want us to ask others learns nothing about what others have asked.
            if !query.wantsRecursion { return refuse(.refused) }
            let forwarded = ForwardedQuestion(
                question, wantsSignatures: query.edns?.wantsSignatures ?? false, takesUnchecked: query.takesUnchecked)
            return wait(forwarded, Waiter(query: query, client: client, limit: limit, aliases: [], later: later))
        }
    }

    private static func message(_ answer: DNSAnswer, _ query: DNSMessage) -> DNSMessage {
        var message = DNSMessage(answering: query, code: answer.code, explanation: answer.explanation)
        message.isAuthoritative = answer.isAuthoritative
        message.answers = answer.answers
        message.authority = answer.authority
        message.additional = answer.additional
        return message
    }

    // MARK: Upstream

    private var now: Int64 { (ContinuousClock.now - start).components.seconds }

    private func wait(_ question: ForwardedQuestion, _ waiter: Waiter) -> Outcome {
        let now = now
        let (kept, isNew) = state.withLock { state -> (Outcome?, Bool) in
            if let (reply, age) = state.cache.find(question, now: now) {
                state.statistics.fromCache += 1
                return (.reply(Self.bytes(waiter, reply, age: age)), false)
            }
            guard state.count < limits.waiting, state.ofClient[waiter.client, default: 0] < limits.waitingPerClient else {
                state.statistics.overLimit += 1
                return (.reply(DNSMessage(answering: waiter.query, code: .serverFailure, explanation: .overloaded).encoded(limit: waiter.limit)), false)
            }
            state.count += 1
            state.ofClient[waiter.client, default: 0] += 1
            let isNew = state.waiting[question] == nil
            state.waiting[question, default: []].append(waiter)
            if isNew { state.statistics.forwarded += 1 }
            return (nil, isNew)
        }
        if isNew { ask.yield(question) }
        return kept ?? .waits
    }

    /// Gives the answer to all who wait for it.
    ///
    /// - Parameter reply: nil when no resolver answered.
    func finish(_ question: ForwardedQuestion, with reply: ForwardedReply?) {
        let now = now
        let waiters = state.withLock { state in
            if let reply { state.cache.keep(reply, for: question, now: now) }
            let waiters = state.waiting.removeValue(forKey: question) ?? []
            state.count -= waiters.count
            for waiter in waiters {
                let left = state.ofClient[waiter.client, default: 0] - 1
                state.ofClient[waiter.client] = left > 0 ? left : nil
            }
            return waiters
        }
        for waiter in waiters {
            if let reply {
                waiter.later(Self.bytes(waiter, reply, age: 0))
            } else {
                let message = DNSMessage(answering: waiter.query, code: .serverFailure, explanation: .unreachable)
                waiter.later(message.encoded(limit: waiter.limit))
            }
        }
    }

    private static func bytes(_ waiter: Waiter, _ reply: ForwardedReply, age: UInt32) -> [UInt8] {
        if waiter.aliases.isEmpty { return reply.bytes(answering: waiter.query, age: age, limit: waiter.limit) }
        guard let records = reply.records else {
            return DNSMessage(answering: waiter.query, code: .serverFailure).encoded(limit: waiter.limit)
        }
        var message = DNSMessage(answering: waiter.query, code: reply.code)
        message.answers = waiter.aliases + records.map { record in
            var record = record
            record.timeToLive = record.timeToLive > age ? record.timeToLive - age : 0
            return record
        }
        return message.encoded(limit: waiter.limit)
    }
}
