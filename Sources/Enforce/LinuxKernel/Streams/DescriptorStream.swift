import CLinux
import Glibc
import Synchronization

/// Bytes in and out of descriptors that block: pipes, terminals, sockets.
///
/// What is there is read at once; waiting is done on a thread of its own, so that no thread of a pool is held.
package final class DescriptorStream: Sendable {
    /// Both may be the same descriptor. A lock and no actor: a hold is one assignment.
    private let reading: Mutex<OwnedDescriptor?>
    private let writing: Mutex<OwnedDescriptor?>
    private let stop: OwnedDescriptor
    private let isSocket: Bool

    /// Takes over descriptors, which do not block from now on.
    package init(reading: OwnedDescriptor?, writing: OwnedDescriptor?, isSocket: Bool = false) throws(SystemError) {
        for descriptor in [reading, writing] {
            if let descriptor { _ = try SystemError.check("set a descriptor", kst_set_nonblocking(descriptor.number)) }
        }
        self.reading = Mutex(reading)
        self.writing = Mutex(writing)
        self.isSocket = isSocket
        stop = OwnedDescriptor(try SystemError.check("make an event", kst_eventfd()))
    }

    /// The next bytes; none at the end, which a terminal without a program and a stopped stream have reached too.
    ///
    /// - Parameter limit: the most bytes at once; a packet that is longer loses its rest.
    package func read(limit: Int = 32768) async throws(SystemError) -> [UInt8] {
        guard let descriptor = reading.withLock({ $0 }) else { return [] }
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe kst_read(descriptor.number, &bytes, bytes.count)
            if count >= 0 { return Array(bytes[..<count]) }
            if count == -Int(EIO) || count == -Int(ECONNRESET) { return [] }
            if count != -Int(EAGAIN) { throw SystemError("read", Int32(-count)) }
            if try await !waits(for: descriptor, POLLIN) { return [] }
        }
    }

    /// Waits until something can be read; false when `milliseconds` are over first, or the stream was stopped.
    package func isReadable(within milliseconds: Int32) async throws(SystemError) -> Bool {
        guard let descriptor = reading.withLock({ $0 }) else { return false }
        let stop = stop
        return try await KernelCall.blocking { () throws(SystemError) in
            try SystemError.check("wait", kst_await(descriptor.number, Int16(POLLIN), stop.number, milliseconds))
        } == 1
    }

    /// Writes all bytes; what waits for a reader waits here.
    ///
    /// - Throws: `EPIPE` when nobody reads, or the stream was stopped.
    package func write(_ bytes: [UInt8]) async throws(SystemError) {
        guard let descriptor = writing.withLock({ $0 }) else { throw SystemError("write", EPIPE) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe kst_write(descriptor.number, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if count != -Int(EAGAIN) { throw SystemError("write", Int32(-count)) }
            if count < 0, try await !waits(for: descriptor, POLLOUT) { throw SystemError("write", EPIPE) }
        }
    }

    private func waits(for descriptor: OwnedDescriptor, _ events: Int32) async throws(SystemError) -> Bool {
        let stop = stop
        return try await KernelCall.blocking { () throws(SystemError) in
            try SystemError.check("wait", kst_await(descriptor.number, Int16(events), stop.number, -1))
        } == 1
    }

    /// Says that nothing more is written.
    package func closeWriting() {
        guard let descriptor = writing.withLock({ $0.take() }) else { return }
        if isSocket { _ = kst_shutdown_writing(descriptor.number) }
    }

    /// Ends whatever waits, now and later, and lets go of the descriptors.
    package func close() {
        var one: UInt64 = 1
        _ = unsafe kst_write(stop.number, &one, 8)
        reading.withLock { $0 = nil }
        writing.withLock { $0 = nil }
    }
}
