/// A program to be started: everything that it is given, and nothing more.
package struct Program: Sendable {
    /// The path of its file.
    package var path: String
    /// Its arguments, without its own name.
    package var arguments: [String]
    /// Its environment as `NAME=value`.
    package var environment: [String]
    /// What it finds open beside the standard three, by the number that it has there.
    package var descriptors: [Int32: OwnedDescriptor]
    /// The folder that it starts in; empty for this process' own.
    package var folder = ""

    /// A program with a plain environment.
    package init(
        _ path: String, _ arguments: [String], environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        descriptors: [Int32: OwnedDescriptor] = [:]
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
    }
}

/// How a process ended.
package enum ProcessEnding: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    /// Whether it ended with 0.
    package var isSuccess: Bool { self == .exited(0) }
}
