public import KubeModel

/// How long a container that ends again and again waits before it is started once more: 10 seconds, doubled each time up to five
/// minutes, and nothing after ten minutes without an end.
///
/// Source: Kubernetes documentation, "Pod Lifecycle", "How Pods handle problems with containers".
public struct RestartBackOff: Hashable, Sendable {
    /// The first delay in seconds.
    public static let first: Int64 = 10
    /// The longest delay in seconds.
    public static let longest: Int64 = 300

    /// The delay in seconds.
    public private(set) var delay: Int64
    /// The end of the container that the delay was last changed for.
    public private(set) var since: Timestamp

    /// The first end of a container, after which it is started at once.
    public init(since: Timestamp) {
        delay = Self.first
        self.since = since
    }

    /// A back-off that was written down.
    public init(delay: Int64, since: Timestamp) {
        self.delay = min(max(delay, Self.first), Self.longest)
        self.since = since
    }

    private func isForgotten(at end: Timestamp) -> Bool { end > since.adding(seconds: 2 * Self.longest) }

    /// When a container that ended then may be started again; nil when at once.
    func start(after end: Timestamp, now: Timestamp) -> Timestamp? {
        if isForgotten(at: end) { return nil }
        let moment = end.adding(seconds: delay)
        return moment > now ? moment : nil
    }

    /// Whether a container that ended then has to wait.
    public func waits(after end: Timestamp, now: Timestamp) -> Bool { start(after: end, now: now) != nil }

    /// The back-off once the container that ended then is started again.
    func next(after end: Timestamp) -> RestartBackOff {
        var next = self
        next.delay = isForgotten(at: end) ? Self.first : min(2 * delay, Self.longest)
        next.since = end
        return next
    }

    /// The delay as Go writes it: `10s`, `1m20s`.
    var text: String { delay < 60 ? "\(delay)s" : "\(delay / 60)m\(delay % 60)s" }
}
