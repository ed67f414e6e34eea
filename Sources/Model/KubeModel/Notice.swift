/// What a controller tells those who look at an object, as an Event.
public struct Notice: Hashable, Sendable {
    /// Whether something is wrong: the event's type is `Warning`.
    public var isWarning: Bool
    /// In one word, such as `ScalingReplicaSet`.
    public var reason: String
    /// The sentence for people.
    public var message: String

    /// A notice; `Normal` when nothing else is said.
    public init(isWarning: Bool = false, reason: String, message: String) {
        self.isWarning = isWarning
        self.reason = reason
        self.message = message
    }
}
