package import KubeModel
package import LinuxKernel
package import OCIModel

/// Which container of a pod is meant.
package struct ContainerReference: Hashable, Sendable {
    package var namespace: String
    package var pod: String
    /// The uid of the pod as the API server has it: a pod of the same name that came later is another one.
    package var uid: String
    package var container: String
    /// The run before the present one is meant (`kubectl logs --previous`).
    package var isPrevious: Bool

    package init(namespace: String, pod: String, uid: String, container: String, isPrevious: Bool = false) {
        self.namespace = namespace
        self.pod = pod
        self.uid = uid
        self.container = container
        self.isPrevious = isPrevious
    }
}

/// A container of this node, with what is needed to read its log, attach to it, or run something in it.
package struct LocatedContainer: Sendable {
    package enum State: Hashable, Sendable { case running, ended }

    /// The id that ``ContainerRuntime`` knows it by.
    package var runtimeID: String
    /// The path of its present log, in the format of the CRI; rotated parts lie beside it.
    package var log: String
    /// The process of the container; a further one is run with its rights, environment and folder.
    package var process: RuntimeProcess
    /// Whether something can be written to its standard input (`stdin: true`).
    package var hasInput: Bool
    /// Whether it has a terminal (`tty: true`).
    package var hasTerminal: Bool
    package var state: State

    package init(runtimeID: String, log: String, process: RuntimeProcess, hasInput: Bool, hasTerminal: Bool, state: State) {
        self.runtimeID = runtimeID
        self.log = log
        self.process = process
        self.hasInput = hasInput
        self.hasTerminal = hasTerminal
        self.state = state
    }
}

/// Knows the pods of this node. The pod worker is one; the tunnel asks it for whatever a client wants of a pod.
package protocol PodLocator: Sendable {
    /// Finds a container, running or ended.
    ///
    /// - Throws: `StatusError`: 404 for a pod or container that is not on this node, 400 for one without a log yet (see
    ///   ``StatusError/waiting(_:_:)`` and ``StatusError/noPrevious(_:)``). Any other error is told as 500.
    func container(_ reference: ContainerReference) async throws -> LocatedContainer

    /// The network namespace of a pod; the node's own for one with `hostNetwork`.
    ///
    /// - Throws: `StatusError` as ``container(_:)``.
    func networkNamespace(namespace: String, pod: String, uid: String) async throws -> NetworkNamespace
}

extension StatusError {
    /// The container exists and has not run yet.
    ///
    /// - Parameter reason: that of its waiting state, such as `ContainerCreating`.
    package static func waiting(_ reference: ContainerReference, _ reason: String) -> StatusError {
        .badRequest("container \(goQuoted(reference.container)) in pod \(goQuoted(reference.pod)) is waiting to start: \(reason)")
    }

    /// The container has not run before, or what is left of that run is gone.
    package static func noPrevious(_ reference: ContainerReference) -> StatusError {
        .badRequest("previous terminated container \(goQuoted(reference.container)) in pod \(goQuoted(reference.pod)) not found")
    }

    /// The pod is not, or no longer, on this node.
    package static func noSuchPod(_ name: String) -> StatusError { .notFound(GroupResource(group: "", resource: "pods"), name: name) }
}
