/// Why a volume of a pod is not ready, or not up to date. The other volumes of the pod are as ready as they can be.
package struct VolumeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the event says in one word.
    package enum Reason: String, Hashable, Sendable {
        /// A volume with files could not be made ready.
        case failedMount = "FailedMount"
        /// A volume in block mode could not be made ready.
        case failedMapVolume = "FailedMapVolume"
    }

    /// The volume of the pod; empty when it is about all of them.
    package var volume: String
    package var reason: Reason
    /// What went wrong and where; never the content of a file.
    package var message: String
    /// Whether it may be otherwise later without a change of the pod: something is not there yet, or did not answer.
    package var isRetryable: Bool

    package init(volume: String, reason: Reason = .failedMount, _ message: String, isRetryable: Bool = true) {
        self.volume = volume
        self.reason = reason
        self.message = message
        self.isRetryable = isRetryable
    }

    /// The message of the event.
    package var description: String {
        if volume.isEmpty { return message }
        let action = reason == .failedMapVolume ? "MapVolume.SetUpDevice" : "MountVolume.SetUp"
        return "\(action) failed for volume \"\(volume)\" : \(message)"
    }
}
