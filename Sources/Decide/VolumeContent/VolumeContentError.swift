/// Why the files of a volume are not known. Never tells what is in an object.
public struct VolumeContentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong and where.
    public var description: String
    /// Whether it may be otherwise later without a change of the pod.
    public var isRetryable: Bool

    /// An error that says nothing of what is in an object; by default one that may pass by itself.
    public init(_ description: String, isRetryable: Bool = true) {
        self.description = description
        self.isRetryable = isRetryable
    }
}
