import Foundation
import Glibc

/// Runs a program to its end.
enum Command {
    struct Outcome: Sendable {
        let status: Int32
        /// What it printed, both streams in the order in which they were written.
        let output: String
        /// Its standard output alone.
        let printed: String
        var succeeded: Bool { status == 0 }
    }

    /// Why there is no outcome.
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// - Parameters:
    ///   - input: given to its standard input, which is empty otherwise.
    ///   - mergesErrors: whether standard error goes where standard output goes, as in a terminal.
    ///   - timeout: after it the program is killed, which is a failure.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], folder: String? = nil,
        input: String? = nil, mergesErrors: Bool = true, timeout: Duration = .seconds(90)
    ) async throws -> Outcome {
        let scratch = TemporaryFolder()
        let (inputFile, outputFile, errorFile) = (scratch.path + "/in", scratch.path + "/out", scratch.path + "/err")
        try Data((input ?? "").utf8).write(to: URL(filePath: inputFile))
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // Files and no pipes: a cluster that goes on in the background may keep them open.
        unsafe posix_spawn_file_actions_addopen(&actions, 0, inputFile, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if mergesErrors {
            unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // posix_spawn cannot change the folder without extensions of GNU that Swift does not see.
        let words = folder.map { ["/usr/bin/env", "-C", $0, program] } ?? [program]
        let process = try unsafe start(
            words[0], words.dropFirst() + arguments, environment.map { $0 + "=" + $1 }, &actions)
        let status = try await end(of: process, within: timeout)
        let printed = (try? String(contentsOfFile: outputFile, encoding: .utf8)) ?? ""
        let errors = (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? ""
        guard status & 0x7F == 0 else {
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")) was ended by signal \(status & 0x7F) "
                    + "(the limit is \(timeout)):\n\(printed)\(errors)")
        }
        return Outcome(status: status >> 8 & 0xFF, output: printed + errors, printed: printed)
    }

    /// Runs a program to its end in a terminal of its own, in which nothing is typed.
    static func runInTerminal(
        _ words: [String], environment: [String: String], folder: String, timeout: Duration = .seconds(90)
    ) async throws -> Outcome {
        // pty(7), ioctl_tty(2): TIOCSPTLCK and TIOCGPTN, of which Swift sees no names.
        let master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (lock, number): (Int32, Int32) = (0, 0)
        guard master >= 0, unsafe ioctl(master, 0x4004_5431, &lock) == 0, unsafe ioctl(master, 0x8004_5430, &number) == 0 else {
            throw Failure(description: "there is no terminal: error \(errno)")
        }
        let path = "/dev/pts/\(number)"
        // Held open here: without a program at its other end a terminal cannot be read.
        let slave = unsafe open(path, O_RDWR | O_NOCTTY)
        defer { for descriptor in [master, slave] { close(descriptor) } }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for number in [0, 1, 2] as [Int32] { unsafe posix_spawn_file_actions_addopen(&actions, number, path, O_RDWR | O_NOCTTY, 0) }
        let process = try unsafe start("/usr/bin/env", ["-C", folder] + words, environment.map { $0 + "=" + $1 }, &actions)
        var shown: [UInt8] = []
        func read() {
            var part = [UInt8](repeating: 0, count: 4096)
            while case let count = unsafe Glibc.read(master, &part, part.count), count > 0 { shown += part[..<count] }
        }
        let status = try await end(of: process, within: timeout, meanwhile: read)
        read()
        // Without what moves the cursor and sets colours.
        let text = String(decoding: shown.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self).replacing(#/\u{1B}\[[0-9;]*[A-Za-z]/#, with: "")
        guard status & 0x7F == 0 else { throw Failure(description: "\(words) was ended by signal \(status & 0x7F) (the limit is \(timeout)):\n\(text)") }
        return Outcome(status: status >> 8 & 0xFF, output: text, printed: text)
    }

    /// Starts a program that goes on, with nothing to read or write. Whoever starts it waits for its end.
    static func start(_ words: [String]) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for number in [0, 1, 2] as [Int32] { unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try unsafe start(words[0], Array(words.dropFirst()), ["PATH=" + path], &actions)
    }

    private static func start(
        _ program: String, _ arguments: [String], _ environment: [String],
        _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, program, &actions, nil, &words, &variables)
        guard code == 0 else { throw Failure(description: "\(program) cannot be started: error \(code)") }
        return process
    }

    /// Waits for the end of a child; one that takes longer is killed.
    private static func end(of process: pid_t, within limit: Duration, meanwhile: () -> Void = {}) async throws -> Int32 {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var status: Int32 = 0
        while unsafe waitpid(process, &status, WNOHANG) == 0 {
            if clock.now > deadline { kill(process, SIGKILL) }
            meanwhile()
            // Not cancelled half way: the child has to be waited for.
            try? await Task.sleep(for: .milliseconds(3))
        }
        return status
    }

    /// The path of a program that is installed; nil when it is not.
    static func installed(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// A folder that goes with the last reference to it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        let name = "kastell-e2e-\(UInt64.random(in: .min ... .max))"
        path = FileManager.default.temporaryDirectory.appending(path: name).path
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
