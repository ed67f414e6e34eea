public import KubeModel

/// What a node knows of one of its pods: the state that ``PodLifecycle/step(pod:record:now:)`` goes on from.
public struct PodRecord: Hashable, Sendable {
    /// Whether the pod's namespaces and addresses are there.
    public enum Sandbox: Hashable, Sendable {
        /// Not made yet, or gone.
        case absent
        /// Being made.
        case starting
        /// Containers can be started in it.
        case ready(podIPs: [String])
    }

    /// The pod's namespaces.
    public var sandbox: Sandbox
    /// Its containers by name, of all three kinds; one that is not here was never started.
    public var containers: [String: ContainerRecord]
    /// What the probes said so far.
    public var probes: [ProbeKey: ProbeRecord]
    /// When the node took the pod.
    public var startTime: Timestamp?
    /// The addresses of the node.
    public var hostIPs: [String]
    /// Why the pod ends, though nobody deleted it: it was refused, evicted, or its deadline is over. It stays.
    public var failure: PodFailure?
    /// Whether every init container was done once: then none is run again, except in a new sandbox.
    public var isInitialized: Bool

    /// A pod that the node has just been told of.
    public init(startTime: Timestamp? = nil) {
        sandbox = .absent
        containers = [:]
        probes = [:]
        self.startTime = startTime
        hostIPs = []
        isInitialized = false
    }
}

/// Why a pod failed as a whole.
public struct PodFailure: Hashable, Sendable {
    /// The reason in one word, such as `DeadlineExceeded`.
    public var reason: String
    /// The reason in a sentence.
    public var message: String

    /// A failure for a reason.
    public init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }

    /// The pod's `activeDeadlineSeconds` are over.
    public static let deadlineExceeded = PodFailure(
        reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline")
}

/// What a node knows of one container.
public struct ContainerRecord: Hashable, Sendable {
    /// Where the container is in its life.
    public enum State: Hashable, Sendable {
        /// Never started in this sandbox.
        case absent
        /// It could not be started: for the reason shown, until it is tried again.
        case waiting(reason: String, message: String, retryAt: Timestamp)
        /// Its image is being pulled, or it is being made.
        case starting
        /// It runs.
        case running(startedAt: Timestamp)
        /// It runs and was told to end.
        case stopping(startedAt: Timestamp)
        /// It has ended.
        case exited(ContainerExit)
    }

    /// Where it is in its life.
    public var state: State
    /// How it ended the time before.
    public var lastExit: ContainerExit?
    /// How often it was started again.
    public var restartCount: Int64
    /// How long the next restart waits.
    public var backOff: RestartBackOff?
    /// The name of the image that it runs.
    public var image: String
    /// The digest of that image.
    public var imageID: String
    /// The id of the container, with the runtime's name before it.
    public var containerID: String

    /// A container in a state.
    public init(_ state: State = .absent) {
        self.state = state
        restartCount = 0
        image = ""
        imageID = ""
        containerID = ""
    }

    var isAlive: Bool {
        switch state {
        case .starting, .running, .stopping: true
        case .absent, .waiting, .exited: false
        }
    }
    var exit: ContainerExit? {
        switch state {
        case .exited(let exit): exit
        case .absent, .waiting, .starting, .running, .stopping: nil
        }
    }
}

/// How a container ended.
public struct ContainerExit: Hashable, Sendable {
    /// The exit code; 128 more than the signal that ended it.
    public var code: Int64
    /// Whether the kernel killed it for want of memory.
    public var isOutOfMemory: Bool
    /// Its last words.
    public var message: String
    /// When it was started.
    public var startedAt: Timestamp
    /// When it ended.
    public var finishedAt: Timestamp
    /// The id of the container that ended.
    public var containerID: String

    /// An end with an exit code.
    public init(
        code: Int64, isOutOfMemory: Bool = false, message: String = "", startedAt: Timestamp, finishedAt: Timestamp,
        containerID: String = ""
    ) {
        self.code = code
        self.isOutOfMemory = isOutOfMemory
        self.message = message
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.containerID = containerID
    }

    /// `OOMKilled`, `Completed` or `Error`.
    public var reason: String { isOutOfMemory ? "OOMKilled" : code == 0 ? "Completed" : "Error" }
    var isSuccess: Bool { code == 0 }
}
