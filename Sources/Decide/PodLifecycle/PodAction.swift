public import JSONValue
public import KubeModel

/// One thing that a node has to do for a pod next. Doing it changes the record; an action that is under way is not told again.
public enum PodAction: Hashable, Sendable {
    /// Make the namespaces and addresses.
    case makeSandbox
    /// Start a container: pull its image, make it, run it. The back-off is the record's from then on.
    case start(container: String, isRestart: Bool, backOff: RestartBackOff?)
    /// Tell a container to end, and kill it after `grace` seconds.
    case stop(container: String, grace: Int64, cause: StopCause)
    /// Ask a container.
    case probe(ProbeKey)
    /// Take the namespaces and addresses away.
    case removeSandbox
    /// Nothing of the pod is left: remove the object.
    case removeObject
}

/// Why a container is told to end.
public enum StopCause: Hashable, Sendable {
    /// The pod was deleted.
    case deleted
    /// The pod failed as a whole.
    case failed
    /// A probe says that it does not work.
    case probe(ProbeKind)
    /// All that it was started for is done.
    case completed
}

/// What a pod needs next, and what its status says now.
public struct PodStep: Hashable, Sendable {
    /// What is to be done, in order; what can be done at once stands together.
    public var actions: [PodAction]
    /// The status to write.
    public var status: JSON
    /// When to look again, if nothing happens before.
    public var nextLook: Timestamp?
    /// What is remembered: whether init containers are done, and why the pod failed.
    public var isInitialized: Bool
    /// Why the pod failed as a whole; nil when it did not.
    public var failure: PodFailure?
}
