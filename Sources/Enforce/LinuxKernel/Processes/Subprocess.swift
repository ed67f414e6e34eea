import CLinux
import Glibc

/// Processes that this one starts. Nothing is forked in Swift: children come from `posix_spawn`, with all signals at their
/// defaults, and no descriptor but those that they are given.
package enum Subprocess {
    /// What a program said and how it ended.
    package struct Output: Sendable {
        package var status: ProcessEnding
        /// At most ``limit`` bytes; what came after was read and dropped.
        package var output: [UInt8]
        package var errors: [UInt8]

        /// What it wrote to its standard error, without the end of the last line.
        package var complaint: String {
            var text = String(decoding: errors, as: UTF8.self)
            while text.hasSuffix("\n") { text.removeLast() }
            return text
        }
    }

    /// How much of a program's output is kept.
    package static let limit = 1 << 20

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - input: what it reads from its standard input.
    ///   - seconds: after so many it is killed.
    package static func run(_ program: Program, input: [UInt8] = [], seconds: Int = 60) async throws(SystemError) -> Output {
        let result: Result<Output, SystemError> = await withCheckedContinuation { continuation in
            do throws(SystemError) {
                // Waiting blocks: it has a thread of its own, which ends with the program.
                try OneTimeThread.start {
                    do throws(SystemError) {
                        continuation.resume(returning: .success(try runHere(program, input, seconds)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    private static func runHere(_ program: Program, _ input: [UInt8], _ seconds: Int) throws(SystemError) -> Output {
        var conversation = try launch(program, input, seconds)
        return try conversation.run()
    }

    /// Starts a program between three pipes. Only the conversation holds our ends, so that closing one closes it.
    private static func launch(_ program: Program, _ given: [UInt8], _ seconds: Int) throws(SystemError) -> Conversation {
        let (input, output, errors) = (try Pipe(), try Pipe(), try Pipe())
        var started = program
        started.descriptors[0] = input.reading
        started.descriptors[1] = output.writing
        started.descriptors[2] = errors.writing
        return Conversation(
            child: try start(started), writing: input.writing, reading: [output.reading, errors.reading], input: given, seconds: seconds)
    }

    /// Starts a program and goes on.
    ///
    /// - Returns: its process id; ``wait(for:)`` has to be called for it.
    package static func start(_ program: Program) throws(SystemError) -> Int32 {
        let numbers = program.descriptors.sorted { $0.key < $1.key }
        let result = unsafe withCStrings([program.path] + program.arguments) { arguments in
            unsafe withCStrings(program.environment) { environment in
                unsafe kst_spawn(
                    program.path, arguments, environment, numbers.map(\.value.number), numbers.map(\.key), numbers.count, program.folder)
            }
        }
        return try SystemError.check("start \(program.path)", result)
    }

    /// Waits for the end of a process that ``start(_:)`` started. Blocks.
    package static func wait(for child: Int32) throws(SystemError) -> ProcessEnding {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            if errno != EINTR { throw SystemError("wait for process \(child)", errno) }
        }
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
    }

    /// Waits until a process that ``start(_:)`` started has ended; its number stays taken until ``wait(for:)``. Blocks.
    package static func awaitEnd(of child: Int32) throws(SystemError) {
        var facts = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(child), &facts, WEXITED | WNOWAIT) < 0 {
            if errno != EINTR { throw SystemError("wait for process \(child)", errno) }
        }
    }

    /// Sends a signal; that there is no such process is no failure.
    package static func signal(_ process: Int32, _ number: Int32) throws(SystemError) {
        if kill(process, number) < 0, errno != ESRCH { throw SystemError("signal process \(process)", errno) }
    }

    /// Whether there is a process of this id.
    package static func exists(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }

    static func withCStrings(_ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32) -> Int32 {
        var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { for unsafe pointer in unsafe pointers { unsafe free(pointer) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -EINVAL }
            return unsafe body(UnsafePointer(base))
        }
    }
}

/// A pipe, both ends closed on exec.
package struct Pipe: Sendable {
    package let reading: OwnedDescriptor
    package let writing: OwnedDescriptor

    package init() throws(SystemError) {
        var ends: [Int32] = [0, 0]
        let result = unsafe kst_pipe(&ends)
        _ = try SystemError.check("make a pipe", result)
        reading = OwnedDescriptor(ends[0])
        writing = OwnedDescriptor(ends[1])
    }

    /// Reads up to the end of a line, or until the other end is closed, at most `limit` bytes. Blocks.
    package static func readLine(_ descriptor: OwnedDescriptor, limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        // A byte at a time: what follows the line is somebody else's to read.
        while bytes.count < limit, try SystemError.check("read", unsafe kst_read(descriptor.number, &byte, 1)) == 1, byte != 0x0A { bytes.append(byte) }
        return bytes
    }

    /// Reads until the other end is closed, at most `limit` bytes. Blocks.
    package static func readAll(_ descriptor: OwnedDescriptor, limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = try SystemError.check("read", unsafe kst_read(descriptor.number, &chunk, chunk.count))
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}

/// Feeds a child and hears it until it closes its outputs, then waits for its end.
private struct Conversation {
    let child: Int32
    var writing: OwnedDescriptor?
    let reading: [OwnedDescriptor]
    let input: [UInt8]
    let seconds: Int

    init(child: Int32, writing: OwnedDescriptor, reading: [OwnedDescriptor], input: [UInt8], seconds: Int) {
        self.child = child
        self.writing = writing
        self.reading = reading
        self.input = input
        self.seconds = seconds
    }

    mutating func run() throws(SystemError) -> Subprocess.Output {
        let end = ContinuousClock.now + .seconds(seconds)
        var heard = reading.map { _ in [UInt8]() }
        var isOpen = reading.map { _ in true }
        var sent = 0
        if input.isEmpty { writing = nil }
        var chunk = [UInt8](repeating: 0, count: 65536)
        while isOpen.contains(true) {
            var polls: [pollfd] = []
            for (position, descriptor) in reading.enumerated() {
                polls.append(pollfd(fd: isOpen[position] ? descriptor.number : -1, events: Int16(POLLIN), revents: 0))
            }
            polls.append(pollfd(fd: writing?.number ?? -1, events: Int16(POLLOUT), revents: 0))
            let left = end - .now
            let milliseconds = Int32(clamping: max(left.components.seconds * 1000, 0))
            if unsafe poll(&polls, nfds_t(polls.count), milliseconds) == 0, left <= .zero {
                try Subprocess.signal(child, SIGKILL)
                _ = try Subprocess.wait(for: child)
                throw SystemError("process \(child)", ETIMEDOUT, detail: "killed after \(seconds) seconds")
            }
            for position in reading.indices where polls[position].revents != 0 {
                let count = unsafe kst_read(reading[position].number, &chunk, chunk.count)
                if count <= 0 { isOpen[position] = false } else { heard[position] += chunk[..<count].prefix(Subprocess.limit - heard[position].count) }
            }
            if polls[reading.count].revents != 0, let descriptor = writing {
                let rest = Array(input[sent..<min(sent + 4096, input.count)])
                let count = unsafe kst_write(descriptor.number, rest, rest.count)
                if count > 0 { sent += count }
                if count <= 0 || sent == input.count { writing = nil }
            }
        }
        writing = nil
        let status = try Subprocess.wait(for: child)
        return Subprocess.Output(status: status, output: heard[0], errors: heard[1])
    }
}
