package import KubeModel
package import OCIModel

/// What has become of a container.
package enum ContainerState: Hashable, Sendable {
    /// It is made, and its process has not begun.
    case created(process: Int32)
    /// Its process runs.
    case running(process: Int32, since: Timestamp)
    /// Its process has ended.
    case ended(Ending)
}

/// How a container ended.
package struct Ending: Hashable, Sendable {
    /// The code; 128 and the number for one that a signal killed.
    package var exitCode: Int32
    /// When it began; nil for one that never did.
    package var started: Timestamp?
    package var finished: Timestamp
    /// Whether the kernel killed it because its memory was used up.
    package var isOutOfMemory: Bool

    package init(exitCode: Int32, started: Timestamp?, finished: Timestamp, isOutOfMemory: Bool) {
        self.exitCode = exitCode
        self.started = started
        self.finished = finished
        self.isOutOfMemory = isOutOfMemory
    }
}

/// Why a container could not be made, started or ended. It is as it was before.
package struct ContainerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried.
    package var action: String
    /// The container.
    package var id: String
    /// What the runtime said.
    package var reason: String

    package init(_ action: String, _ id: String, _ reason: String) {
        self.action = action
        self.id = id
        self.reason = reason
    }

    package var description: String { "\(action) container \(id): \(reason)" }
}

/// What a container was made of, as far as it is needed later.
package struct ContainerBundle: Hashable, Sendable {
    /// The annotation with the signal that the image wants to be stopped with.
    package static let stopSignalAnnotation = "org.opencontainers.image.stopSignal"

    package var id: String
    /// Its process: further ones are run with its rights.
    package var process: RuntimeProcess
    package var stopSignal: String?

    package init(id: String, process: RuntimeProcess, stopSignal: String?) {
        self.id = id
        self.process = process
        self.stopSignal = stopSignal
    }
}
