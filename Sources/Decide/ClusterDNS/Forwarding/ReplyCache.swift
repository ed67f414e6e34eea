/// Answers of upstream resolvers, each for as long as it may be kept and at most so many bytes of them.
///
/// Two generations: when the young one is full, it becomes the old one, which is forgotten; what is asked for in the old one
/// becomes young again. So what is used stays, at constant cost, and a flood of names cannot make the cache grow.
public struct ReplyCache: Sendable {
    private struct Entry: Sendable {
        var reply: ForwardedReply
        /// Seconds, as given.
        var since: Int64
    }
    private var young: [ForwardedQuestion: Entry] = [:]
    private var old: [ForwardedQuestion: Entry] = [:]
    private var youngBytes = 0
    private let limit: Int

    /// - Parameter limit: the most bytes of both generations.
    public init(limit: Int) { self.limit = limit }

    /// How many answers there are, those that are over included.
    public var count: Int { young.count + old.count }

    /// The answer and its age in seconds; nil when there is none, or it has had its life.
    ///
    /// - Parameters:
    ///   - question: what was asked; flags that change the answer are part of it.
    ///   - now: seconds of a clock that never goes back.
    /// - Returns: the answer as it was kept. One of the older generation is moved to the younger.
    public mutating func find(_ question: ForwardedQuestion, now: Int64) -> (reply: ForwardedReply, age: UInt32)? {
        guard let entry = young[question] ?? old[question] else { return nil }
        let age = now - entry.since
        guard age >= 0, age < Int64(entry.reply.life) else { return nil }
        if young[question] == nil { insert(entry, question) }
        return (entry.reply, UInt32(age))
    }

    /// Keeps an answer that may be kept, and is not large.
    public mutating func keep(_ reply: ForwardedReply, for question: ForwardedQuestion, now: Int64) {
        guard reply.life > 0, reply.size <= limit / 64 else { return }
        insert(Entry(reply: reply, since: now), question)
    }

    private mutating func insert(_ entry: Entry, _ question: ForwardedQuestion) {
        if youngBytes + entry.reply.size > limit / 2 {
            old = young
            young = [:]
            youngBytes = 0
        }
        youngBytes += entry.reply.size - (young.updateValue(entry, forKey: question)?.reply.size ?? 0)
    }
}
