import ControlPlane
import Glibc
import NIOCore
import NIOPosix

/// A process of this program's own: it reads nothing but the end of its input, writes lines to its output, and its log
/// to a file.
final class ChildProcess: Sendable {
    let process: Int32
    /// Closing this end tells the child that its parent is gone, also when the parent was killed.
    private let lifeline: Int32
    /// What the child writes to its standard output; nobody else holds the other end.
    private let output: Int32

    private init(process: Int32, lifeline: Int32, output: Int32) {
        self.process = process
        self.lifeline = lifeline
        self.output = output
    }

    /// The path of this program.
    static var program: String {
        var target = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &target, target.count - 1)
        guard count > 0 else { return CommandLine.arguments.first ?? "kastell" }
        return String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Starts this program again with other arguments.
    ///
    /// - Parameters:
    ///   - log: the file that the child's standard error is appended to.
    ///   - isSession: whether the child leaves this terminal's session and lives on without it.
    /// - Throws: ``CommandError``.
    static func start(_ arguments: [String], log: String, isSession: Bool) throws(CommandError) -> ChildProcess {
        var lifeline: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        guard unsafe pipe(&lifeline) == 0, unsafe pipe(&output) == 0 else {
            throw CommandError("no pipe could be made: \(unsafe String(cString: strerror(errno)))")
        }
        // A child that is started later must hold neither, or an end would never be seen.
        // Nor what our caller left open for us: whoever waits for the end of that would wait for the cluster's.
        let inherited = ProcFiles.names(in: "/proc/self/fd").compactMap { Int32($0) }.filter { $0 > STDERR_FILENO }
        for descriptor in inherited { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if isSession {
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        } else {
            unsafe posix_spawn_file_actions_adddup2(&actions, lifeline[0], STDIN_FILENO)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A group or session of its own: Ctrl-C at the terminal is for the parent, which stops its children in order.
        // POSIX_SPAWN_SETSID, which the header shows to GNU sources only, is 0x80.
        unsafe posix_spawnattr_setflags(&attributes, isSession ? 0x80 : Int16(POSIX_SPAWN_SETPGROUP))
        let path = program
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { for unsafe pointer in unsafe pointers { unsafe free(pointer) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, path, &actions, &attributes, &pointers, environ)
        close(lifeline[0])
        close(output[1])
        guard code == 0 else {
            close(lifeline[1])
            close(output[0])
            throw CommandError("\(path) could not be started: \(unsafe String(cString: strerror(code)))")
        }
        return ChildProcess(process: process, lifeline: lifeline[1], output: output[0])
    }

    /// The lines of the child's output, until it ends or closes it. To be called once.
    func lines() async throws -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        let channel = try await NIOPipeBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .takingOwnershipOfDescriptor(input: output) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
                }
            }
        Task {
            var pending: [UInt8] = []
            try? await channel.executeThenClose { inbound, _ in
                for try await chunk in inbound {
                    pending.append(contentsOf: chunk.readableBytesView)
                    while let end = pending.firstIndex(of: 0x0A) {
                        continuation.yield(String(decoding: pending[..<end], as: UTF8.self))
                        pending.removeSubrange(...end)
                    }
                }
            }
            continuation.finish()
        }
        return stream
    }

    /// Lets go of the lifeline: the child stops in order.
    func release() { close(lifeline) }

    func signal(_ number: Int32) { kill(process, number) }

    /// Waits on a thread for the child's end; answers how it ended.
    func wait() async -> Ending {
        await withCheckedContinuation { continuation in
            // A thread and not a task: waitpid blocks, and the pool's threads must not.
            let process = process
            NIOThreadPool.singleton.submit { _ in
                var status: Int32 = 0
                while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
                continuation.resume(returning: Ending(status: status))
            }
        }
    }

    /// How a process ended, of the status that `waitpid` answers.
    struct Ending: Hashable, Sendable, CustomStringConvertible {
        let status: Int32
        var exitCode: Int32? { status & 0x7F == 0 ? status >> 8 & 0xFF : nil }
        var signal: Int32? { status & 0x7F == 0 ? nil : status & 0x7F }
        var description: String {
            exitCode.map { "exit code \($0)" } ?? "signal \(signal ?? 0)"
        }
    }
}
