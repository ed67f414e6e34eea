/// When an image is pulled: a container's `imagePullPolicy`.
///
/// Source: Kubernetes documentation, "Images", "Image pull policy".
public enum ImagePullPolicy: String, Hashable, Sendable, CaseIterable {
    case always = "Always"
    case ifNotPresent = "IfNotPresent"
    case never = "Never"

    /// What holds when the field is empty: `latest`, written or meant, is pulled always.
    public static func standard(for reference: ImageReference) -> ImagePullPolicy { reference.isMoving ? .always : .ifNotPresent }

    /// What to do about an image.
    public enum Action: Hashable, Sendable {
        /// It is here; the text is the event's.
        case use(message: String)
        case pull(message: String)
        /// It may not be pulled and is not here.
        case fail(ImagePullFailure)
    }

    /// What to do about the image that a container names.
    public func action(image: String, isPresent: Bool) -> Action {
        switch (self, isPresent) {
        case (.always, _), (.ifNotPresent, false): .pull(message: "Pulling image \"\(image)\"")
        case (.ifNotPresent, true), (.never, true): .use(message: "Container image \"\(image)\" already present on machine")
        case (.never, false): .fail(.neverPull(image: image))
        }
    }

    /// The event after a pull: `Successfully pulled image "…" in 1.2s …`.
    public static func pulledMessage(image: String, took: Duration, waited: Duration, size: Int64) -> String {
        "Successfully pulled image \"\(image)\" in \(milliseconds(took)) (\(milliseconds(took + waited)) including waiting). Image size: \(size) bytes."
    }

    /// As Go writes a duration rounded to milliseconds: `870ms`, `1.25s`, `1m2.5s`.
    private static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let total = max(0, min(seconds, 1 << 40)) * 1000 + attoseconds / 1_000_000_000_000_000
        if total < 1000 { return total == 0 ? "0s" : "\(total)ms" }
        var text = ""
        if total >= 3_600_000 { text += "\(total / 3_600_000)h" }
        if total >= 60_000 { text += "\(total / 60_000 % 60)m" }
        var fraction = String(total % 1000)
        fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return text + "\(total / 1000 % 60)" + (fraction.isEmpty ? "" : "." + fraction) + "s"
    }
}

/// Why a container waits for its image: the reason and message of its status.
///
/// Source: Kubernetes, the reasons that the kubelet writes into `containerStatuses[].state.waiting`.
public enum ImagePullFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name cannot be read.
    case invalidName(image: String, reason: String)
    /// Not here, and the policy is Never.
    case neverPull(image: String)
    /// A pull failed.
    case pull(image: String, cause: String)
    /// A pull failed, and the next one waits.
    case backOff(image: String, cause: String)
    /// What is here cannot be read.
    case inspect(image: String, cause: String)

    /// `ErrImagePull` and its like.
    public var reason: String {
        switch self {
        case .invalidName: "InvalidImageName"
        case .neverPull: "ErrImageNeverPull"
        case .pull: "ErrImagePull"
        case .backOff: "ImagePullBackOff"
        case .inspect: "ImageInspectError"
        }
    }

    /// The message beside the reason.
    public var message: String {
        switch self {
        case .invalidName(let image, let reason):
            "Failed to apply default image tag \"\(image)\": \(reason)"
        case .neverPull(let image): "Container image \"\(image)\" is not present with pull policy of Never"
        case .pull(_, let cause): cause
        case .backOff(let image, let cause): "Back-off pulling image \"\(image)\"" + (cause.isEmpty ? "" : ": ErrImagePull: \(cause)")
        case .inspect(let image, let cause): "Failed to inspect image \"\(image)\": \(cause)"
        }
    }

    /// Reason and message, as `ErrImagePull: …`.
    public var description: String { "\(reason): \(message)" }
}

/// How long the next pull of one image waits after failures: 10 s, doubled each time, at most 5 min.
///
/// Pure: the clock comes in as seconds of any one origin that never goes back.
///
/// Source: Kubernetes, image pull back-off of the kubelet.
public struct ImagePullBackOff: Hashable, Sendable {
    /// After the first failure, in seconds.
    public static let initial: Int64 = 10
    /// The longest wait, in seconds.
    public static let maximum: Int64 = 300

    /// The present wait, in seconds; 0 before the first failure.
    public private(set) var delay: Int64 = 0
    /// When the last failure was.
    public private(set) var failedAt: Int64 = 0

    /// No failures yet: the first pull does not wait.
    public init() {}

    /// Takes note of a failure. Failures that lie further apart than twice the longest wait are none of one row.
    public mutating func fail(at now: Int64) {
        delay = isForgotten(at: now) ? Self.initial : min(delay * 2, Self.maximum)
        failedAt = now
    }

    /// Whether there were no failures, or the last one is so long ago that it does not count.
    public func isForgotten(at now: Int64) -> Bool { delay == 0 || Self.elapsed(from: failedAt, to: now) > 2 * Self.maximum }

    /// Forgets the failures.
    public mutating func succeed() { self = ImagePullBackOff() }

    /// How long a pull has still to wait, in seconds; 0 when it may begin.
    public func remaining(at now: Int64) -> Int64 { max(0, delay - Self.elapsed(from: failedAt, to: now)) }

    /// Never negative, and never more than what matters.
    private static func elapsed(from start: Int64, to now: Int64) -> Int64 {
        let (difference, overflow) = now.subtractingReportingOverflow(start)
        return overflow ? (now > start ? .max : 0) : max(0, difference)
    }
}
