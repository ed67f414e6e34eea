import Glibc

/// A child whose standard output is a pipe to us.
struct ChildProcess {
    let identity: pid_t
    private let output: Int32

    /// Starts the program; nil when the system refuses.
    init?(_ program: String, _ arguments: [String]) {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { return nil }
        // Other tests may start processes too: they must not inherit our end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        var started: pid_t = 0
        let code = unsafe posix_spawn(&started, program, &actions, nil, words, environ)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            return nil
        }
        identity = started
        output = ends[0]
    }

    /// Waits for the first byte of output, at most so long.
    func waitForOutput(milliseconds: Int32) {
        var request = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&request, 1, milliseconds)
    }

    /// Ends the process without warning.
    func killNow() { kill(identity, SIGKILL) }

    /// Everything that was written, once the process is gone, and whether it was killed.
    func finish() -> (lines: [String], wasKilled: Bool) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(output, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        close(output)
        var status: Int32 = 0
        unsafe waitpid(identity, &status, 0)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        return (lines, status & 0x7F == SIGKILL)
    }

    /// A program that was built beside the tests.
    static func sibling(_ name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe readlink(
                "/proc/self/exe", raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), raw.count)
        }
        guard count > 0 else { return nil }
        let own = String(decoding: buffer[..<count], as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else { return nil }
        let path = own[...slash] + name
        return unsafe access(String(path), X_OK) == 0 ? String(path) : nil
    }
}
