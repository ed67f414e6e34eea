import KubeModel
import Logging
import PolicyModel
import Synchronization

/// Tells of refused requests in the log, each with its grounds and the nearest miss, so that no denial is unexplained.
///
/// At most ``perSecond`` a second: whoever is refused can ask as often as they like, and must not fill the disk.
final class DenialLog: Sendable {
    static let perSecond = 20

    private struct Window {
        var second: Int64 = 0
        var told = 0
        var dropped = 0
    }
    private let log: Logger
    private let clock: @Sendable () -> Timestamp
    // A lock and no actor: told on event loops in the midst of a request; the section is a few additions.
    private let window = Mutex(Window())

    init(log: Logger, clock: @escaping @Sendable () -> Timestamp) {
        self.log = log
        self.clock = clock
    }

    /// Tells that authorization refused a request.
    func tell(_ attributes: AccessAttributes, _ decision: Decision) {
        guard let dropped = admit() else { return }
        var metadata: Logger.Metadata = ["user": "\(attributes.user.name)", "verb": "\(attributes.verb)"]
        if attributes.isResourceRequest {
            metadata["resource"] = "\(GroupResource(group: attributes.apiGroup, resource: attributes.qualifiedResource))"
            if !attributes.namespace.isEmpty { metadata["namespace"] = "\(attributes.namespace)" }
            if !attributes.name.isEmpty { metadata["name"] = "\(attributes.name)" }
        } else {
            metadata["path"] = "\(attributes.path)"
        }
        if let nearest = decision.violations.first {
            metadata["found"] = "\(nearest.found)"
            metadata["remedy"] = "\(nearest.remedy)"
        }
        if dropped > 0 { metadata["not-told"] = "\(dropped)" }
        log.notice("request denied", metadata: metadata)
    }

    /// How many were not told since the last one that was; nil when this one is not to be told either.
    private func admit() -> Int? {
        let now = clock().seconds
        return window.withLock { window in
            if window.second != now {
                window.second = now
                window.told = 0
            }
            guard window.told < Self.perSecond else {
                window.dropped += 1
                return nil
            }
            window.told += 1
            defer { window.dropped = 0 }
            return window.dropped
        }
    }
}
