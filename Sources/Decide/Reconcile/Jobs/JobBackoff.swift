import JSONValue
public import KubeModel

/// How the pods of a Job, or of one of its indexes, fail one after another: the next one waits twice as long each time.
///
/// Source: Kubernetes documentation, "Pod backoff failure policy": 10 s, 20 s, 40 s … up to six minutes.
public struct JobBackoff: Hashable, Sendable {
    /// How many have failed since one succeeded.
    public var failures = 0
    /// When the last one ended.
    public var last: Timestamp?
    /// The UIDs of the ended pods that are taken account of; those that are gone are forgotten.
    private var seen: Set<String> = []

    /// Nothing has failed.
    public init() {}

    init(failures: Int, last: Timestamp?) {
        self.failures = failures
        self.last = last
    }

    /// Takes account of the pods that have ended.
    mutating func note(_ pods: [JSON], _ facts: JobFacts) {
        let ended = pods.filter { JobFacts.hasSucceeded($0) || facts.hasFailed($0) }
        let fresh = ended.filter { !seen.contains($0.uid) }.map { (time: JobFacts.finishTime($0), isFailure: facts.hasFailed($0)) }
        for end in fresh.sorted(by: { $0.time < $1.time }) {
            failures = end.isFailure ? failures + 1 : 0
            last = max(last ?? end.time, end.time)
        }
        seen = Set(ended.map(\.uid))
    }

    /// Seconds until the next pod may begin.
    func remaining(at now: Timestamp) -> Int64 {
        guard failures > 0, let last else { return 0 }
        let pause = min(Int64(10) << Int64(min(failures - 1, 10)), 360)
        return max(0, last.adding(seconds: pause).seconds - now.seconds)
    }
}
