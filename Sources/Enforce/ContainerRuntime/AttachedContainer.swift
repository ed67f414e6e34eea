import CertificateAuthority
package import LinuxKernel

/// The inputs and outputs of a container's process, through its monitor. Others may be attached at the same time.
package final class AttachedContainer: Sendable {
    /// One output of the process.
    package enum Output: Hashable, Sendable { case standard([UInt8]), error([UInt8]) }

    private let stream: DescriptorStream
    private let control: String

    /// - Parameter folder: where the monitor has its socket and its pipe.
    fileprivate init(_ folder: String) throws(SystemError) {
        stream = try DescriptorStream.packets(folder, "attach")
        control = folder + "/ctl"
    }

    /// What the process wrote next; nil when it has ended.
    package func next() async throws(SystemError) -> Output? {
        while true {
            // A packet of conmon: one byte that says which output, at most 8192 that were written.
            let packet = try await stream.read(limit: 16384)
            if packet.isEmpty { return nil }
            switch packet[0] {
            case 2: return .standard(Array(packet.dropFirst()))
            case 3: return .error(Array(packet.dropFirst()))
            default: continue
            }
        }
    }

    /// Gives the process something to read.
    package func write(_ bytes: [UInt8]) async throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try await stream.write(Array(rest.prefix(8192)))
            rest = rest.dropFirst(8192)
        }
    }

    package func closeInput() { stream.closeWriting() }

    /// Tells the size of the client's terminal.
    package func resize(rows: UInt16, columns: UInt16) { try? GrowingFile.tell(control, "1 \(rows) \(columns)\n") }

    package func close() { stream.close() }
}

extension ContainerRuntime {
    /// Attaches to the process of a container.
    ///
    /// - Throws: `SystemError` when its monitor does not listen: the process has ended.
    package func attach(_ id: String) async throws(SystemError) -> AttachedContainer {
        try AttachedContainer(configuration.bundle(id))
    }
}
